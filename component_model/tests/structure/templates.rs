//! Templates in keys, URLs, paths and parameters, and what depends on what.

use std::time::Duration;

use component_model::{
    Answer, Asked, ErrorKind, Memory, OptionSpec, Request, RequestSpec, Source, SourceError, Value, prelude::*,
};
use tokio::time::Instant;

use super::{lines, memory, support::Slow};

#[derive(Debug, PartialEq, AsyncAssign)]
struct Regional {
    #[component(fetch_from = "store", key = "{zone}/port")]
    port: u16,
    #[component(fetch_from = "store", key = "region")]
    region: String,
    #[component(fetch_from = "store", key = "{region}/zone")]
    zone: String,
}

const REGIONAL: [(&str, &str); 3] = [("region", "eu"), ("eu/zone", "z1"), ("z1/port", "80")];

#[tokio::test]
async fn a_key_inserts_other_components_in_any_order_of_declaration() {
    let regional = Regional::fetch_all_components_from(&memory("store", REGIONAL)).await.unwrap();
    assert_eq!(regional, Regional { port: 80, region: "eu".to_owned(), zone: "z1".to_owned() });
}

#[tokio::test]
async fn a_component_whose_dependency_failed_says_so_by_name() {
    let errors = Regional::fetch_all_components_from(&memory("store", [])).await.unwrap_err();
    assert_eq!(errors.of("region").unwrap().kind(), ErrorKind::Absent);
    assert_eq!(errors.of("zone").unwrap().kind(), ErrorKind::Dependency);
    let port = errors.of("port").unwrap().to_string();
    assert!(port.contains("it needs `zone`, which failed (absent)"), "{port}");
    let zone = errors.of("zone").unwrap().to_string();
    assert!(zone.contains("it needs `region`, which is absent"), "{zone}");
}

#[tokio::test]
async fn a_report_shows_the_inserted_text_and_what_was_asked() {
    let fetched = Regional::fetch().sources(&memory("store", REGIONAL)).report().await.unwrap();
    assert_eq!(fetched.report.entry("port").unwrap().locator(), "z1/port");
}

#[derive(Debug, AsyncAssign)]
struct Substituted {
    #[component(fetch_from = "store")]
    region: Option<String>,
    #[component(fetch_from = "store", key = "{region}/port", default = 80, fallback = 81)]
    port: u16,
    #[component(fetch_from = "store", key = "{region}/host")]
    host: Option<String>,
    #[component(fetch_from = "store", default = "eu")]
    literal: String,
    #[component(fetch_from = "store", key = "{literal}/x", fallback = "-")]
    of_literal: String,
    #[component(fetch_from = "store", default)]
    evaluated: String,
    #[component(fetch_from = "store", key = "{evaluated}/y", fallback = "-", fallback_on = "any")]
    of_evaluated: String,
}

#[tokio::test]
async fn a_dependant_takes_the_column_of_its_cause() {
    let sources = memory("store", [("eu/x", "of eu")]);
    let fetched = Substituted::fetch().sources(&sources).report().await.unwrap();
    let Substituted { region, port, host, literal, of_literal, evaluated, of_evaluated } = &fetched.value;
    assert_eq!((region, port, host), (&None, &80, &None), "an absent value covers its dependants as absent");
    assert_eq!((literal.as_str(), of_literal.as_str()), ("eu", "of eu"), "a default that is a literal is inserted");
    assert_eq!((evaluated.as_str(), of_evaluated.as_str()), ("", "-"), "one that is code is not");
    let problem = fetched.report.entry("of_evaluated").unwrap().problem().unwrap();
    assert!(
        problem
            .message()
            .contains("the default of `evaluated` is an expression, which cannot be inserted; write a literal"),
        "{}",
        problem.message()
    );
}

#[derive(Debug, AsyncAssign)]
struct Ordered {
    #[component(fetch_from = "store", depends_on = ["second", "inner"])]
    first: u8,
    #[component(fetch_from = "store")]
    second: u8,
    #[component(nested)]
    inner: Inner,
}

#[derive(Debug, AsyncAssign)]
struct Inner {
    #[component(fetch_from = "store", key = "inner")]
    value: u8,
}

#[tokio::test]
async fn depends_on_orders_without_inserting() {
    let all = memory("store", [("first", "1"), ("second", "2"), ("inner", "3")]);
    let ordered = Ordered::fetch_all_components_from(&all).await.unwrap();
    assert_eq!((ordered.first, ordered.second, ordered.inner.value), (1, 2, 3));
    let errors = Ordered::fetch_all_components_from(&memory("store", [("first", "1"), ("second", "2")])).await;
    let errors = errors.unwrap_err();
    assert!(errors.of("first").unwrap().to_string().contains("it needs `inner.value`"), "{errors}");
}

