//! The rules of `garde`, on fields, on structs and on nested structs.

use component_model::{ErrorKind, prelude::*};
use garde::Validate;
use serde::Deserialize;

use super::{lines, memory};

#[derive(Debug, AsyncAssign, Validate)]
#[component(fetch_from = "store", validate = [garde, ordered])]
struct Pool {
    #[garde(range(min = 1))]
    min: u32,
    #[garde(range(max = 100), custom(even))]
    max: u32,
    #[garde(length(min = 2))]
    #[component(default = "eu")]
    r#type: String,
    #[garde(custom(leaky))]
    #[component(default = "none")]
    token: SecretString,
}

fn even(value: &u32, _: &()) -> garde::Result {
    if value.is_multiple_of(2) { Ok(()) } else { Err(garde::Error::new("must be even")) }
}

fn leaky(token: &SecretString, _: &()) -> garde::Result {
    use component_model::ExposeSecret;
    match token.expose_secret() {
        "none" => Ok(()),
        other => Err(garde::Error::new(format!("{other} is not known"))),
    }
}

fn ordered(pool: &Pool) -> Result<(), &'static str> {
    if pool.min <= pool.max { Ok(()) } else { Err("`min` is above `max`") }
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
async fn a_struct_that_keeps_its_rules_is_fetched() {
    let config = fetch([("pool.min", "1"), ("pool.max", "2")]).await.unwrap();
    assert_eq!((config.pool.max, config.pool.r#type.as_str(), config.spare.is_none()), (2, "eu", true));
}

#[tokio::test]
async fn every_broken_rule_of_a_struct_is_an_error_at_its_own_path() {
    let values = [("pool.min", "0"), ("pool.max", "101"), ("pool.type", "x"), ("spare.min", "9"), ("spare.max", "8")];
    let errors = fetch(values).await.unwrap_err();
    assert!(errors.iter().all(|error| error.kind() == ErrorKind::Invalid), "{errors}");
    let expected = [
        "AppConfig.pool.max: u32: invalid: must be even",
        "AppConfig.pool.max: u32: invalid: greater than 100",
        "AppConfig.pool.min: u32: invalid: lower than 1",
        "AppConfig.pool.type: String: invalid: length is lower than 2",
        "AppConfig.spare: invalid: `min` is above `max`",
    ];
    assert_eq!(lines(&errors), expected);
}

#[tokio::test]
async fn the_message_of_a_rule_for_a_sensitive_component_is_not_shown() {
    let errors = fetch([("pool.min", "1"), ("pool.max", "2"), ("pool.token", "hunter2")]).await.unwrap_err();
    assert_eq!(lines(&errors), ["AppConfig.pool.token: SecretString: invalid: the value is not valid"]);
    assert!(!format!("{errors:#} {errors:?}").contains("hunter2"));
}

#[derive(Debug, Deserialize, Validate)]
struct Limits {
    #[garde(range(min = 1))]
    max: u32,
    #[garde(inner(length(min = 2)))]
    names: Vec<String>,
}

#[derive(Debug, Deserialize, Validate)]
#[garde(transparent)]
struct Percent(#[garde(range(max = 100))] u8);

#[derive(Debug, AsyncAssign)]
struct Fields {
    #[component(fetch_from = "store", validate = garde)]
    _limits: Limits,
    #[component(fetch_from = "store", validate = [garde, whole], default = Percent(200))]
    _share: Percent,
}

fn whole(percent: &Percent) -> Result<(), &'static str> {
    if percent.0.is_multiple_of(10) { Ok(()) } else { Err("must be a multiple of 10") }
}

#[tokio::test]
async fn the_rules_of_a_fields_type_are_one_error_with_the_paths_within_the_value() {
    let limits = ("_limits", r#"{"max": 0, "names": ["ab", "c"]}"#);
    let errors = Fields::fetch_all_components_from(&memory("store", [limits, ("_share", "105")])).await.unwrap_err();
    let expected = [
        "Fields._limits: Limits from store:_limits: invalid: `max`: lower than 1; `names[1]`: length is lower than 2",
        "Fields._share: Percent from store:_share: invalid: greater than 100; must be a multiple of 10",
    ];
    assert_eq!(errors.len(), expected.len(), "{errors}");
    assert!(lines(&errors).iter().zip(expected).all(|(line, expected)| line.starts_with(expected)), "{errors}");
    let errors = Fields::fetch_all_components_from(&memory("store", [])).await.unwrap_err();
    assert!(
        errors.of("_share").unwrap().to_string().contains("the `default` is not valid: greater than 100"),
        "{errors}"
    );
}

#[derive(Debug, AsyncAssign, Validate)]
#[component(validate = garde)]
struct Document {
    #[garde(dive)]
    #[component(fetch_from = "store")]
    limits: Limits,
}

#[tokio::test]
async fn a_rule_within_a_value_has_its_path_within_it() {
    let sources = memory("store", [("limits", r#"{"max": 1, "names": ["c"]}"#)]);
    let errors = Document::fetch_all_components_from(&sources).await.unwrap_err();
    assert_eq!(lines(&errors), ["Document.limits.names[0]: invalid: length is lower than 2"]);
    let valid = memory("store", [("limits", r#"{"max": 1, "names": ["ab"]}"#)]);
    assert_eq!(Document::fetch_all_components_from(&valid).await.unwrap().limits.max, 1);
}
