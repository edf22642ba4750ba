//! The derives on structs that macros and unusual declarations make.
#![cfg(feature = "async")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use component_model::{plan::Planned, prelude::*};

/// Settings that arrive in the invisible groups of `macro_rules!`.
mod fragments {
    use super::*;

    macro_rules! config {
        ($name:ident, $prefix:expr, $names:expr, $source:literal, $seconds:literal, $params:expr, $fallback:expr) => {
            #[derive(Debug, AsyncAssign)]
            #[component(prefix = $prefix)]
            struct $name {
                #[component(fetch_from = $names)]
                list: u16,
                #[component(fetch_from = [$source, "second"], timeout = $seconds, fallback = $fallback)]
                each: u16,
                #[component(fetch_from = $source, params = $params, query = "SELECT $1")]
                one: u16,
            }
        };
    }

    config!(AppConfig, "app_", ["first", "second"], "first", 5, [1, "a", -2.5], -1);

    #[test]
    fn fragments_of_a_macro_are_read_like_what_they_hold() {
        let [list, each, one] = AppConfig::PLAN.components else { panic!("three components") };
        assert_eq!(list.sources, ["first", "second"]);
        assert_eq!(each.sources, ["first", "second"]);
        assert_eq!((each.policy.timeout.unwrap().as_secs(), each.policy.fallback), (5, Some("-1")));
        assert_eq!((one.sources, one.options[0]), (&["first"][..], ("params", r#"[1,"a",-2.5]"#)));
    }
}
