//! `fallback_to = "local_cache"`: a service boots from its last known good values while every source is down.

use std::{path::Path, time::Duration};

use component_model::{
    Answer, Asked, ErrorKind, ExposeSecret, Lease, LocalCache, LocalCacheKey, Memory, OptionSpec, Outcome, Record,
    Request, RequestSpec, SecretString, Source, SourceError, Value,
    prelude::*,
    test_util::{Script, Scripted},
};
use futures_util::FutureExt as _;

#[derive(Debug, AsyncAssign)]
struct Config {
    #[component(fetch_from = "remote", fallback_to = "local_cache", timeout = "1s")]
    port: u16,
    #[component(fetch_from = "remote", fallback_to = "local_cache", timeout = "1s")]
    names: Vec<String>,
}

fn sources(remote: &Scripted, file: &Path) -> Sources {
    Sources::builder().source("remote", remote.clone()).local_cache(LocalCache::at(file)).build()
}

fn sound() -> Scripted {
    Scripted::new().answers("port", [Script::value(8080)]).answers("names", [Script::value(["a", "b"])])
}

fn down(script: fn() -> Script) -> Scripted {
    Scripted::new().answers("port", [script()]).answers("names", [script()])
}

#[tokio::test]
async fn a_service_boots_while_its_source_is_down() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.cache");
    let errors =
        Config::fetch().sources(&sources(&down(|| Script::fails(ErrorKind::Unreachable)), &file)).value().await;
    assert_eq!(errors.unwrap_err()[0].kind(), ErrorKind::Unreachable, "nothing is known yet");

    Config::fetch().sources(&sources(&sound(), &file)).value().await.unwrap();
    let failures: [fn() -> Script; 4] = [
        || Script::fails(ErrorKind::Unreachable),
        || Script::fails(ErrorKind::Malformed),
        || Script::value("neither a port nor a list"),
        Script::hangs,
    ];
    for failure in failures {
        let fetched = Config::fetch().sources(&sources(&down(failure), &file)).report().await.unwrap();
        assert_eq!((fetched.value.port, &fetched.value.names[..]), (8080, &["a".to_owned(), "b".to_owned()][..]));
        let entry = fetched.report.entry("port").unwrap();
        assert_eq!(entry.outcome(), Outcome::LastKnownGood);
        assert!(entry.age().is_some_and(|age| age < Duration::from_secs(60)), "{entry:?}");
        assert!(entry.problem().is_some());
    }
}

#[tokio::test]
async fn an_error_says_why_there_is_no_last_known_good_value() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.cache");
    let message = async |file: &Path, script: fn() -> Script| {
        Config::fetch().sources(&sources(&down(script), file)).value().await.unwrap_err()[0].to_string()
    };
    let unreachable = || Script::fails(ErrorKind::Unreachable);
    let text = message(&file, unreachable).await;
    assert!(text.contains("; tried local_cache: nothing is stored for it"), "{text}");
    std::fs::write(&file, "something else").unwrap();
    let text = message(&file, unreachable).await;
    assert!(text.contains("; tried local_cache: ") && text.contains("is not a local cache"), "{text}");
}

/// All of whose values are secret.
struct Safe;

impl Source for Safe {
    type Query = component_model::KeyQuery;

    const IS_SENSITIVE: bool = true;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<Self::Query>, SourceError> {
        Request::by_key(spec)
    }

    async fn fetch(&self, _: Asked<'_, Self::Query>) -> Answer {
        Ok(Record::new(Value::text("8080")).sensitive().into())
    }
}

#[tokio::test]
async fn a_component_whose_source_has_only_secrets_needs_a_key_before_anything_is_asked() {
    #[derive(Debug, AsyncAssign)]
    struct Secrets {
        #[component(fetch_from = "safe", fallback_to = "local_cache")]
        port: String,
    }
    let folder = tempfile::tempdir().unwrap();
    let cache = || LocalCache::at(folder.path().join("config.cache"));
    let with = |cache| Sources::builder().source("safe", std::sync::Arc::new(Safe)).local_cache(cache).build();
    let errors = Secrets::check(&with(cache())).unwrap_err();
    assert!(errors[0].to_string().contains("key"), "{errors}");
    assert_eq!(errors[0].kind(), ErrorKind::Misconfigured);
    let key = LocalCacheKey::from_bytes([7; 32]);
    let fetched = Secrets::fetch().sources(&with(cache().encrypted_with(key))).value().await.unwrap();
    assert_eq!(fetched.port, "8080");
}

