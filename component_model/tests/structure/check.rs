//! `check`: everything that can be known without I/O, all at once.

use std::num::NonZeroU16;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use component_model::{
    Answer, Asked, ErrorKind, KeyQuery, LocalCache, Memory, Reply, Request, RequestSpec, Source, SourceError,
    fetchers::file::File,
    plan::{Component, Layer, Plan},
    prelude::*,
};

use super::{lines, memory};

/// Counts how often it is asked.
struct Counting(Arc<AtomicUsize>);

impl Source for Counting {
    type Query = KeyQuery;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
        Request::by_key(spec)
    }

    async fn fetch(&self, _: Asked<'_, KeyQuery>) -> Answer {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(Reply::ABSENT)
    }
}

fn missing(name: &str) -> Result<Memory, SourceError> {
    Err(SourceError::new(ErrorKind::NotSetUp, format!("`{name}` is not set")))
}

fn positive(limit: &i64) -> Result<(), &'static str> {
    if *limit > 0 { Ok(()) } else { Err("must be positive") }
}

#[derive(Debug, AsyncAssign)]
#[component(fetch_from = "settings")]
struct Mistaken {
    #[component(default = "80800", fallback = "http")]
    port: NonZeroU16,
    #[component(fallback = -1, default = 0, validate = positive)]
    limit: i64,
    #[component(fetch_from = ["setings", "settings"], default = "x")]
    host: char,
    #[component(fetch_from = "vault")]
    token: String,
    #[component(key = "a/{b}")]
    a: String,
    #[component(key = "b/{c}")]
    b: String,
    #[component(depends_on = "b")]
    c: String,
}

fn mistaken() -> (Sources, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let sources = Sources::builder().source("settings", Counting(Arc::clone(&asked)));
    (sources.try_source("vault", missing("VAULT_ADDR")).build(), asked)
}

#[test]
fn all_mistakes_are_found_at_once_and_nothing_is_asked() {
    #[derive(Debug, AsyncAssign)]
    #[component(fetch_from = "settings")]
    struct WithoutCycle {
        #[component(default = "80800", fallback = "http")]
        port: NonZeroU16,
        #[component(fallback = -1, default = 0, validate = positive)]
        limit: i64,
        #[component(fetch_from = ["setings", "settings"])]
        host: char,
        #[component(fetch_from = "vault")]
        token: String,
    }

    let (sources, asked) = mistaken();
    let errors = WithoutCycle::check(&sources).unwrap_err();
    let expected = [
        "WithoutCycle.port: NonZeroU16: misconfigured: the `default` is not a valid NonZeroU16",
        "WithoutCycle.port: NonZeroU16: misconfigured: the `fallback` is not a valid NonZeroU16",
        "WithoutCycle.limit: i64: invalid: the `default` is not valid: must be positive",
        "WithoutCycle.limit: i64: invalid: the `fallback` is not valid: must be positive",
        "WithoutCycle.host: char from setings: ",
        "WithoutCycle.token: String from vault: not set up: `VAULT_ADDR` is not set",
    ];
    let lines = lines(&errors);
    assert_eq!(lines.len(), expected.len(), "{errors}");
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.starts_with(expected), "{line}");
    }
    assert!(errors.to_string().contains("nothing was asked"), "{errors}");
    assert_eq!(asked.load(Ordering::Relaxed), 0);
}

#[test]
fn a_layer_that_is_not_set_up_is_listed_if_something_covers_it() {
    #[derive(Debug, AsyncAssign)]
    struct Covered {
        #[component(fetch_from = ["settings", "vault"])]
        port: u16,
        #[component(fetch_from = "vault", fallback = "eu")]
        region: String,
        #[component(fetch_from = "settings")]
        host: String,
        // It waits for another component.
        #[component(fetch_from = "file", key = "limits.{host}", fallback = 1)]
        limit: u32,
    }

    let sources = Sources::builder()
        .source("settings", Memory::default())
        .source("file", File::default())
        .try_source("vault", missing("VAULT_ADDR"))
        .build();
    let checked = Covered::check(&sources).unwrap();
    let shown = checked.to_string();
    let expected = [
        "Covered: 4 components can be fetched",
        "Covered.port: u16 from vault: not set up: `VAULT_ADDR` is not set",
        "Covered.region: String from vault: not set up: `VAULT_ADDR` is not set",
        "Covered.limit: u32 from file: not set up: no file is named",
    ];
    assert_eq!(shown.lines().collect::<Vec<_>>(), expected);
    assert_eq!((checked.components(), checked.not_set_up().len()), (4, 3));
}

#[derive(Debug, AsyncAssign)]
struct Backed {
    #[component(fetch_from = "remote", fallback_to = "backup")]
    port: u16,
    #[component(fetch_from = "settings", fallback_to = "local_cache")]
    region: String,
}

