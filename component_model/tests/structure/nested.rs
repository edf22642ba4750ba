//! Structs within structs: one flat fetch, paths in everything that is shown, `Option`, generics.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use component_model::{
    Answer, Asked, ErrorKind, Event, KeyQuery, Memory, Outcome, Reply, Request, RequestSpec, Source, SourceError,
    Value, prelude::*,
};
use serde::de::DeserializeOwned;

use super::{lines, memory};

/// No `Default`.
#[derive(Debug, Clone, PartialEq, AsyncAssign)]
#[component(prefix = "ignored", fetch_from = "store")]
struct Pool {
    max: u32,
    #[component(nested)]
    timeouts: Timeouts,
}

#[derive(Debug, Clone, PartialEq, AsyncAssign)]
#[component(fetch_from = "store")]
struct Timeouts {
    idle: u32,
}

#[derive(Debug, Clone, PartialEq, AsyncAssign)]
#[component(prefix = "app", fetch_from = "store")]
struct AppConfig {
    #[component(nested)]
    pool: Pool,
    name: String,
    #[component(nested, prefix = "spare")]
    other: Pool,
}

const ALL: [(&str, &str); 5] = [
    ("app.name", "shop"),
    ("app.pool.max", "1"),
    ("app.pool.timeouts.idle", "2"),
    ("app.spare.max", "3"),
    ("app.spare.timeouts.idle", "4"),
];

fn pool(max: u32, idle: u32) -> Pool {
    Pool { max, timeouts: Timeouts { idle } }
}

#[tokio::test]
async fn one_struct_is_nested_twice_under_two_prefixes() {
    let config = AppConfig::fetch_all_components_from(&memory("store", ALL)).await.unwrap();
    assert_eq!(config, AppConfig { pool: pool(1, 2), name: "shop".to_owned(), other: pool(3, 4) });
}

#[tokio::test]
async fn errors_reports_and_events_have_the_whole_path_in_the_order_of_declaration() {
    let sources = memory("store", [("app.name", "shop"), ("app.pool.timeouts.idle", "soon")]);
    let told = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&told);
    let fetch = AppConfig::fetch().sources(&sources).observe(move |event| {
        if let Event::Finished { component, .. } = event {
            listener.lock().unwrap().push((*component).to_owned());
        }
    });
    let errors = fetch.value().await.unwrap_err();
    let failed: Vec<_> = errors.iter().filter_map(ComponentError::component).collect();
    let paths = ["pool.max", "pool.timeouts.idle", "other.max", "other.timeouts.idle"];
    assert_eq!(failed, paths.map(|path| format!("AppConfig.{path}")));
    assert!(errors.to_string().starts_with("AppConfig: 4 of 5 components failed"), "{errors}");
    assert_eq!(errors.of("pool.timeouts.idle").unwrap().kind(), ErrorKind::Malformed);
    let report = errors.report().unwrap();
    let reported: Vec<_> = report.entries().map(|entry| entry.component()).collect();
    let all = ["pool.max", "pool.timeouts.idle", "name", "other.max", "other.timeouts.idle"];
    assert_eq!(reported, all);
    assert_eq!(*told.lock().unwrap(), all);
}

/// Counts its round trips.
#[derive(Default, Clone)]
struct Grouped(Arc<AtomicUsize>);

impl Source for Grouped {
    type Query = KeyQuery;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
        Ok(Request::by_key(spec)?.with_group(()))
    }

    async fn fetch(&self, _: Asked<'_, KeyQuery>) -> Answer {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(Value::text("1").into())
    }

    async fn fetch_many(&self, asked: &[Asked<'_, KeyQuery>]) -> Vec<Answer> {
        self.0.fetch_add(1, Ordering::Relaxed);
        asked.iter().map(|_| Ok(Value::text("1").into())).collect()
    }
}

#[tokio::test]
async fn the_whole_tree_is_one_concurrent_fetch() {
    let grouped = Grouped::default();
    let sources = Sources::builder().source("store", grouped.clone()).build();
    AppConfig::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!(grouped.0.load(Ordering::Relaxed), 1);
}

