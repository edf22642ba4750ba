//! `#[derive(AsyncAssign)]`: what the attributes become, and whatever struct it stands on.
#![cfg(feature = "async")]
#![deny(
    warnings,
    missing_docs,
    unreachable_pub,
    unnameable_types,
    missing_debug_implementations,
    unused_qualifications,
    unused_lifetimes,
    single_use_lifetimes,
    elided_lifetimes_in_paths,
    unused_results,
    let_underscore_drop
)]

use std::{collections::HashMap, time::Duration};

use component_model::{
    Memory,
    plan::{Component, Layer, Planned, Policy},
    prelude::*,
};

/// Public, so that the strict lints look at what is generated.
#[derive(Debug, Default, AsyncAssign)]
#[component(prefix = "app")]
pub struct AppConfig {
    #[component(fetch_from = "env")]
    host: String,
    #[component(fetch_from = ["env", "database"], query = "SELECT $1", params = ["eu", 5, true, -1.5])]
    #[component(timeout = "250ms", fallback = 8_080)]
    port: u16,
    #[component(fetch_from = "mine", url = "/prices", pointer = "/a", timeout = 1.5, fallback = -2)]
    r#type: i64,
    #[component(fetch_from = "mine", timeout = 2, fallback = true)]
    labels: HashMap<String, Vec<u8>>,
    rest: Option<fn(u8) -> u8>,
}