#[tokio::test]
async fn a_fallback_to_covers_a_source_that_is_not_set_up() {
    let sources = Sources::builder()
        .try_source("remote", missing("REMOTE"))
        .source("backup", Memory::new([("port", "80")]))
        .source("settings", Memory::new([("region", "eu")]))
        .build();
    let checked = Backed::check(&sources).unwrap();
    let shown = checked.to_string();
    let expected = [
        "Backed: 2 components can be fetched",
        "Backed.port: u16 from remote: not set up: `REMOTE` is not set",
        "Backed.region: String from local_cache: not set up: no local cache is set up",
    ];
    assert_eq!(shown.lines().collect::<Vec<_>>(), expected);
    let config = Backed::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!((config.port, config.region.as_str()), (80, "eu"));
}

#[test]
fn a_fallback_to_that_is_not_set_up_either_covers_nothing() {
    let sources = Sources::builder()
        .try_source("remote", missing("REMOTE"))
        .try_source("backup", missing("BACKUP"))
        .source("settings", Memory::default())
        .build();
    let errors = Backed::check(&sources).unwrap_err();
    assert_eq!(lines(&errors), ["Backed.port: u16 from remote: not set up: `REMOTE` is not set"]);
}

#[tokio::test]
async fn the_local_cache_does_not_cover_a_source_that_is_not_set_up() {
    #[derive(Debug, AsyncAssign)]
    struct Stored {
        #[component(fetch_from = "remote", fallback_to = "local_cache")]
        _port: u16,
    }

    let cache = LocalCache::at("unused.cache");
    let sources = Sources::builder().try_source("remote", missing("REMOTE")).local_cache(cache).build();
    let expected = ["Stored._port: u16 from remote: not set up: `REMOTE` is not set"];
    assert_eq!(lines(&Stored::check(&sources).unwrap_err()), expected);
    let errors = Stored::fetch_all_components_from(&sources).await.unwrap_err();
    assert!(errors.to_string().contains("nothing was asked"), "{errors}");
}

#[test]
fn a_fallback_to_that_nobody_registered_is_a_mistake() {
    let sources = Sources::builder().source("remote", Memory::default()).source("settings", Memory::default()).build();
    let errors = Backed::check(&sources).unwrap_err();
    assert_eq!(
        (errors.len(), errors[0].kind(), errors[0].source_name()),
        (1, ErrorKind::UnknownSource, Some("backup"))
    );
}

#[test]
fn a_late_layer_whose_source_is_not_set_up_is_an_error_if_nothing_covers_it() {
    #[derive(Debug, AsyncAssign)]
    struct Late {
        #[component(fetch_from = "settings")]
        host: String,
        #[component(fetch_from = "file", key = "limits.{host}")]
        limit: u32,
    }

    let sources = Sources::builder().source("settings", Memory::default()).source("file", File::default()).build();
    let errors = Late::check(&sources).unwrap_err();
    assert_eq!((errors.len(), errors[0].kind()), (1, ErrorKind::NotSetUp), "{errors}");
}

#[test]
fn a_literal_of_a_sensitive_component_is_not_shown() {
    #[derive(AsyncAssign)]
    #[component(fetch_from = "settings")]
    struct Sensitive {
        #[component(default = "hunter2", sensitive)]
        pin: std::num::NonZeroU16,
        #[component(default = "hunter3", sensitive, validate = secret)]
        word: String,
    }

    fn secret(word: &String) -> Result<(), String> {
        Err(format!("{word} is too short"))
    }

    let errors = Sensitive::check(&memory("settings", [])).unwrap_err();
    assert_eq!(errors.len(), 2, "{errors}");
    assert!(!format!("{errors} {errors:?}").contains("hunter"), "{errors}");
}

#[test]
fn a_default_that_is_an_expression_is_not_evaluated() {
    #[derive(AsyncAssign)]
    struct Evaluated {
        #[component(fetch_from = "settings", default = unreachable())]
        port: u16,
    }

    fn unreachable() -> u16 {
        panic!("is evaluated")
    }

    assert!(Evaluated::check(&memory("settings", [])).is_ok());
}

#[test]
fn a_cycle_is_drawn_beside_the_other_mistakes() {
    let plan = <Mistaken as component_model::plan::Planned>::PLAN;
    assert_eq!(plan.fetched(), 7);
    let errors = Mistaken::check(&mistaken().0).unwrap_err();
    let drawn = "components need each other: `b` needs `c` needs `b`";
    assert!(errors.len() == 7 && lines(&errors)[6].contains(drawn), "{errors}");
}