#[derive(Debug, AsyncAssign)]
struct Scoped {
    #[component(fetch_from = "store", key = "{pool.name}/limit")]
    limit: u8,
    #[component(nested)]
    pool: Named,
    #[component(fetch_from = "store")]
    region: String,
    #[component(nested, prefix = "{region}")]
    regional: Named,
}

#[derive(Debug, AsyncAssign)]
#[component(fetch_from = "store")]
struct Named {
    name: String,
    #[component(key = "{name}/size")]
    size: u8,
}

#[tokio::test]
async fn a_name_is_meant_in_the_struct_that_writes_it() {
    let sources = memory(
        "store",
        [("pool.name", "p"), ("p/limit", "1"), ("p/size", "2"), ("region", "eu"), ("eu.name", "e"), ("e/size", "3")],
    );
    let scoped = Scoped::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!((scoped.limit, scoped.pool.size, scoped.regional.size), (1, 2, 3));
    assert_eq!(scoped.regional.name, "e");
}

#[derive(Debug, AsyncAssign)]
struct Hostile {
    #[component(fetch_from = "store")]
    _value: String,
    #[component(fetch_from = "files", path = "config/{_value}/app.toml", key = "x")]
    _path: String,
    #[component(fetch_from = "store", key = "a.{_value}.b")]
    _key: String,
}

#[tokio::test]
async fn an_inserted_value_that_would_leave_its_place_is_refused_without_showing_it() {
    for value in ["..", "../etc", "a/b", "a\\b", "", "a.b/c", "line\nbreak"] {
        let sources = Sources::builder()
            .source("store", Memory::new([("_value", value)]))
            .source("files", component_model::fetchers::file::File::default())
            .build();
        let errors = Hostile::fetch_all_components_from(&sources).await.unwrap_err();
        let path = errors.of("_path").unwrap();
        assert_eq!(path.kind(), ErrorKind::Invalid, "{value:?}: {errors}");
        assert!(path.to_string().contains("the value of `_value` cannot be inserted into `path`"), "{errors}");
    }
}

#[derive(Debug, AsyncAssign)]
struct Secretive {
    #[component(fetch_from = "store")]
    _token: SecretString,
    #[component(fetch_from = "store", key = "{_token}/port")]
    _port: u16,
}

#[tokio::test]
async fn a_sensitive_component_cannot_become_a_part_of_a_key() {
    let errors = Secretive::fetch_all_components_from(&memory("store", [("_token", "hunter2")])).await.unwrap_err();
    assert_eq!((errors.len(), errors[0].kind()), (1, ErrorKind::Misconfigured));
    assert!(errors[0].to_string().contains("`_token` is sensitive") && errors.report().is_none(), "{errors}");
}

fn slow() -> Slow {
    Slow::taking(Duration::from_millis(100)).grouped()
}

#[derive(Debug, AsyncAssign)]
struct Waves {
    #[component(fetch_from = "slow")]
    _root: String,
    #[component(fetch_from = "slow", key = "{_root}-left")]
    _left: String,
    #[component(fetch_from = "slow", key = "{_root}-right")]
    _right: String,
    #[component(fetch_from = "slow", key = "{_root}-left")]
    _same: String,
    #[component(fetch_from = "slow", key = "{_left}{_right}")]
    _end: String,
}

#[tokio::test(start_paused = true)]
async fn what_one_answer_makes_ready_travels_together_and_time_is_the_longest_path() {
    let sources = Sources::builder().source("slow", slow()).build();
    let started = Instant::now();
    let fetched = Waves::fetch().sources(&sources).report().await.unwrap();
    assert_eq!(started.elapsed(), Duration::from_millis(300));
    let calls: Vec<_> = fetched.report.calls().iter().map(|call| call.locators().count()).collect();
    assert_eq!(calls, [1, 2, 1], "equal requests are one, and those of a wave one call");
}

#[derive(Debug, AsyncAssign)]
struct Unneeded {
    #[component(fetch_from = ["above", slow(key = "{_missing}")])]
    value: String,
    #[component(fetch_from = "above", fallback = "x")]
    _missing: String,
}

#[tokio::test]
async fn a_layer_with_a_template_does_not_delay_the_layers_above_it() {
    let sources = Sources::builder().source("above", Memory::new([("value", "a")])).source("slow", slow()).build();
    let report = Unneeded::fetch().sources(&sources).report().await.unwrap();
    assert_eq!(report.value.value, "a");
    assert!(report.report.calls().is_empty(), "memory answers at once, and nothing else was asked");
}

mod cycles {
    use component_model::{
        Memory, Sources,
        plan::{Component, Layer, Plan},
    };

    use super::lines;

