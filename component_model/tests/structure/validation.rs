//! Validation of values and of whole structs.

use component_model::{ErrorKind, prelude::*};

use super::{lines, memory};

fn positive(limit: &u32) -> Result<(), &'static str> {
    if *limit > 0 { Ok(()) } else { Err("must be positive") }
}

fn even(limit: &u32) -> Result<(), String> {
    if limit.is_multiple_of(2) { Ok(()) } else { Err("must be even".to_owned()) }
}

fn known(secret: &SecretString) -> Result<(), String> {
    use component_model::ExposeSecret;
    Err(format!("{} is not known", secret.expose_secret()))
}

fn ordered(pool: &Pool) -> Result<(), &'static str> {
    if pool.min <= pool.max { Ok(()) } else { Err("`min` is above `max`") }
}

#[derive(Debug, AsyncAssign)]
#[component(fetch_from = "store", validate = ordered)]
struct Pool {
    #[component(validate = positive)]
    min: u32,
    #[component(validate = [positive, even], default = 8)]
    max: u32,
}

#[derive(Debug, AsyncAssign)]
struct AppConfig {
    #[component(nested)]
    pool: Pool,
    #[component(nested)]
    spare: Option<Pool>,
}

async fn fetch<const N: usize>(values: [(&str, &str); N]) -> Result<AppConfig, ComponentErrors> {
    AppConfig::fetch_all_components_from(&memory("store", values)).await
}

#[tokio::test]
async fn valid_values_are_fetched() {
    let config = fetch([("pool.min", "1"), ("pool.max", "2")]).await.unwrap();
    assert_eq!((config.pool.min, config.pool.max, config.spare.is_none()), (1, 2, true));
}

#[tokio::test]
async fn all_violations_are_reported_together_as_invalid() {
    let errors = fetch([("pool.min", "0"), ("pool.max", "3")]).await.unwrap_err();
    assert!(errors.iter().all(|error| error.kind() == ErrorKind::Invalid), "{errors}");
    assert_eq!(lines(&errors).len(), 2, "{errors}");
    assert!(lines(&errors)[0].contains("AppConfig.pool.min: u32 from store:pool.min: invalid: must be positive"));
    assert!(lines(&errors)[1].contains("must be even"), "{errors}");
}

#[tokio::test]
async fn a_struct_is_validated_as_a_whole_once_its_fields_hold_with_its_path() {
    let errors = fetch([("pool.min", "4"), ("pool.max", "2"), ("spare.min", "10")]).await.unwrap_err();
    assert_eq!(lines(&errors).len(), 2, "{errors}");
    assert_eq!(lines(&errors)[0], "AppConfig.pool: invalid: `min` is above `max`");
    assert_eq!(lines(&errors)[1], "AppConfig.spare: invalid: `min` is above `max`", "the default of `max` counts");
}

#[derive(Debug, AsyncAssign)]
struct Substituted {
    #[component(fetch_from = "store", default = 3, validate = even)]
    _default: u32,
    #[component(fetch_from = "store", fallback = 5, validate = even)]
    _fallback: u32,
    #[component(fetch_from = "store", default, validate = positive)]
    _evaluated: u32,
}

#[tokio::test]
async fn defaults_and_fallbacks_are_validated_too() {
    let errors = Substituted::fetch_all_components_from(&memory("store", [])).await.unwrap_err();
    assert_eq!(errors.len(), 3, "{errors}");
    for (line, name) in lines(&errors).iter().zip(["default", "fallback", "default"]) {
        assert!(line.contains(&format!("the `{name}` is not valid: must be")), "{line}");
    }
}

#[derive(Debug, AsyncAssign)]
struct Sensitive {
    #[component(fetch_from = "store", validate = known)]
    _token: SecretString,
    #[component(fetch_from = "store", sensitive, validate = |_: &String| Err::<(), _>("hunter2"))]
    _said: String,
}

#[tokio::test]
async fn the_text_of_a_validation_is_not_shown_for_a_sensitive_value() {
    let errors = Sensitive::fetch_all_components_from(&memory("store", [("_token", "hunter2"), ("_said", "hunter2")]));
    let errors = errors.await.unwrap_err();
    assert_eq!(errors.len(), 2);
    assert!(!format!("{errors} {errors:?} {}", errors.report().unwrap()).contains("hunter2"), "{errors}");
}