#[tokio::test]
async fn what_a_check_accepts_is_bound_and_what_it_refuses_is_not_fetched() {
    let (sources, asked) = mistaken();
    assert!(sources.bind(<Mistaken as component_model::plan::Planned>::PLAN).is_err());
    assert!(Mistaken::fetch_all_components_from(&sources).await.is_err());
    assert_eq!(asked.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn sources_that_are_shut_down_are_refused() {
    let sources = memory("settings", []);
    sources.shutdown().await;
    assert_eq!(Mistaken::check(&sources).unwrap_err()[0].kind(), ErrorKind::ShutDown);
}

#[test]
fn a_plan_that_is_made_at_run_time_is_checked_without_its_types() {
    let layers = [Layer { source: "settings", ..Layer::NEW }];
    let policy = component_model::plan::Policy { fallback: Some("http"), ..component_model::plan::Policy::NEW };
    let components = [
        Component { name: "port", ty: "u16", layers: &layers, policy, ..Component::NEW },
        Component { name: "host", ty: "String", layers: &layers, depends_on: &["prot"], ..Component::NEW },
    ];
    let errors = memory("settings", []).check(&Plan { name: "Plan", components: &components, ..Plan::NEW });
    let errors = errors.unwrap_err();
    assert_eq!((errors.len(), errors[0].hint()), (1, Some("did you mean `port`?")), "{errors}");
}

#[test]
fn methods_of_the_struct_with_the_same_names_win() {
    #[derive(AsyncAssign)]
    struct Own {
        #[component(fetch_from = "settings")]
        port: u16,
    }

    impl Own {
        fn check(&self) -> bool {
            self.port > 0
        }

        fn describe(&self) -> u16 {
            self.port
        }
    }

    let own = Own { port: 80 };
    assert!(own.check() && own.describe() == 80);
    assert!(<Own as Inspect>::check(&memory("settings", [])).is_ok());
    assert!(Own::fetch().sources(&memory("settings", [])).check().is_ok());
}

#[test]
fn policies_of_a_name_that_is_not_registered_are_a_note() {
    #[derive(AsyncAssign)]
    struct Port {
        #[component(fetch_from = "api")]
        _port: u16,
    }

    let policies = component_model::Policies::new();
    let sources = Sources::builder().source("api", Memory::default()).policies("apii", policies).build();
    let checked = Port::check(&sources).unwrap();
    let note = "policies are set for `apii`, which is not registered; did you mean `api`?";
    assert_eq!(checked.notes(), [note]);
}

#[test]
fn policies_that_others_leave_without_effect_are_notes() {
    use std::time::Duration;

    use component_model::{CircuitBreaker, Policies, test_util::Scripted};

    #[derive(AsyncAssign)]
    struct Config {
        #[component(fetch_from = "remote", retry_backoff = "1s")]
        _host: String,
        #[component(fetch_from = "remote", ttl = "10s", refresh_ahead = "8s")]
        _port: u16,
    }

    let policies = Policies::new().circuit_breaker(CircuitBreaker::new().slow_call(Duration::from_secs(3)));
    let build = |policies| Sources::builder().source("remote", Scripted::new()).policies("remote", policies).build();
    let checked = Config::check(&build(policies.clone())).unwrap();
    let expected = [
        "Config._host: `retry_backoff` has an effect in `fetch_with_resilience` only: add `retry_attempts`",
        "Config._port: a value is refreshed 5 s before its end, not 8 s: within the last half of its `ttl`",
        "Config: `slow_call` of the registration `remote` is 3 s, but its calls end at a timeout of 2 s",
    ];
    assert_eq!(checked.notes(), expected);
    let checked = Config::check(&build(policies.retry_attempts(2).timeout(Duration::from_secs(4)))).unwrap();
    assert_eq!(checked.notes(), [expected[1]]);
}

#[test]
fn what_is_never_repeated_is_noted() {
    use std::time::Duration;

    use component_model::{Hedge, Policies, RetryBudget, test_util::Scripted};

    #[derive(AsyncAssign)]
    struct Config {
        #[component(fetch_from = "remote", retry_attempts = 1, retry_backoff = "1s")]
        _once: String,
        #[component(fetch_from = "remote", timeout = "500ms")]
        _brief: String,
    }
    #[derive(AsyncAssign)]
    struct Retried {
        #[component(fetch_from = "remote", retry_attempts = 3)]
        _port: u16,
    }
    let build = |policies| Sources::builder().source("remote", Scripted::new()).policies("remote", policies).build();
    let hedged = || Policies::new().hedge(Hedge::after(Duration::from_secs(1)));
    let checked = Config::check(&build(hedged().limit(1))).unwrap();
    let expected = [
        "Config._once: `retry_backoff` has no effect: `retry_attempts` is 1",
        "Config._brief: the hedge of the registration `remote` waits 1 s, but its `timeout` ends an attempt after 500 ms",
        "Config: with the registration `remote` the hedge has no effect: its `limit` is 1",
    ];
    assert_eq!(checked.notes(), expected);
    let spent = RetryBudget::new().percent(0).floor(0);
    for (policies, what) in [
        (Policies::new().retry_budget(spent), "`retry_attempts` has"),
        (hedged().retry_budget(spent), "`retry_attempts` and the hedge have"),
    ] {
        let checked = Retried::check(&build(policies)).unwrap();
        let expected = format!("Retried: with the registration `remote` {what} no effect: its budget allows no retry");
        assert_eq!(checked.notes(), [expected]);
    }
    for fine in [hedged(), Policies::new().limit(1), hedged().retry_budget(RetryBudget::unlimited())] {
        assert!(Retried::check(&build(fine)).unwrap().notes().is_empty());
    }
}