    fn component<'p>(name: &'p str, layers: &'p [Layer<'p>]) -> Component<'p> {
        Component { name, ty: "String", layers, ..Component::NEW }
    }

    #[test]
    fn a_cycle_is_drawn_before_any_input() {
        let layer = |key| [Layer { source: "store", key: Some(key), ..Layer::NEW }];
        let (a, b, c) = (layer("{b}"), layer("x/{c}"), layer("{a}/y"));
        let components = [component("a", &a), component("b", &b), component("c", &c)];
        let plan = Plan { name: "Cyclic", components: &components, ..Plan::NEW };
        let sources = Sources::builder().source("store", Memory::default()).build();
        let errors = sources.bind(&plan).unwrap_err();
        assert!(lines(&errors)[0].contains("`a` needs `b` needs `c` needs `a`"), "{errors}");
    }

    #[test]
    fn every_unknown_name_and_every_broken_template_is_reported_together() {
        let layer = |key| [Layer { source: "store", key: Some(key), ..Layer::NEW }];
        let (region, port, host, name) = (layer("region"), layer("{regoin}/port"), layer("{region/host"), layer("}"));
        let components = [
            component("region", &region),
            component("port", &port),
            component("host", &host),
            component("name", &name),
        ];
        let plan = Plan { name: "Broken", components: &components, ..Plan::NEW };
        let sources = Sources::builder().source("store", Memory::default()).build();
        let errors = sources.bind(&plan).unwrap_err();
        assert_eq!(errors.len(), 3, "{errors}");
        assert_eq!(errors[0].hint(), Some("did you mean `region`?"));
        assert!(lines(&errors)[1].contains("`{` is not closed") && lines(&errors)[2].contains("`}` closes nothing"));
    }
}

#[derive(Debug, AsyncAssign)]
struct AtOnce {
    #[component(fetch_from = "above", default = "r")]
    _root: String,
    #[component(fetch_from = "slow", key = "{_root}-left")]
    _left: String,
    #[component(fetch_from = ["above", slow(key = "{_root}-right")])]
    _right: String,
}

#[tokio::test(start_paused = true)]
async fn what_a_value_without_input_makes_ready_travels_together_too() {
    let sources = Sources::builder().source("above", Memory::default()).source("slow", slow()).build();
    let report = AtOnce::fetch().sources(&sources).report().await.unwrap().report;
    let calls: Vec<_> = report.calls().iter().map(|call| call.locators().count()).collect();
    assert_eq!(calls, [2]);
}

/// Repeats what it is given, in an error or as the value.
struct Repeats;

impl Source for Repeats {
    type Query = (String, bool);

    const OPTIONS: &'static [OptionSpec] = &[OptionSpec::list("params").template(), OptionSpec::text("fails")];

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<Self::Query>, SourceError> {
        let params = spec.list("params")?.unwrap_or_default();
        let given = match params.first() {
            Some(Value::Text(text) | Value::String(text)) => text.clone(),
            _ => String::new(),
        };
        let fails = spec.option("fails")?.is_some();
        Ok(Request::new((given, fails), if fails { "fails" } else { "echo" }))
    }

    async fn fetch(&self, asked: Asked<'_, Self::Query>) -> Answer {
        let (given, fails) = asked.query();
        match fails {
            true => Err(SourceError::new(ErrorKind::Other, format!("cannot use {given}"))),
            false => Ok(Value::text(given.clone()).into()),
        }
    }
}

#[derive(Debug, AsyncAssign)]
struct ReceivesASecret {
    #[component(fetch_from = "store")]
    _token: component_model::SecretString,
    #[component(fetch_from = repeats(params = ["{_token}"]))]
    _echo: String,
    #[component(fetch_from = repeats(params = ["{_token}"], fails = "yes"))]
    _failed: String,
    #[component(fetch_from = store(key = "k.{_echo}"))]
    _dependant: String,
}

#[tokio::test]
async fn what_a_source_says_after_it_received_a_secret_is_not_shown() {
    let store = component_model::Memory::new([("_token", "c4nary")]);
    let sources = Sources::builder().source("store", store).source("repeats", Repeats).build();
    let errors = ReceivesASecret::fetch().sources(&sources).await.unwrap_err();
    assert_eq!(errors.len(), 2, "{errors}");
    assert!(!format!("{errors} {errors:?}").contains("c4nary"), "{errors}");
    assert!(errors.to_string().contains("is sensitive"), "{errors}");
}

#[derive(Debug, AsyncAssign)]
struct SecretPrefix {
    #[component(fetch_from = "store")]
    _token: component_model::SecretString,
    #[component(nested, prefix = "{_token}")]
    _inner: Within,
}

#[derive(Debug, AsyncAssign)]
struct Within {
    #[component(fetch_from = "store")]
    _max: u8,
}

#[test]
fn a_sensitive_component_in_a_prefix_is_found_without_io() {
    let sources = super::memory("store", []);
    let errors = SecretPrefix::check(&sources).unwrap_err();
    assert!(errors.to_string().contains("is sensitive and cannot be inserted into `prefix`"), "{errors}");
}
