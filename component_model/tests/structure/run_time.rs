//! A plan that is created at run time, here from TOML.

use std::{collections::BTreeMap, sync::Arc, sync::Weak};

use component_model::{
    Answer, Asked, ErrorKind, KeyQuery, Memory, Request, RequestSpec, Source, SourceError, Sources, Value,
    plan::{Component, Layer, Nested, Plan, Policy, Prefix},
};

const DESCRIPTION: &str = r#"
    [port]
    source = "settings"
    [region]
    source = "settings"
    fallback = "eu"
    [limit]
    source = "settings"
    key = "limits/{region}"
"#;

/// One component of the description.
#[derive(serde::Deserialize)]
struct Described {
    source: String,
    key: Option<String>,
    fallback: Option<String>,
}

/// Holds a value that shows whether its source is still there.
struct Tracked {
    memory: Memory,
    _alive: Arc<()>,
}

impl Source for Tracked {
    type Query = KeyQuery;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
        Request::by_key(spec)
    }

    async fn fetch(&self, asked: Asked<'_, KeyQuery>) -> Answer {
        self.memory.fetch(asked).await
    }
}

fn sources() -> (Sources, Weak<()>) {
    let alive = Arc::new(());
    let weak = Arc::downgrade(&alive);
    let memory = Memory::new([("shop.port", "80"), ("limits/eu", "7")]);
    (Sources::builder().source("settings", Tracked { memory, _alive: alive }).build(), weak)
}

#[tokio::test]
async fn a_plan_from_a_description_is_bound_fetched_and_dropped() {
    let (sources, alive) = sources();
    let bound = {
        let described: BTreeMap<String, Described> = toml::from_str(DESCRIPTION).unwrap();
        let layers: Vec<_> = described
            .values()
            .map(|one| [Layer { source: &one.source, key: one.key.as_deref(), ..Layer::NEW }])
            .collect();
        let components: Vec<_> = described
            .iter()
            .zip(&layers)
            .map(|((name, one), layers)| {
                let policy = Policy { fallback: one.fallback.as_deref(), ..Policy::NEW };
                Component { name, ty: "any", layers, policy, ..Component::NEW }
            })
            .collect();
        let prefix = Prefix { every: "shop", of: &[] };
        sources.bind(&Plan { name: "Described", prefix, components: &components, ..Plan::NEW }).unwrap()
    };
    // The description is gone; the binding owns what it needs.
    let values = bound.fetch().await.unwrap();
    let expected = [("limit", "7"), ("port", "80"), ("region", "eu")];
    assert_eq!(values, expected.map(|(name, text)| (name.to_owned(), Value::text(text))).into());

    drop(sources);
    assert!(alive.upgrade().is_some(), "the binding holds its sources");
    drop(bound);
    assert!(alive.upgrade().is_none(), "and nothing holds them after it");
}

#[tokio::test]
async fn no_plan_is_given_the_binding_of_another() {
    let (sources, _) = sources();
    // Plans at one address, one after another.
    for (key, expected) in [("shop.port", "80"), ("limits/eu", "7"), ("shop.port", "80")] {
        let layers = [Layer { source: "settings", key: Some(key), ..Layer::NEW }];
        let components = [Component { name: "value", layers: &layers, ..Component::NEW }];
        let plan = Plan { name: "Plan", components: &components, ..Plan::NEW };
        let values = sources.bind(&plan).unwrap().fetch().await.unwrap();
        assert_eq!(values["value"], Value::text(expected));
    }
}

#[tokio::test]
async fn a_plan_from_outside_is_checked_like_any_other() {
    let (sources, _) = sources();
    let layers = [Layer { source: "setings", ..Layer::NEW }];
    let on = component_model::plan::FallbackOn::Kinds(&["odd"]);
    let bad_kind = Policy { fallback: Some("1"), fallback_on: on, ..Policy::NEW };
    let settings = [Layer { source: "settings", ..Layer::NEW }];
    let components = [
        Component { name: "a", layers: &layers, ..Component::NEW },
        Component { name: "b", layers: &settings, policy: bad_kind, ..Component::NEW },
    ];
    let plan = Plan { name: "Plan", prefix: Prefix { every: "SHOP_", of: &[] }, components: &components, ..Plan::NEW };
    let errors = sources.bind(&plan).unwrap_err();
    let kinds: Vec<_> = errors.iter().map(|error| error.kind()).collect();
    assert_eq!(kinds, [ErrorKind::UnknownSource, ErrorKind::Misconfigured, ErrorKind::Misconfigured], "{errors}");
    assert!(errors.to_string().starts_with("Plan: 2 of 2 components cannot be fetched"), "{errors}");
}