#[derive(Debug, PartialEq, AsyncAssign)]
#[component(fetch_from = "store")]
struct Service {
    #[component(nested)]
    tls: Option<Tls>,
    port: u16,
}

#[derive(Debug, PartialEq, AsyncAssign)]
#[component(fetch_from = "store")]
struct Tls {
    key: String,
    #[component(default = 12)]
    version: u8,
    #[component(nested)]
    client: Option<Client>,
}

#[derive(Debug, PartialEq, AsyncAssign)]
#[component(fetch_from = "store")]
struct Client {
    ca: String,
    #[component(default)]
    depth: u8,
}

async fn service<const N: usize>(values: [(&str, &str); N]) -> Result<Service, ComponentErrors> {
    Service::fetch_all_components_from(&memory("store", values)).await
}

#[tokio::test]
async fn an_optional_struct_is_none_if_no_source_has_anything_for_it_and_defaults_are_no_presence() {
    let none = service([("port", "80")]).await.unwrap();
    assert_eq!(none, Service { tls: None, port: 80 });
    let outer = service([("port", "80"), ("tls.key", "k")]).await.unwrap();
    assert_eq!(outer.tls, Some(Tls { key: "k".to_owned(), version: 12, client: None }));
    let inner = service([("port", "80"), ("tls.key", "k"), ("tls.client.ca", "c")]).await.unwrap();
    assert_eq!(inner.tls.unwrap().client, Some(Client { ca: "c".to_owned(), depth: 0 }));
}

#[tokio::test]
async fn any_value_or_failure_makes_an_optional_struct_required() {
    let errors = service([("port", "80"), ("tls.version", "13")]).await.unwrap_err();
    assert_eq!(errors.iter().filter_map(ComponentError::field).collect::<Vec<_>>(), ["tls.key"]);
    // A value of the inner struct requires the outer one as well.
    let errors = service([("port", "80"), ("tls.client.depth", "3")]).await.unwrap_err();
    assert_eq!(errors.iter().filter_map(ComponentError::field).collect::<Vec<_>>(), ["tls.key", "tls.client.ca"]);
    let errors = service([("port", "80"), ("tls.version", "new")]).await.unwrap_err();
    assert_eq!(lines(&errors).len(), 2, "{errors}");
}

#[tokio::test]
async fn the_report_of_a_missing_struct_says_absent_and_nothing_fails() {
    let sources = memory("store", [("port", "80")]);
    let fetched = Service::fetch().sources(&sources).report().await.unwrap();
    let outcomes: Vec<_> = fetched.report.entries().map(|entry| entry.outcome()).collect();
    assert_eq!(outcomes[..4], [Outcome::Absent; 4]);
    assert_eq!(outcomes[4], Outcome::Fetched);
}

/// Fails for one key, and has nothing for others.
struct Failing(&'static str);

impl Source for Failing {
    type Query = KeyQuery;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
        Request::by_key(spec)
    }

    async fn fetch(&self, asked: Asked<'_, KeyQuery>) -> Answer {
        match asked.query().key() {
            "port" => Ok(Value::text("80").into()),
            key if key == self.0 => Err(SourceError::new(ErrorKind::Unreachable, "no connection")),
            _ => Ok(Reply::ABSENT),
        }
    }
}

#[tokio::test]
async fn a_struct_that_may_be_missing_is_not_missing_while_its_source_cannot_answer() {
    for key in ["tls.version", "tls.client.ca"] {
        let sources = Sources::builder().source("store", Failing(key)).build();
        let errors = Service::fetch_all_components_from(&sources).await.unwrap_err();
        assert!(errors.of(key).is_some_and(|error| error.kind() == ErrorKind::Unreachable), "{errors}");
        assert!(errors.of("tls.key").is_some_and(ComponentError::is_absent), "{errors}");
    }
}

#[derive(Debug, PartialEq, AsyncAssign)]
#[component(fetch_from = "store")]
struct Wrapper<T>
where
    T: DeserializeOwned + Send + 'static,
{
    #[component(nested)]
    limit: Limit<T>,
    #[component(nested)]
    spare: Option<Limit<T>>,
}