#[test]
fn the_plan_says_what_the_attributes_say() {
    const NEW: Component<'static> = Component::NEW;
    const ENV: Layer<'static> = Layer { source: "env", ..Layer::NEW };
    const MINE: Layer<'static> = Layer { source: "mine", ..Layer::NEW };
    const DATABASE: Layer<'static> = Layer { source: "database", ..Layer::NEW };
    let policy = |timeout, fallback| Policy { timeout, fallback, ..Policy::NEW };
    let expected = [
        Component { name: "host", ty: "String", layers: &[ENV], ..NEW },
        Component {
            name: "port",
            ty: "u16",
            layers: &[
                ENV,
                Layer { options: &[("query", "SELECT $1"), ("params", r#"["eu",5,true,-1.5]"#)], ..DATABASE },
            ],
            policy: policy(Some(Duration::from_millis(250)), Some("8080")),
            ..NEW
        },
        Component {
            name: "type",
            ty: "i64",
            layers: &[Layer { options: &[("url", "/prices"), ("pointer", "/a")], ..MINE }],
            policy: policy(Some(Duration::from_millis(1500)), Some("-2")),
            ..NEW
        },
        Component {
            name: "labels",
            ty: "HashMap<String, Vec<u8>>",
            layers: &[MINE],
            policy: policy(Some(Duration::from_secs(2)), Some("true")),
            ..NEW
        },
        Component { name: "rest", ty: "Option<fn(u8) -> u8>", ..NEW },
    ];
    assert_eq!(AppConfig::PLAN.prefix.of_source("env"), "app");
    assert_eq!(AppConfig::PLAN.name, "AppConfig");
    assert_eq!(AppConfig::PLAN.components, expected);
}

type Token = SecretString;

/// Its types are named otherwise, or known to its users only.
#[derive(Debug, AsyncAssign)]
pub struct Secrets<T: Default> {
    #[component(fetch_from = "mine")]
    token: Token,
    #[component(fetch_from = "mine")]
    optional: Option<Token>,
    #[component(fetch_from = "mine")]
    open: String,
    #[component(fetch_from = "mine")]
    parameter: T,
}

#[test]
fn the_plan_says_which_components_are_sensitive_where_the_type_tells() {
    let sensitive: Vec<_> = Secrets::<Token>::PLAN.components.iter().map(|component| component.sensitive).collect();
    assert_eq!(sensitive, [true, true, false, false], "of a parameter the place tells, and not the plan");
}

fn sources(values: &[(&'static str, &'static str)]) -> Sources {
    Sources::builder().source("mine", Memory::new(values.iter().copied())).build()
}

#[derive(Debug, Default, AsyncAssign)]
struct Limits<'a, T, const N: usize = 2>
where
    T: Clone,
{
    #[component(fetch_from = "mine")]
    value: T,
    #[component(fetch_from = "mine")]
    count: u32,
    name: &'a str,
    label: &'static str,
    list: Vec<T>,
    table: std::marker::PhantomData<[u8; N]>,
}

#[tokio::test]
async fn generics_lifetimes_and_where_clauses_are_carried_over() -> Result<(), ComponentErrors> {
    let sources = sources(&[("value", "7"), ("count", "8")]);
    let mut limits = Limits::<'_, u8>::fetch_all_components_from(&sources).await?;
    assert_eq!((limits.value, limits.count), (7, 8));
    limits.async_assign(9u32).await?;
    limits.value_fetch(10u8).await?;
    limits.name_fetch("name").await?;
    limits.label_fetch("label").await?;
    assert_eq!((limits.value, limits.count, limits.name, limits.label), (10, 9, "name", "label"));
    assert!(limits.list.is_empty());
    assert_eq!(limits.table, std::marker::PhantomData::<[u8; 2]>);
    Ok(())
}

#[tokio::test]
async fn both_derives_stand_on_one_struct() -> Result<(), Box<dyn std::error::Error>> {
    #[derive(Default, AsyncAssign, ComponentModel)]
    #[component(prefix = "app")]
    struct Service {
        #[component(fetch_from = "mine", key = "host")]
        host: String,
        #[component(fetch_from = "mine", key = "port")]
        port: u16,
    }
    let mut service = Service::fetch_all_components_from(&sources(&[("host", "a"), ("port", "1")])).await?;
    service.assign("b");
    service.async_assign(2u16).await?;
    assert_eq!((service.host.as_str(), service.port), ("b", 2));
    service.port_try_set("3")?;
    service.host_fetch("c").await?;
    assert_eq!((service.host.as_str(), service.port), ("c", 3));
    Ok(())
}

mod shadowed {
    #![allow(non_camel_case_types, dead_code)]

    macro_rules! odd {
        ($($name:ident)*) => { $(
            #[derive(Debug, serde::Deserialize)]
            pub(super) struct $name;
            impl ::core::default::Default for $name {
                fn default() -> Self {
                    Self
                }
            }
        )* };
    }

    odd!(Option Some None Result Ok Err Vec Box Send Default T C V Via String core std component_model);

    #[derive(Debug, ::component_model::AsyncAssign, ::component_model::ComponentModel)]
    pub(super) struct Odd {
        #[component(fetch_from = "mine", timeout = 5, fallback = "x")]
        option: Option,
        result: Result,
        via: Via,
        vec: Vec,
        string: String,
        component_model: component_model,
        #[component(fetch_from = "mine")]
        both: (C, T),
    }
}

/// Its name, its deprecation and a field that nobody else can name must cost no warning: the lints of the workspace look.
mod hostile {
    use component_model::prelude::*;

    #[derive(Debug, Default, PartialEq, serde::Deserialize)]
    struct Private(u8);

    #[deprecated]
    #[derive(Debug, Default, AsyncAssign, ComponentModel)]
    pub(super) struct Fetch {
        #[component(fetch_from = "memory")]
        pub(super) port: u16,
        #[component(fetch_from = "memory")]
        private: Private,
    }

    #[tokio::test]
    #[allow(deprecated)]
    async fn a_deprecated_struct_of_an_emitted_name_with_a_private_field_is_fetched() {
        let memory = Memory::new([("port", "80"), ("private", "1")]);
        let sources = Sources::builder().source("memory", memory).build();
        let fetched = Fetch::fetch_all_components_from(&sources).await.unwrap();
        assert_eq!((fetched.port, fetched.private), (80, Private(1)));
    }
}