#[tokio::test]
async fn a_nested_plan_is_fetched_by_paths_and_a_missing_one_is_left_out() {
    let (sources, _) = sources();
    let layers = [Layer { source: "settings", ..Layer::NEW }];
    let inner = [Component { name: "port", layers: &layers, ..Component::NEW }];
    let inner = Plan { name: "Inner", components: &inner, ..Plan::NEW };
    let nested = |name, optional| {
        let nested = Nested { plan: &inner, optional, ..Nested::NEW };
        Component { name, nested: Some(nested), ..Component::NEW }
    };
    let components = [nested("shop", false), nested("none", true)];
    let plan = Plan { name: "Outer", components: &components, ..Plan::NEW };
    let values = sources.bind(&plan).unwrap().fetch().await.unwrap();
    assert_eq!(values, [("shop.port".to_owned(), Value::text("80"))].into());
}

#[tokio::test]
async fn a_missing_struct_has_no_values_whatever_its_defaults() {
    let store = &[Layer { source: "store", ..Layer::NEW }];
    let fallback = Policy { fallback: Some("443"), ..Policy::NEW };
    let within = &[
        Component { name: "cert", layers: store, ..Component::NEW },
        Component { name: "port", layers: store, policy: fallback, ..Component::NEW },
    ];
    let tls = &Plan { name: "Tls", components: within, ..Plan::NEW };
    let components = &[
        Component { name: "host", layers: store, ..Component::NEW },
        Component { name: "tls", nested: Some(Nested { plan: tls, optional: true, ..Nested::NEW }), ..Component::NEW },
    ];
    let sources = Sources::builder().source("store", Memory::new([("host", "a")])).build();
    let bound = sources.bind(&Plan { name: "Service", components, ..Plan::NEW }).unwrap();
    let values = bound.fetch().await.unwrap();
    assert_eq!(values.keys().collect::<Vec<_>>(), ["host"]);
    sources.shutdown().await;
    let errors = bound.fetch().await.unwrap_err();
    assert_eq!(errors[0].kind(), ErrorKind::ShutDown, "{errors}");
}

#[test]
fn structs_that_are_nested_too_deep_are_refused() {
    fn nest(depth: usize) -> &'static Plan<'static> {
        let mut plan: &'static Plan<'static> = Box::leak(Box::new(Plan { name: "Leaf", ..Plan::NEW }));
        for _ in 0..depth {
            let nested = Some(Nested { plan, ..Nested::NEW });
            let components = Box::leak(Box::new([Component { name: "a", nested, ..Component::NEW }]));
            plan = Box::leak(Box::new(Plan { name: "Deep", components, ..Plan::NEW }));
        }
        plan
    }
    let sources = Sources::builder().build();
    assert!(sources.check(nest(64)).is_ok());
    for depth in [65, 100_000] {
        let errors = sources.check(nest(depth)).unwrap_err();
        assert!(errors[0].to_string().contains("nested more than 64 deep"), "{errors}");
        assert!(sources.bind(nest(depth)).is_err());
    }
}

#[test]
fn debug_shows_no_text_that_may_contain_a_credential() {
    let layer = Layer { source: "api", options: &[("url", "http://u:c4nary@h/")], ..Layer::NEW };
    let policy = Policy {
        default: Some(component_model::plan::DefaultValue::Literal("c4nary")),
        fallback: Some("c4nary"),
        ..Policy::NEW
    };
    let components = &[Component { name: "a", layers: &[layer], policy, ..Component::NEW }];
    let shown = format!("{:?}", Plan { name: "Service", components, ..Plan::NEW });
    assert!(shown.contains("url") && !shown.contains("c4nary"), "{shown}");
}