#[derive(Debug, PartialEq, AsyncAssign)]
#[component(fetch_from = "store")]
struct Limit<T>
where
    T: DeserializeOwned + Send + 'static,
{
    value: T,
}

#[tokio::test]
async fn generic_structs_are_nested() {
    let sources = memory("store", [("limit.value", "7")]);
    let wrapper = Wrapper::<u8>::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!(wrapper, Wrapper { limit: Limit { value: 7 }, spare: None });
    let wrapper = Wrapper::<String>::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!(wrapper.limit.value, "7");
}

#[tokio::test]
async fn partial_results_of_nested_structs_are_merged() {
    let sources = memory("store", [("app.name", "shop"), ("app.pool.max", "9"), ("app.spare.max", "x")]);
    let partial = AppConfig::fetch().sources(&sources).partial().await;
    assert_eq!(partial.errors().len(), 3);
    let base = AppConfig { pool: pool(1, 2), name: "base".to_owned(), other: pool(3, 4) };
    let merged = partial.or(base);
    assert_eq!(merged, AppConfig { pool: pool(9, 2), name: "shop".to_owned(), other: pool(3, 4) });
}

#[derive(Debug, Default, PartialEq, AsyncAssign)]
struct Assigned {
    #[component(nested)]
    tls: Option<Wrapped>,
    port: u16,
}

#[derive(Debug, Default, PartialEq, AsyncAssign)]
#[component(fetch_from = "store")]
struct Wrapped {
    key: String,
}

#[tokio::test]
async fn a_nested_field_is_assigned_by_type_like_any_other() {
    let mut assigned = Assigned::default();
    assigned.async_assign(Some(Wrapped { key: "k".to_owned() })).await.unwrap();
    assigned.async_assign(80u16).await.unwrap();
    assert_eq!(assigned, Assigned { tls: Some(Wrapped { key: "k".to_owned() }), port: 80 });
    let fetched = Assigned::fetch_all_components_from(&Sources::builder().source("store", Memory::default()).build());
    assert_eq!(fetched.await.unwrap(), Assigned::default());
}

#[tokio::test]
async fn events_and_the_report_agree_about_the_defaults_of_a_struct_that_may_be_missing() {
    #[derive(Debug, AsyncAssign)]
    #[component(fetch_from = "store")]
    struct Service {
        #[component(nested)]
        tls: Option<Tls>,
        #[component(depends_on = "tls.cert", fallback = 80)]
        port: u16,
    }

    #[derive(Debug, AsyncAssign)]
    #[component(fetch_from = "store")]
    struct Tls {
        cert: String,
        #[component(default = "1.3")]
        version: String,
        #[component(fallback = "none")]
        client: String,
    }

    for (values, is_missing) in [(vec![], true), (vec![("tls.cert", "-")], false)] {
        let sources = Sources::builder().source("store", Memory::new(values)).build();
        let told = Arc::new(Mutex::new(Vec::new()));
        let listener = Arc::clone(&told);
        let fetch = Service::fetch().sources(&sources).observe(move |event| {
            if let Event::Finished { component, outcome, problem, .. } = event {
                let problem = problem.map(|problem| problem.kind());
                listener.lock().unwrap().push(((*component).to_owned(), *outcome, problem));
            }
        });
        let fetched = fetch.report().await.unwrap();
        assert_eq!(fetched.value.tls.is_none(), is_missing);
        let entries = fetched.report.entries();
        let mut reported: Vec<_> = entries
            .map(|entry| (entry.component().to_owned(), entry.outcome(), entry.problem().map(|problem| problem.kind())))
            .collect();
        let mut told = told.lock().unwrap().clone();
        told.sort_by(|a, b| a.0.cmp(&b.0));
        reported.sort_by(|a, b| a.0.cmp(&b.0));
        assert_eq!(told, reported);
        if is_missing {
            let problem = fetched.report.entry("port").unwrap().problem().unwrap();
            assert_eq!(problem.message(), "it needs `tls.cert`, which is absent");
        }
    }
}