#[tokio::test]
async fn a_denied_or_absent_value_is_not_covered() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.cache");
    Config::fetch().sources(&sources(&sound(), &file)).value().await.unwrap();
    for failure in [Script::absent as fn() -> Script, || Script::fails(ErrorKind::Denied)] {
        Config::fetch().sources(&sources(&down(failure), &file)).value().await.unwrap_err();
    }
}

#[tokio::test]
async fn it_is_used_although_the_deadline_has_passed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.cache");
    Config::fetch().sources(&sources(&sound(), &file)).value().await.unwrap();
    let hanging = sources(&down(Script::hangs), &file);
    let fetch = Config::fetch().sources(&hanging).deadline(Duration::from_millis(50));
    assert_eq!(fetch.value().await.unwrap().port, 8080);
}

#[tokio::test]
async fn a_value_of_another_key_is_not_used() {
    #[derive(Debug, AsyncAssign)]
    #[component(prefix = "other")]
    struct Moved {
        #[component(fetch_from = "remote", fallback_to = "local_cache")]
        _port: u16,
    }
    #[derive(Debug, AsyncAssign)]
    struct Regional {
        #[component(fetch_from = "settings")]
        region: String,
        #[component(fetch_from = "remote", key = "{region}.port", fallback_to = "local_cache")]
        port: u16,
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.cache");
    Config::fetch().sources(&sources(&sound(), &file)).value().await.unwrap();
    let failing = Scripted::new().answers("other.port", [Script::fails(ErrorKind::Unreachable)]);
    Moved::fetch().sources(&sources(&failing, &file)).value().await.unwrap_err();

    let regional = |region: &str, script: Script| {
        let remote = Scripted::new().answers(format!("{region}.port"), [script]);
        Sources::builder()
            .source("remote", remote)
            .source("settings", Memory::new([("region", region)]))
            .local_cache(LocalCache::at(&file))
            .build()
    };
    Regional::fetch().sources(&regional("eu", Script::value(1))).value().await.unwrap();
    let down = || Script::fails(ErrorKind::Unreachable);
    let config = Regional::fetch().sources(&regional("eu", down())).value().await.unwrap();
    assert_eq!((config.region.as_str(), config.port), ("eu", 1));
    Regional::fetch().sources(&regional("us", down())).value().await.unwrap_err();
}

#[derive(Debug, AsyncAssign)]
struct Secret {
    #[component(fetch_from = "remote", fallback_to = "local_cache")]
    token: SecretString,
}

#[tokio::test]
async fn a_secret_is_refused_without_a_key_and_unreadable_with_one() {
    const CANARY: &str = "c4nary-hunter2";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.cache");
    let remote = Scripted::new().answers("token", [Script::value(CANARY)]);
    let errors = Secret::fetch().sources(&sources(&remote, &file)).value().await.unwrap_err();
    assert_eq!((errors[0].kind(), remote.calls()), (ErrorKind::Misconfigured, 0));
    assert!(errors.to_string().contains("encrypted_with"), "{errors}");

    let sealed = |remote: &Scripted| {
        let cache = LocalCache::at(&file).encrypted_with(LocalCacheKey::from_bytes([7; 32]));
        Sources::builder().source("remote", remote.clone()).local_cache(cache).build()
    };
    Secret::fetch().sources(&sealed(&remote)).value().await.unwrap();
    let bytes = std::fs::read(&file).unwrap();
    assert!(!bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes()));
    let down = Scripted::new().answers("token", [Script::fails(ErrorKind::Unreachable)]);
    let secret = Secret::fetch().sources(&sealed(&down)).value().await.unwrap();
    assert_eq!(secret.token.expose_secret(), CANARY);
}

