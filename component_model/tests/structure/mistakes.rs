//! What the derive rejects at compile time is rejected in a plan that is created at run time, before anything is asked.

use component_model::{
    ErrorKind, Memory, Sources,
    plan::{Component, DefaultValue, FallbackOn, Layer, Nested, Plan, Planned, Policy, Prefix},
    prelude::*,
};

use super::{lines, memory};

const STORE: Layer<'static> = Layer { source: "store", ..Layer::NEW };

fn stored(name: &str) -> Component<'_> {
    Component { name, ty: "u16", layers: &[STORE], ..Component::NEW }
}

/// The lines of the errors, which `bind` and `check` agree on, and which `describe` shows.
fn mistakes(components: &[Component<'_>]) -> Vec<String> {
    let plan = Plan { name: "Plan", components, ..Plan::NEW };
    let sources = memory("store", []);
    let errors = sources.bind(&plan).map(|_| ()).unwrap_err();
    assert_eq!(lines(&errors), lines(&sources.check(&plan).unwrap_err()));
    assert!(errors.iter().all(|error| error.kind() == ErrorKind::Misconfigured), "{errors}");
    let described = sources.describe(&plan);
    let problems = described.components().iter().map(|component| {
        component.problems().len() + component.layers().iter().filter(|layer| layer.problem().is_some()).count()
    });
    assert_eq!(problems.sum::<usize>() + described.problems().len(), errors.len(), "{described}");
    lines(&errors)
}

#[track_caller]
fn assert_mistakes(components: &[Component<'_>], expected: &[&str]) {
    let found = mistakes(components);
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (line, expected) in found.iter().zip(expected) {
        assert!(line.contains(expected), "{line}\nis not\n{expected}");
    }
}

#[test]
fn two_components_of_one_name_are_refused() {
    let inner = Plan { name: "Inner", components: &[stored("a"), stored("a")], ..Plan::NEW };
    let nested = Component { name: "b", nested: Some(Nested { plan: &inner, ..Nested::NEW }), ..Component::NEW };
    // The keys differ, so nothing else is wrong with them.
    let written = Component { layers: &[Layer { key: Some("x"), ..STORE }], ..stored("b") };
    let keys = Component { layers: &[Layer { key: Some("y"), ..STORE }], ..stored("c") };
    assert_mistakes(
        &[keys, stored("c"), nested, written],
        &[
            "Plan.b.a: u16 from store: misconfigured: `b.a` is the derived key of `Plan.b.a` too",
            "Plan.b: u16: misconfigured: another component of the struct has this name",
            "Plan.c: u16: misconfigured: another component of the struct has this name",
            "Plan.b.a: u16: misconfigured: another component of the struct has this name",
        ],
    );
    // A field that is not fetched takes no name.
    let unfetched = Component { layers: &[], ..stored("a") };
    assert!(memory("store", []).bind(&Plan { components: &[stored("a"), unfetched], ..Plan::NEW }).is_ok());
}

#[test]
fn settings_that_have_no_effect_are_refused() {
    let policy = Policy { timeout: Some(std::time::Duration::from_secs(1)), ..Policy::NEW };
    let nested = Component { nested: Some(Nested::NEW), depends_on: &["b"], validated: true, policy, ..stored("a") };
    let unfetched = Component { layers: &[], policy, ..stored("c") };
    assert_mistakes(
        &[nested, Component { depends_on: &["d", "d"], ..stored("b") }, unfetched, stored("d")],
        &[
            "Plan.b: u16: misconfigured: `depends_on` names `d` twice: remove one of them",
            "Plan.a: u16: misconfigured: a nested component has no source of its own",
            "Plan.a: u16: misconfigured: `timeout` has no effect on a nested component",
            "Plan.a: u16: misconfigured: `depends_on` has no effect on a nested component",
            "Plan.a: u16: misconfigured: `validate` has no effect on a nested component",
            "Plan.c: u16: misconfigured: `timeout` has no effect without a source",
        ],
    );
}

#[test]
fn policies_that_cannot_hold_are_refused() {
    let with = |name, policy| Component { policy, ..stored(name) };
    let fallback = Policy { fallback: Some("1"), ..Policy::NEW };
    assert_mistakes(
        &[
            with("a", Policy { timeout: Some(std::time::Duration::ZERO), ..Policy::NEW }),
            with("b", Policy { fallback_on: FallbackOn::Any, ..Policy::NEW }),
            with("c", Policy { fallback_on: FallbackOn::Kinds(&["unreachabel", "odd"]), ..fallback }),
            with("d", Policy { fallback_on: FallbackOn::Kinds(&[]), ..fallback }),
        ],
        &[
            "Plan.a: u16: misconfigured: `timeout` cannot be zero",
            "Plan.b: u16: misconfigured: `fallback_on` has no effect without a `fallback`",
            "`unreachabel` is not a kind of failure; did you mean `unreachable`?",
            "`odd` is not a kind of failure; the kinds are `any`, `absent`",
            "Plan.d: u16: misconfigured: `fallback_on` names no failure",
        ],
    );
}

#[test]
fn options_that_are_given_twice_are_refused() {
    let key = Layer { key: Some("a"), options: &[("key", "b")], ..STORE };
    let option = Layer { source: "stub", options: &[("a", "1"), ("a", "2")], ..Layer::NEW };
    let found = Component { layers: &[key, key, option], ..stored("a") };
    let plan = Plan { name: "Plan", components: &[found], ..Plan::NEW };
    let sources = Sources::builder()
        .source("store", Memory::default())
        .closure("stub", |_| async { Ok::<_, std::io::Error>(Some(1)) });
    let errors = sources.build().bind(&plan).unwrap_err();
    let shown = errors.to_string();
    for expected in [
        "`key` is not an option of `store`: write it as the layer's key",
        "the source `store` is named twice",
        "`a` is given twice to `stub`: remove one of them",
    ] {
        assert!(shown.contains(expected), "{shown}");
    }
}

#[test]
fn a_default_that_needs_code_is_refused_without_its_struct() {
    #[derive(AsyncAssign)]
    #[component(fetch_from = "store")]
    struct Coded {
        #[component(default = 8000 + 80)]
        port: u16,
        #[component(default)]
        host: String,
        #[component(default = "eu")]
        region: String,
    }

    let sources = memory("store", []);
    assert!(Coded::check(&sources).is_ok());
    assert!(Coded::describe(&sources).components().iter().all(|component| component.problems().is_empty()));
    for errors in [sources.bind(Coded::PLAN).map(|_| ()).unwrap_err(), sources.check(Coded::PLAN).unwrap_err()] {
        let expected = [
            "Coded.port: u16: misconfigured: the `default` is an expression, and a plan without its struct cannot",
            "Coded.host: String: misconfigured: the `default` is that of the field's type, and a plan without",
        ];
        let lines = lines(&errors);
        assert!(
            lines.len() == 2 && lines.iter().zip(expected).all(|(line, start)| line.starts_with(start)),
            "{errors}"
        );
    }
    let literal =
        Component { policy: Policy { default: Some(DefaultValue::Literal("1")), ..Policy::NEW }, ..stored("a") };
    assert!(sources.bind(&Plan { components: &[literal], ..Plan::NEW }).is_ok());
}

#[test]
fn a_prefix_for_a_source_that_is_not_read_or_is_named_twice_is_refused() {
    let inner = Plan { name: "Inner", components: &[stored("a")], ..Plan::NEW };
    let prefix = Prefix { every: "", of: &[("store", "x"), ("other", "y")] };
    let nested = Nested { plan: &inner, prefix: Some(prefix), ..Nested::NEW };
    let other = Component { layers: &[Layer { source: "other", ..Layer::NEW }], ..stored("b") };
    let components = &[Component { name: "n", nested: Some(nested), ..Component::NEW }, other];
    let prefix = Prefix { every: "shop", of: &[("stor", ""), ("other", ""), ("other", "x"), ("vault", "")] };
    let plan = Plan { name: "Plan", components, prefix, ..Plan::NEW };
    let sources = Sources::builder().source("store", Memory::default()).source("other", Memory::default()).build();
    let errors = sources.bind(&plan).map(|_| ()).unwrap_err();
    let expected = [
        "Plan: misconfigured: `prefix` gives the prefix of `other` twice: remove one of them",
        "Plan: misconfigured: `prefix`: no component is fetched from `stor`",
        "Plan: misconfigured: `prefix`: no component is fetched from `vault`",
        "Plan.n: misconfigured: `prefix`: no component is fetched from `other`",
    ];
    assert_eq!(lines(&errors), expected);
    assert_eq!((errors[1].hint(), errors[2].hint()), (Some("did you mean `store`?"), None));
}

#[test]
fn only_the_first_of_many_unknown_names_are_answered_with_the_known_ones() {
    let names: Vec<_> = (0..200).map(|number| format!("component_{number}")).collect();
    let named = |name| Component { depends_on: &["unheard"], ..stored(name) };
    let components: Vec<_> = names.iter().map(|name| named(name)).collect();
    let errors = memory("store", []).bind(&Plan { components: &components, ..Plan::NEW }).map(|_| ()).unwrap_err();
    assert_eq!((errors.len(), errors.iter().filter(|error| error.hint().is_some()).count()), (200, 16));
    let hint = errors[0].hint().unwrap();
    assert!(hint.contains(" and `component_24`, or one of 175 others;"), "{hint}");
}

#[tokio::test]
async fn a_plan_that_doubles_at_each_level_is_refused_at_once() {
    fn doubled(levels: usize) -> &'static Plan<'static> {
        let mut plan: &'static Plan<'static> =
            Box::leak(Box::new(Plan { name: "Leaf", components: &[Component::NEW], ..Plan::NEW }));
        for _ in 0..levels {
            let half = |name| Component { name, nested: Some(Nested { plan, ..Nested::NEW }), ..Component::NEW };
            let components = Box::leak(Box::new([half("a"), half("b")]));
            plan = Box::leak(Box::new(Plan { name: "Doubled", components, ..Plan::NEW }));
        }
        plan
    }
    let sources = memory("store", []);
    assert!(sources.check(doubled(14)).is_ok());
    let plan = doubled(64);
    let expected = "Doubled: misconfigured: it has more than 100000 components, with those of nested structs";
    assert_eq!(lines(&sources.check(plan).unwrap_err()), [expected]);
    assert_eq!(lines(&sources.bind(plan).map(|_| ()).unwrap_err()), [expected]);
    assert_eq!(sources.describe(plan).problems().len(), 1);
    sources.shutdown().await;
    let errors = sources.bind(plan).map(|_| ()).unwrap_err();
    assert_eq!((errors.len(), errors[0].kind()), (1, ErrorKind::ShutDown), "{errors}");
}
