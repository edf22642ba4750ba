//! Policies that cannot hold, or that have no effect, are not accepted in silence.

use std::time::Duration;

use component_model::{
    CacheSettings, ErrorKind, Hedge, LocalCache, Memory, Policies, RetryBudget,
    fetchers::env::Env,
    prelude::*,
    test_util::{Script, Scripted},
};

use super::{sources, with};

#[derive(Debug, AsyncAssign)]
struct Config {
    #[component(fetch_from = "remote")]
    port: u16,
}

fn remote() -> Scripted {
    Scripted::new().answers("port", (1..9).map(Script::value))
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test(start_paused = true)]
async fn figures_of_a_registration_that_cannot_hold_make_the_source_unusable() {
    let new = Policies::new;
    for (policies, message, hint) in [
        (new().retry_attempts(0), "the attempts at the source are 0", "write `retry_attempts(1)`"),
        (new().limit(0), "the limit of the source is 0", "leave `limit` out"),
        (new().hedge(Hedge::at_percentile(0)), "the percentile of the hedge is 0", "1 to 99"),
        (new().hedge(Hedge::at_percentile(100)), "the percentile of the hedge is 100", "1 to 99"),
        (new().hedge(Hedge::at_percentile(255)), "the percentile of the hedge is 255", "1 to 99"),
        (new().hedge(Hedge::after(Duration::ZERO)), "the delay of the hedge is 0", "a longer delay"),
        (new().hedge(Hedge::after(seconds(2))), "waits 2 s, but an attempt ends after 2 s", "a shorter delay"),
        (
            new().timeout(seconds(1)).hedge(Hedge::after(seconds(3))),
            "waits 3 s, but an attempt ends after 1 s",
            "a shorter",
        ),
        (
            new().retry_budget(RetryBudget::new().percent(1000)),
            "the retry budget is 1000 % of the requests",
            "0 to 100",
        ),
        (new().retry_budget(RetryBudget::new().window(Duration::ZERO)), "the window of the retry budget is 0", "10 s"),
        (
            new().ttl(seconds(1)).refresh_ahead(seconds(2)),
            "`refresh_ahead` of the source is longer than its `ttl`",
            "half",
        ),
    ] {
        let remote = remote();
        let errors = Config::fetch().sources(&with(&remote, policies)).value().await.unwrap_err();
        assert_eq!((errors[0].kind(), remote.calls()), (ErrorKind::Misconfigured, 0), "{errors}");
        assert!(errors[0].to_string().contains(message), "{errors}");
        assert!(errors[0].hint().is_some_and(|shown| shown.contains(hint)), "{errors}");
    }
    for policies in [
        new().hedge(Hedge::at_percentile(1)),
        new().hedge(Hedge::at_percentile(99)),
        new().timeout(seconds(4)).hedge(Hedge::after(seconds(3))),
        new().retry_budget(RetryBudget::new().percent(100)),
        new().retry_budget(RetryBudget::unlimited()),
        new().ttl(seconds(1)).refresh_ahead(seconds(1)),
    ] {
        Config::fetch().sources(&with(&remote(), policies)).value().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_ttl_of_zero_at_the_registration_turns_the_cache_off() {
    #[derive(Debug, AsyncAssign)]
    struct Cached {
        #[component(fetch_from = "remote", ttl = "1m")]
        port: u16,
    }
    let sources = with(&remote(), Policies::new().ttl(Duration::ZERO));
    for expected in 1..4 {
        assert_eq!(Config::fetch().sources(&sources).cached().value().await.unwrap().port, expected);
    }
    assert_eq!(sources.cache().state().entries, 0);
    for _ in 0..2 {
        assert_eq!(Cached::fetch().sources(&sources).value().await.unwrap().port, 4, "the attribute precedes");
    }
}

#[test]
fn a_component_that_is_refreshed_ahead_is_cached() {
    #[derive(Debug, AsyncAssign)]
    struct Ahead {
        #[component(fetch_from = "remote", refresh_ahead = "10s")]
        port: u16,
    }
    let errors = Ahead::check(&sources(&remote())).unwrap_err();
    assert!(errors[0].to_string().contains("`refresh_ahead` has no effect without a `ttl`"), "{errors}");
    assert!(errors[0].hint().unwrap().contains("add `ttl = …`"), "{errors}");
    let zero = with(&remote(), Policies::new().ttl(Duration::ZERO));
    assert!(Ahead::check(&zero).is_err());
    let cached = with(&remote(), Policies::new().ttl(seconds(60)));
    assert_eq!(Ahead::check(&cached).unwrap().notes(), [""; 0]);
}

#[test]
fn a_registration_that_refreshes_what_is_never_cached_is_noted() {
    #[derive(Debug, AsyncAssign)]
    struct Cached {
        #[component(fetch_from = "remote", ttl = "1m")]
        port: u16,
    }
    let ahead = Policies::new().refresh_ahead(seconds(10));
    let checked = Config::check(&with(&remote(), ahead.clone())).unwrap();
    assert!(checked.notes()[0].starts_with("Config: `refresh_ahead` of the registration `remote`"), "{checked}");
    assert_eq!(Cached::check(&with(&remote(), ahead.clone())).unwrap().notes(), [""; 0]);
    assert_eq!(Config::check(&with(&remote(), ahead.ttl(seconds(60)))).unwrap().notes(), [""; 0]);
}

#[test]
fn policies_of_a_component_that_needs_no_io_are_noted() {
    #[derive(Debug, AsyncAssign)]
    struct Immediate {
        #[component(fetch_from = "env", retry_attempts = 3)]
        one: u16,
        #[component(fetch_from = ["env", "settings"], circuit_breaker = false, ttl = "1m")]
        two: u16,
        #[component(fetch_from = ["env", "remote"], timeout = "1s")]
        not_all: u16,
        #[component(fetch_from = "env", timeout = "1s", fallback_to = "remote")]
        with_another: u16,
        #[component(fetch_from = "env", deadline = "1s", fallback = 1)]
        none: u16,
    }
    let sources = |env| {
        let sources = Sources::builder().source("env", env).source("settings", Memory::default());
        sources.source("remote", remote()).build()
    };
    let checked = Immediate::check(&sources(Env::of([("ONE", "1")]))).unwrap();
    let expected = [
        "Immediate.one: `retry_attempts` has no effect: `env` answers without I/O",
        "Immediate.two: `ttl` and `circuit_breaker` have no effect: `env` and `settings` answer without I/O",
    ];
    assert_eq!(checked.notes(), expected);
    assert!(checked.to_string().ends_with(&format!("\nnote: {}\nnote: {}", expected[0], expected[1])), "{checked}");
    // Files are read.
    assert_eq!(Immediate::check(&sources(Env::of([("ONE", "1")]).dotenv("a.env"))).unwrap().notes(), [""; 0]);
}

#[tokio::test]
async fn a_local_cache_without_a_file_is_an_error_of_the_components_that_name_it() {
    #[derive(Debug, AsyncAssign)]
    struct Stored {
        #[component(fetch_from = "remote", fallback_to = "local_cache", fallback = 1)]
        port: u16,
    }
    for (path, message) in [
        ("", "the path of the local cache is empty"),
        ("/", "`/`, names no file"),
        ("a/..", "names no file"),
        ("~/x.cache", "begins with `~`"),
    ] {
        let remote = remote();
        let sources = Sources::builder().source("remote", remote.clone()).local_cache(LocalCache::at(path)).build();
        let errors = Stored::fetch().sources(&sources).value().await.unwrap_err();
        assert_eq!((errors[0].kind(), remote.calls()), (ErrorKind::Misconfigured, 0), "{errors}");
        assert!(errors[0].to_string().contains(message), "{errors}");
        assert!(errors[0].hint().unwrap().contains("`LocalCache::at`"), "{errors}");
    }
    let none = LocalCache::at("config.cache").max_age(Duration::ZERO);
    let sources = Sources::builder().source("remote", remote()).local_cache(none).build();
    let errors = Stored::fetch().sources(&sources).value().await.unwrap_err();
    assert_eq!(errors[0].kind(), ErrorKind::Misconfigured);
    assert!(errors[0].hint().unwrap().contains("max_age"), "{errors}");
}

#[test]
fn the_name_of_the_feature_is_answered_with_the_name_of_the_local_cache() {
    #[derive(Debug, AsyncAssign)]
    struct Stored {
        #[component(fetch_from = "remote", fallback_to = "local-cache")]
        port: u16,
    }
    let errors = Stored::check(&sources(&remote())).unwrap_err();
    assert_eq!(errors[0].hint(), Some("did you mean `fallback_to = \"local_cache\"`?"), "{errors}");
}

#[tokio::test(start_paused = true)]
async fn forgetting_tells_how_many_values_there_were_and_what_there_is_not() {
    #[derive(Debug, AsyncAssign)]
    #[component(fetch_from = "remote")]
    struct Limits {
        #[component(ttl = "1m", key = "max")]
        max: u16,
        #[component(ttl = "1m", key = "min")]
        min: u16,
    }
    #[derive(Debug, AsyncAssign)]
    struct Outer {
        #[component(fetch_from = "remote", ttl = "1m")]
        port: u16,
        #[component(nested)]
        limits: Limits,
    }
    let remote = remote().answers("max", [Script::value(1)]).answers("min", [Script::value(1)]);
    let settings = CacheSettings::new().without_jitter();
    let sources = Sources::builder().source("remote", remote).cache(settings).build();
    let fetch = async || Outer::fetch().sources(&sources).value().await.unwrap();
    let cache = sources.cache();
    fetch().await;
    assert_eq!((cache.invalidate::<Outer>("limits").unwrap(), cache.invalidate::<Outer>("limits").unwrap()), (2, 0));
    fetch().await;
    assert_eq!(cache.invalidate_source("remote").unwrap(), 3);
    fetch().await;
    assert_eq!((cache.invalidate_all(), cache.invalidate_all()), (3, 0));

    let errors = cache.invalidate::<Outer>("limits.mx").unwrap_err();
    assert!(errors[0].to_string().contains("`limits.mx` is not a component of `Outer`"), "{errors}");
    assert_eq!(errors[0].hint(), Some("did you mean `limits.max`?"));
    let errors = cache.invalidate::<Outer>("colour").unwrap_err();
    assert_eq!(errors[0].hint(), Some("its components are `port`, `limits.max` and `limits.min`"));
    let error = cache.invalidate_source("remot").unwrap_err();
    assert_eq!((error.kind(), error.hint()), (ErrorKind::UnknownSource, Some("did you mean `remote`?")));
}

#[tokio::test(start_paused = true)]
async fn the_value_of_another_source_is_cached_too_and_the_first_is_asked_each_time() {
    #[derive(Debug, AsyncAssign)]
    struct Covered {
        #[component(fetch_from = "remote", fallback_to = "backup", ttl = "1m")]
        port: u16,
    }
    let down = Script::fails(ErrorKind::Unreachable);
    let remote = Scripted::new().answers("port", [down.clone(), down, Script::value(3)]);
    let backup = Scripted::new().answers("port", [Script::value(1), Script::value(2)]);
    let sources = Sources::builder().source("remote", remote.clone()).source("backup", backup.clone()).build();
    for (expected, calls) in [(1, (1, 1)), (1, (2, 1)), (3, (3, 1)), (3, (3, 1))] {
        assert_eq!(Covered::fetch().sources(&sources).value().await.unwrap().port, expected);
        assert_eq!((remote.calls(), backup.calls()), calls);
    }
}

#[tokio::test]
async fn a_refresh_that_is_longer_than_the_ttl_of_the_registration_is_a_mistake() {
    #[derive(Debug, AsyncAssign)]
    struct Ahead {
        #[component(fetch_from = "remote", refresh_ahead = "1m")]
        _port: u16,
    }
    let error = Ahead::check(&with(&remote(), Policies::new().ttl(seconds(5)))).unwrap_err();
    assert!(error.to_string().contains("longer than the `ttl` of the registration of `remote`"), "{error}");
    assert!(Ahead::check(&with(&remote(), Policies::new().ttl(seconds(120)))).is_ok());
}

#[tokio::test]
async fn the_name_of_a_component_within_a_literal_of_a_query_is_noted() {
    #[derive(Debug, AsyncAssign)]
    struct Items {
        #[component(fetch_from = "remote")]
        _region: String,
        #[component(fetch_from = "database", query = "SELECT count(*) FROM items WHERE region = '{_region}'")]
        _count: u32,
    }
    let checked = Items::check(&Sources::builder().source("remote", remote()).constant("database", 1).build()).unwrap();
    let notes = checked.notes();
    assert_eq!(
        notes,
        [
            "Items._count: `{_region}` in its `query` is text, and not the value of `_region`, which a parameter would be"
        ]
    );
}
