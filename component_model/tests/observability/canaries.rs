//! A secret value, one in a URL and one in the text of an error are in no span, event, metric or label.

use component_model::{
    ErrorKind, SourceError,
    fetchers::api::Api,
    prelude::*,
    test_util::{Script, Scripted},
};
use metrics::set_default_local_recorder;
use opentelemetry_sdk::trace::SpanData;

use crate::support::{export, prometheus, scrape};

const CANARY: &str = "c4nary";

#[derive(Debug, AsyncAssign)]
struct Secrets {
    #[component(fetch_from = "remote")]
    _token: SecretString,
    #[component(fetch_from = "remote", sensitive)]
    _password: u16,
    #[component(fetch_from = "remote", sensitive, ttl = "60s", stale_for = "60s", circuit_breaker = "true")]
    _failing: String,
    #[component(fetch_from = "api", url = "http://me:c4nary@127.0.0.1:1/?token=c4nary")]
    _url: u16,
    #[component(fetch_from = "remote", key = "tenants/{_tenant}/port")]
    _inserted: u16,
    #[component(fetch_from = "remote")]
    _tenant: String,
}

#[tokio::test(start_paused = true)]
async fn no_secret_is_exported() {
    let recorder = prometheus();
    let _recorder = set_default_local_recorder(&recorder);
    let (exporter, _provider, _guard) = export();
    let failure = SourceError::new(ErrorKind::Unavailable, "the server said c4nary").with_hint("c4nary");
    let remote = Scripted::new()
        .answers("_token", [Script::value(CANARY)])
        .answers("_password", [Script::value(CANARY)])
        .answers("_tenant", [Script::value("t3nant")])
        .answers("tenants/t3nant/port", [Script::fails(ErrorKind::Unavailable)])
        .answers("_failing", [Script::error(failure)]);
    let api = Api::builder().build().unwrap();
    let sources = Sources::builder().source("remote", remote.clone()).source("api", api).build();
    for _ in 0..6 {
        let partial = Secrets::fetch().sources(&sources).resilient().cached().partial().await;
        assert_eq!(partial.errors().len(), 4, "{:?}", partial.errors());
    }
    assert!(remote.calls() > 5);

    let spans: Vec<SpanData> = exporter.get_finished_spans().unwrap();
    let text = format!("{spans:#?}");
    for heard in ["\"fetch\"", "\"request\"", "attempted again", "could not be fetched", "circuit breaker"] {
        assert!(text.contains(heard), "{heard} is missing: {text}");
    }
    assert!(!text.contains(CANARY), "{text}");
    // The locator of a component is in the errors of events, but in no span.
    let attributes = format!("{:?}", spans.iter().map(|span| (&span.name, &span.attributes)).collect::<Vec<_>>());
    assert!(!attributes.contains("t3nant") && !attributes.contains("127.0.0.1"), "{attributes}");
    let scraped = scrape(&recorder.handle());
    assert!(scraped.get(r#"requests_total{source="remote",outcome="unavailable"}"#).is_some_and(|count| count > 1.0));
    assert!(scraped.get(r#"requests_total{source="api",outcome="unreachable"}"#).is_some(), "{}", scraped.text);
    assert!(!scraped.text.contains(CANARY), "{}", scraped.text);
    // No address or key is a label either.
    for word in ["127.0.0.1", "t3nant", "_token", "_password"] {
        assert!(!scraped.text.contains(word), "{word}: {}", scraped.text);
    }
}