#[tokio::test]
async fn a_file_that_is_torn_is_ignored_and_replaced_by_the_next_good_values() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.cache");
    Config::fetch().sources(&sources(&sound(), &file)).value().await.unwrap();
    let bytes = std::fs::read(&file).unwrap();
    let down = || Script::fails(ErrorKind::Unreachable);
    std::fs::write(&file, &bytes[..bytes.len() / 3]).unwrap();
    Config::fetch().sources(&sources(&self::down(down), &file)).value().await.unwrap_err();
    Config::fetch().sources(&sources(&sound(), &file)).value().await.unwrap();
    Config::fetch().sources(&sources(&self::down(down), &file)).value().await.unwrap();
}

#[tokio::test]
async fn without_a_file_the_failure_stays_and_a_fetch_works() {
    let remote = sound();
    let sources = |remote: &Scripted| Sources::builder().source("remote", remote.clone()).build();
    Config::fetch().sources(&sources(&remote)).value().await.unwrap();
    let down = down(|| Script::fails(ErrorKind::Unreachable));
    assert_eq!(Config::fetch().sources(&sources(&down)).value().await.unwrap_err()[0].kind(), ErrorKind::Unreachable);
}

#[tokio::test]
async fn values_of_a_struct_that_is_not_valid_do_not_become_the_last_known_good_ones() {
    fn ordered(range: &Range) -> Result<(), &'static str> {
        if range.low < range.high { Ok(()) } else { Err("low is not below high") }
    }
    #[derive(Debug, AsyncAssign)]
    #[component(validate = ordered)]
    struct Range {
        #[component(fetch_from = "remote", fallback_to = "local_cache")]
        low: u16,
        #[component(fetch_from = "remote", fallback_to = "local_cache")]
        high: u16,
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.cache");
    let of = |low: Script, high: Script| sources(&Scripted::new().answers("low", [low]).answers("high", [high]), &file);
    let value = |value: u16| Script::value(value);
    let down = || Script::fails(ErrorKind::Unreachable);
    Range::fetch().sources(&of(value(1), value(2))).value().await.unwrap();
    Range::fetch().sources(&of(value(5), value(4))).value().await.unwrap_err();
    Range::fetch().sources(&of(value(7), value(6))).report().await.unwrap_err();
    let range = Range::fetch().sources(&of(down(), down())).value().await.unwrap();
    assert_eq!((range.low, range.high), (1, 2));
}

#[test]
fn outside_of_a_runtime_it_is_an_error() {
    #[derive(Debug, AsyncAssign)]
    struct AtHand {
        #[component(fetch_from = "settings", fallback_to = "local_cache")]
        _port: u16,
    }
    let folder = tempfile::tempdir().unwrap();
    let settings = Memory::new([("_port", "not a port")]);
    let cache = LocalCache::at(folder.path().join("config.cache"));
    let sources = Sources::builder().source("settings", settings).local_cache(cache).build();
    let fetched = futures_util::FutureExt::now_or_never(AtHand::fetch().sources(&sources).value());
    fetched.expect("it waits for nothing").unwrap_err();
}

#[cfg(unix)]
#[tokio::test]
async fn a_lock_that_another_process_holds_delays_one_fetch_and_not_all_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.cache");
    Config::fetch().sources(&sources(&sound(), &file)).value().await.unwrap();
    let lock = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let lock = lock.into_iter().find(|path| path.to_string_lossy().contains("lock")).unwrap();
    let held = std::fs::File::open(lock).unwrap();
    held.lock().unwrap();
    let changed = Scripted::new().answers("port", [Script::value(9090)]).answers("names", [Script::value(["c"])]);
    let with_changed = sources(&changed, &file);
    let begun = std::time::Instant::now();
    let fetches: Vec<_> = (0..20).map(|_| tokio::spawn(Config::fetch().sources(&with_changed).value())).collect();
    for fetch in fetches {
        assert_eq!(fetch.await.unwrap().unwrap().port, 9090);
    }
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    // The writing goes on, and the end of the sources waits for it.
    held.unlock().unwrap();
    with_changed.shutdown().await;
    let unreachable = down(|| Script::fails(ErrorKind::Unreachable));
    assert_eq!(Config::fetch().sources(&sources(&unreachable, &file)).value().await.unwrap().port, 9090);
}

