//! Layers that are bound during a fetch: the request of the last fetch is used again if the same values are inserted.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use component_model::{
    Answer, Asked, KeyQuery, Memory, OptionSpec, Request, RequestSpec, Source, SourceError, Value, prelude::*,
};

/// Counts how often it binds, and returns the key that it is asked for.
struct Echo(Arc<AtomicUsize>);

impl Source for Echo {
    type Query = KeyQuery;

    const OPTIONS: &'static [OptionSpec] = &[OptionSpec::KEY, OptionSpec::list("params").template()];

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        spec.list("params")?;
        let key = spec.key()?.into_owned();
        Ok(Request::new(KeyQuery::new(key.clone()), key))
    }

    async fn fetch(&self, asked: Asked<'_, KeyQuery>) -> Answer {
        Ok(Value::text(asked.query().key()).into())
    }
}

struct Setup {
    sources: Sources,
    memory: Memory,
    bound: Arc<AtomicUsize>,
}

impl Setup {
    fn new() -> Self {
        let (memory, bound) = (Memory::new([("_region", "eu"), ("_zone", "1")]), Arc::default());
        let sources = Sources::builder().source("memory", memory.clone()).source("echo", Echo(Arc::clone(&bound)));
        Self { sources: sources.build(), memory, bound }
    }

    /// How often the source has bound since the last call.
    fn bound(&self) -> usize {
        self.bound.swap(0, Ordering::Relaxed)
    }
}

#[derive(AsyncAssign)]
struct Endpoint {
    #[component(fetch_from = "memory")]
    _region: String,
    #[component(fetch_from = "memory")]
    _zone: u8,
    #[component(fetch_from = "echo", key = "{_region}/{_zone}/host")]
    host: String,
    #[component(fetch_from = "memory", key = "{_region}", default = "none")]
    city: String,
}

#[tokio::test]
async fn a_layer_is_bound_again_if_an_inserted_value_has_changed_and_only_then() {
    let setup = Setup::new();
    let fetch = async |changed: bool| {
        setup.bound();
        let endpoint = Endpoint::fetch_all_components_from(&setup.sources).await.unwrap();
        assert_eq!(setup.bound() > 0, changed);
        (endpoint.host, endpoint.city)
    };
    let is = |(host, city): (String, String), expected: (&str, &str)| assert_eq!((&*host, &*city), expected);

    is(fetch(true).await, ("eu/1/host", "none"));
    is(fetch(false).await, ("eu/1/host", "none"));
    setup.memory.set("eu", "Dublin");
    is(fetch(false).await, ("eu/1/host", "Dublin"));
    setup.memory.set("_zone", "2");
    is(fetch(true).await, ("eu/2/host", "Dublin"));
    setup.memory.set("_region", "us");
    is(fetch(true).await, ("us/2/host", "none"));
    setup.memory.set("_region", "eu");
    is(fetch(true).await, ("eu/2/host", "Dublin"));
    is(fetch(false).await, ("eu/2/host", "Dublin"));
}

#[tokio::test]
async fn a_request_with_a_sensitive_value_is_bound_in_every_fetch() {
    #[derive(AsyncAssign)]
    struct Row {
        #[component(fetch_from = "memory", key = "_region", sensitive)]
        _token: String,
        #[component(fetch_from = echo(params = ["{_token}"]))]
        _row: String,
    }

    let setup = Setup::new();
    for _ in 0..3 {
        setup.bound();
        Row::fetch_all_components_from(&setup.sources).await.unwrap();
        assert!(setup.bound() > 0);
    }
}

#[tokio::test]
async fn the_report_of_each_fetch_names_the_request_that_was_used_again() {
    let setup = Setup::new();
    for _ in 0..2 {
        let report = Endpoint::fetch().sources(&setup.sources).report().await.unwrap().report;
        assert!(report.to_string().contains("eu/1/host"), "{report}");
    }
}