#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn a_lock_that_another_process_holds_delays_no_fetch_beyond_its_deadline() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.cache");
    let held = std::fs::File::create(folder.path().join("config.cache.lock")).unwrap();
    held.lock().unwrap();
    for deadline in [Some(100), None] {
        let sources = sources(&sound(), &file);
        let begun = tokio::time::Instant::now();
        let fetch = Config::fetch().sources(&sources);
        let fetch = deadline.map(Duration::from_millis).into_iter().fold(fetch, component_model::Fetch::deadline);
        assert_eq!(fetch.value().await.unwrap().port, 8080);
        assert_eq!(begun.elapsed(), Duration::from_millis(deadline.unwrap_or(250)));
    }
}

#[tokio::test]
async fn fetches_that_are_not_polled_while_they_read_or_store_hold_up_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.cache");
    let sources = |remote: &Scripted| sources(remote, &file);
    let remote = sound();
    let first = sources(&remote);
    // Polled until it has begun to store; a thread that is quick enough may have ended it by then.
    let mut storing = Box::pin(Config::fetch().sources(&first).value());
    let lock = file.with_extension("cache.lock");
    while storing.as_mut().now_or_never().is_none() && !file.exists() && !lock.exists() {
        tokio::task::yield_now().await;
    }
    // Nobody polls it any more.
    remote.set("port", [Script::value(9090)]);
    Config::fetch().sources(&first).value().await.unwrap();
    first.shutdown().await;
    let down = sources(&down(|| Script::fails(ErrorKind::Unreachable)));
    let mut reading = Vec::new();
    for _ in 0..3 {
        let mut fetch = Box::pin(Config::fetch().sources(&down).value());
        if fetch.as_mut().now_or_never().is_none() {
            reading.push(fetch);
        }
    }
    for _ in 0..3 {
        assert_eq!(Config::fetch().sources(&down).value().await.unwrap().port, 9090);
    }
}

#[tokio::test]
async fn a_value_of_the_cache_is_not_stored_again() {
    #[derive(Debug, AsyncAssign)]
    struct Cached {
        #[component(fetch_from = "remote", ttl = "1h", fallback_to = "local_cache")]
        port: u16,
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.cache");
    let sources = sources(&sound(), &file);
    Cached::fetch().sources(&sources).value().await.unwrap();
    std::fs::remove_file(&file).unwrap();
    assert_eq!(Cached::fetch().sources(&sources).value().await.unwrap().port, 8080);
    sources.shutdown().await;
    assert!(!file.exists());
}

#[tokio::test]
async fn a_secret_within_another_type_is_refused_as_well() {
    #[derive(Debug, AsyncAssign)]
    struct List {
        #[component(fetch_from = "remote", fallback_to = "local_cache")]
        _tokens: Vec<SecretString>,
    }
    #[derive(Debug, AsyncAssign)]
    struct Pair {
        #[component(fetch_from = "remote", fallback_to = "local_cache")]
        _login: (String, SecretString),
    }
    let folder = tempfile::tempdir().unwrap();
    let remote = Scripted::new();
    let sources = sources(&remote, &folder.path().join("config.cache"));
    let errors = [
        List::fetch().sources(&sources).value().await.unwrap_err(),
        Pair::fetch().sources(&sources).value().await.unwrap_err(),
        List::check(&sources).unwrap_err(),
        Pair::check(&sources).unwrap_err(),
    ];
    for errors in errors {
        assert_eq!((errors[0].kind(), remote.calls()), (ErrorKind::Misconfigured, 0));
        assert!(errors.to_string().contains("encrypted_with"), "{errors}");
    }
}

#[tokio::test]
async fn an_own_source_of_its_name_beside_it_is_a_mistake() {
    let folder = tempfile::tempdir().unwrap();
    let own = |builder: component_model::SourcesBuilder| {
        builder.source("remote", sound()).source("local_cache", Memory::new([("port", "1")])).build()
    };
    let cache = LocalCache::at(folder.path().join("config.cache"));
    let errors = Config::fetch().sources(&own(Sources::builder().local_cache(cache))).value().await.unwrap_err();
    assert_eq!(errors[0].kind(), ErrorKind::Misconfigured);
    assert!(errors[0].hint().unwrap().contains("another name"), "{errors}");
    Config::fetch().sources(&own(Sources::builder())).value().await.unwrap();
}

/// Answers with the first parameter that it was given.
struct Repeats;

impl Source for Repeats {
    type Query = String;

    const OPTIONS: &'static [OptionSpec] = &[OptionSpec::list("params").template()];

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<String>, SourceError> {
        let params = spec.list("params")?.unwrap_or_default();
        let given = match params.first() {
            Some(Value::Text(text) | Value::String(text)) => text.clone(),
            _ => String::new(),
        };
        Ok(Request::new(given.clone(), given))
    }

    async fn fetch(&self, asked: Asked<'_, String>) -> Answer {
        Ok(Value::text(asked.query().clone()).into())
    }
}

#[tokio::test]
async fn what_was_asked_for_with_a_secret_is_not_written_to_the_file() {
    #[derive(Debug, AsyncAssign)]
    struct Row {
        #[component(fetch_from = "vault")]
        token: String,
        #[component(fetch_from = repeats(params = ["{token}"]), fallback_to = "local_cache")]
        row: String,
        #[component(fetch_from = "vault", fallback_to = "local_cache")]
        port: u16,
    }
    const CANARY: &str = "c4nary-hunter2";
    for is_encrypted in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.cache");
        let token = Record::new(Value::text(CANARY)).sensitive();
        let vault = Scripted::new().answers("token", [Script::record(token)]).answers("port", [Script::value(4711)]);
        let cache = LocalCache::at(&file);
        let key = LocalCacheKey::from_bytes([7; 32]);
        let cache = if is_encrypted { cache.encrypted_with(key) } else { cache };
        let sources = Sources::builder().source("vault", vault).source("repeats", Repeats).local_cache(cache);
        let row = Row::fetch().sources(&sources.build()).value().await.unwrap();
        assert_eq!((row.row.as_str(), row.token.as_str(), row.port), (CANARY, CANARY, 4711));
        let text = String::from_utf8_lossy(&std::fs::read(&file).unwrap()).into_owned();
        assert!(text.contains("port") && !text.contains(CANARY) && !text.contains("row"), "{text}");
    }
}

/// What a request contains would be stored in plain text, as a part of what the value belongs to.
#[tokio::test]
async fn a_component_whose_request_contains_a_secret_says_before_the_fetch_that_it_is_not_stored() {
    #[derive(Debug, AsyncAssign)]
    struct Config {
        #[component(fetch_from = "remote")]
        _url: SecretString,
        #[component(fetch_from = "database", url = "{_url}", query = "SELECT 1", fallback_to = "local_cache")]
        _one: u16,
    }
    let folder = tempfile::tempdir().unwrap();
    let cache = LocalCache::at(folder.path().join("config.cache")).encrypted_with(LocalCacheKey::from_bytes([7; 32]));
    let remote = Scripted::new().answers("_url", [Script::value("postgres://localhost")]);
    let sources = Sources::builder().source("remote", remote).constant("database", 1).local_cache(cache).build();
    let errors = Config::check(&sources).unwrap_err();
    assert!(errors.to_string().contains("its request contains `_url`"), "{errors}");
}

/// What has a lease ends with it, however good it was.
#[tokio::test]
async fn a_value_with_a_lease_is_not_stored() {
    #[derive(Debug, AsyncAssign)]
    struct Config {
        #[component(fetch_from = "remote", fallback_to = "local_cache")]
        _login: String,
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.cache");
    let record = Record::new(Value::text("app")).with_lease(Lease::new("lease", Duration::from_secs(60)));
    let sources = sources(&Scripted::new().answers("_login", [Script::record(record)]), &file);
    Config::fetch().sources(&sources).value().await.unwrap();
    sources.shutdown().await;
    assert!(!file.exists());
}

/// What a locator does not show tells requests apart all the same: a value of the query, and the server of a store.
#[tokio::test]
async fn the_value_of_another_request_is_not_used_although_its_locator_reads_the_same() {
    #[derive(Debug, AsyncAssign)]
    struct Limits {
        #[component(fetch_from = "env")]
        _region: String,
        #[component(fetch_from = "api", url = "limits?region={_region}", fallback_to = "local_cache")]
        limit: u32,
    }
    let folder = tempfile::tempdir().unwrap();
    let http = testbed::http().await.unwrap();
    http.on("/limits", testbed::http::Reply::json(&serde_json::json!(100)));
    let limit = async |region: &str| {
        let api = component_model::fetchers::api::Api::builder().base(http.url("")).unwrap().build().unwrap();
        let env = Memory::new([("_region", region)]);
        let cache = LocalCache::at(folder.path().join("config.cache"));
        let sources = Sources::builder().source("api", api).source("env", env).local_cache(cache).build();
        let limits = Limits::fetch_all_components_from(&sources).await;
        sources.shutdown().await;
        limits.map(|limits| limits.limit)
    };
    assert_eq!(limit("eu").await.unwrap(), 100);
    http.on("/limits", testbed::http::Reply::status(503));
    assert_eq!(limit("eu").await.unwrap(), 100);
    assert_eq!(limit("us").await.unwrap_err()[0].kind(), ErrorKind::Unavailable);
}

/// Two sources for one value, and values that may be missing.
#[derive(Debug, AsyncAssign)]
struct Several {
    #[component(fetch_from = ["first", "second"], fallback_to = "local_cache")]
    limit: u32,
    #[component(fetch_from = "first", fallback_to = "local_cache", default = 8080)]
    port: u16,
    #[component(fetch_from = "first", fallback_to = "local_cache")]
    banner: Option<String>,
}

#[tokio::test]
async fn what_was_known_last_counts_also_that_there_was_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.cache");
    let fetch = async |first: Scripted, second: Script| {
        let sources = Sources::builder().source("first", first);
        let sources = sources.source("second", Scripted::new().answers("limit", [second]));
        let sources = sources.local_cache(LocalCache::at(&file)).build();
        let fetched = Several::fetch().sources(&sources).report().await;
        sources.shutdown().await;
        fetched
    };
    let down = || Script::fails(ErrorKind::Unreachable);
    let all = |script: Script| {
        ["limit", "port", "banner"].into_iter().fold(Scripted::new(), |all, key| all.answers(key, [script.clone()]))
    };
    // The first one has them all; then none of them, and the second one has the limit.
    let full = Scripted::new().answers("limit", [Script::value(1)]).answers("port", [Script::value(80)]);
    fetch(full.answers("banner", [Script::value("sale")]), Script::absent()).await.unwrap();
    for number in [2, 3, 4] {
        let fetched = fetch(all(Script::absent()), Script::value(number)).await.unwrap();
        assert_eq!((fetched.value.limit, fetched.value.port, fetched.value.banner), (number, 8080, None));
    }
    let fetched = fetch(all(down()), down()).await.unwrap();
    assert_eq!((fetched.value.limit, fetched.value.port, fetched.value.banner), (4, 8080, None));
    for field in ["limit", "port", "banner"] {
        let entry = fetched.report.entry(field).unwrap();
        assert_eq!(entry.outcome(), Outcome::LastKnownGood, "{}", fetched.report);
        assert_eq!(entry.problem().unwrap().kind(), ErrorKind::Unreachable);
        assert!(entry.age().is_some(), "{}", fetched.report);
    }
}

#[tokio::test]
async fn a_nested_struct_that_was_missing_is_missing_while_its_source_is_down() {
    #[derive(Debug, AsyncAssign)]
    struct Pool {
        #[component(fetch_from = "remote", fallback_to = "local_cache")]
        _max: u32,
    }
    #[derive(Debug, AsyncAssign)]
    struct Service {
        #[component(nested)]
        pool: Option<Pool>,
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.cache");
    let with = |script| sources(&Scripted::new().answers("pool._max", [script]), &file);
    let fetch = async |script| {
        let sources = with(script);
        let fetched = Service::fetch().sources(&sources).value().await;
        sources.shutdown().await;
        fetched.map(|service| service.pool.is_some())
    };
    assert!(!fetch(Script::absent()).await.unwrap());
    assert!(!fetch(Script::fails(ErrorKind::Unreachable)).await.unwrap());
    assert!(fetch(Script::value(5)).await.unwrap());
    assert!(fetch(Script::fails(ErrorKind::Unreachable)).await.unwrap());
}

#[tokio::test]
async fn what_comes_back_to_the_first_source_is_what_was_known_last() {
    #[derive(Debug, AsyncAssign)]
    struct Moved {
        #[component(fetch_from = ["first", "second"], fallback_to = "local_cache", default = 0)]
        limit: u32,
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.cache");
    let fetch = async |first: Script, second: Script| {
        let sources = Sources::builder().source("first", Scripted::new().answers("limit", [first]));
        let sources = sources.source("second", Scripted::new().answers("limit", [second]));
        let sources = sources.local_cache(LocalCache::at(&file)).build();
        let fetched = Moved::fetch().sources(&sources).value().await.unwrap();
        sources.shutdown().await;
        fetched.limit
    };
    let down = || Script::fails(ErrorKind::Unreachable);
    for between in [Script::value(2), Script::absent()] {
        assert_eq!(fetch(Script::value(1), Script::absent()).await, 1);
        fetch(Script::absent(), between).await;
        assert_eq!(fetch(Script::value(1), Script::absent()).await, 1);
        assert_eq!(fetch(down(), down()).await, 1);
    }
}

#[tokio::test]
async fn only_what_the_source_says_now_becomes_the_last_known() {
    #[derive(Debug, AsyncAssign)]
    struct One {
        #[component(fetch_from = "remote", fallback_to = "local_cache", default = 0, ttl = "1h")]
        limit: u32,
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.cache");
    let with = |script| sources(&Scripted::new().answers("limit", [script]), &file);
    let limit = async |sources: &Sources| One::fetch_all_components_from(sources).await.unwrap().limit;
    // One process knows that there is none, another one that there is.
    let (one, other) = (with(Script::absent()), with(Script::value(5)));
    assert_eq!(limit(&one).await, 0);
    assert_eq!(limit(&other).await, 5);
    other.shutdown().await;
    // From its cache.
    assert_eq!(limit(&one).await, 0);
    one.shutdown().await;
    assert_eq!(limit(&with(Script::fails(ErrorKind::Unreachable))).await, 5);
}

#[tokio::test]
async fn that_there_is_no_value_grows_old_too() {
    #[derive(Debug, AsyncAssign)]
    struct Inner {
        #[component(fetch_from = "remote", key = "in", fallback_to = "local_cache")]
        _x: u32,
    }
    #[derive(Debug, AsyncAssign)]
    struct Outer {
        #[component(nested)]
        _inner: Option<Inner>,
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.cache");
    let fetch = async |script| {
        let remote = Scripted::new().answers("in", [script]);
        let cache = LocalCache::at(&file).max_age(Duration::from_secs(2));
        let sources = Sources::builder().source("remote", remote).local_cache(cache).build();
        let fetched = Outer::fetch().sources(&sources).value().await;
        sources.shutdown().await;
        fetched.map(drop)
    };
    fetch(Script::absent()).await.unwrap();
    for _ in 0..3 {
        fetch(Script::fails(ErrorKind::Unreachable)).await.unwrap();
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    tokio::time::sleep(Duration::from_millis(700)).await;
    fetch(Script::fails(ErrorKind::Unreachable)).await.unwrap_err();
}

#[tokio::test]
async fn what_another_process_knows_better_is_kept() {
    #[derive(Debug, AsyncAssign)]
    struct Two {
        #[component(fetch_from = ["first", "second"], fallback_to = "local_cache", ttl = "1h")]
        limit: u32,
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.cache");
    let with = |first: Script, second: Script| {
        let sources = Sources::builder().source("first", Scripted::new().answers("limit", [first]));
        let sources = sources.source("second", Scripted::new().answers("limit", [second]));
        sources.local_cache(LocalCache::at(&file)).build()
    };
    let limit = async |sources: &Sources| Two::fetch_all_components_from(sources).await.unwrap().limit;
    let (one, other) = (with(Script::absent(), Script::value(2)), with(Script::value(5), Script::absent()));
    assert_eq!(limit(&one).await, 2);
    assert_eq!(limit(&other).await, 5);
    other.shutdown().await;
    // That the first source has none is known from before.
    one.cache().invalidate_source("second").unwrap();
    assert_eq!(limit(&one).await, 2);
    one.shutdown().await;
    let down = || Script::fails(ErrorKind::Unreachable);
    assert_eq!(limit(&with(down(), down())).await, 5);
}
