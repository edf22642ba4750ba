//! The derives on structs that macros and unusual declarations make.
#![cfg(feature = "async")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use component_model::{
    Memory,
    plan::{Layer, Planned},
    prelude::*,
};

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
                each: i16,
                #[component(fetch_from = $source, params = $params, query = "SELECT $1")]
                one: u16,
            }
        };
    }

    config!(AppConfig, "app", ["first", "second"], "first", 5, [1, "a", -2.5], -1);

    #[test]
    fn fragments_of_a_macro_are_read_like_what_they_hold() {
        let [list, each, one] = AppConfig::PLAN.components else { panic!("three components") };
        let sources = |layers: &[Layer<'static>]| layers.iter().map(|layer| layer.source).collect::<Vec<_>>();
        assert_eq!(sources(list.layers), ["first", "second"]);
        assert_eq!(sources(each.layers), ["first", "second"]);
        assert_eq!((each.policy.timeout.unwrap().as_secs(), each.policy.fallback), (5, Some("-1")));
        assert_eq!(sources(one.layers), ["first"]);
        assert_eq!(one.layers[0].options[0], ("params", r#"[1,"a",-2.5]"#));
    }
}

/// `Self` in the types of the fields and in the bounds of the struct.
mod own_type {
    use super::*;

    trait Named {}

    impl Named for Node {}

    trait Leveled {
        const LEVELS: usize;
        type Leaf: Clone;
    }

    #[derive(Debug, Default, Clone, serde::Deserialize, AsyncAssign, ComponentModel)]
    struct Node
    where
        Self: Named,
    {
        #[component(fetch_from = "mine")]
        name: String,
        #[component(fetch_from = "mine")]
        next: Option<Box<Self>>,
        #[serde(default)]
        levels: [u8; Self::COUNT],
    }

    impl Node {
        const COUNT: usize = 2;
    }

    #[derive(Debug, Clone, Default, AsyncAssign, ComponentModel)]
    struct Tree<T: Clone + PartialEq<Option<Self>>>
    where
        Self: Leveled<Leaf = T>,
    {
        #[component(fetch_from = "mine")]
        name: String,
        leaf: Option<<Self as Leveled>::Leaf>,
        children: Vec<Self>,
        rest: std::marker::PhantomData<T>,
    }

    impl<T: Clone + PartialEq<Option<Self>>> Leveled for Tree<T> {
        const LEVELS: usize = 1;
        type Leaf = T;
    }

    #[derive(Debug, Clone, Default)]
    struct Leaf;

    impl PartialEq<Option<Tree<Self>>> for Leaf {
        fn eq(&self, other: &Option<Tree<Self>>) -> bool {
            other.is_none()
        }
    }

    #[tokio::test]
    async fn it_is_the_struct_everywhere() -> Result<(), Box<dyn std::error::Error>> {
        let memory = Memory::new([("name", "root"), ("next", r#"{"name": "leaf", "next": null}"#)]);
        let sources = Sources::builder().source("mine", memory).build();
        let mut node = Node::fetch_all_components_from(&sources).await?;
        assert_eq!((node.next.as_ref().unwrap().name.as_str(), node.levels), ("leaf", [0, 0]));
        assert_eq!(Node::PLAN.components[1].ty, "Option<Box<Node>>");
        node.assign(Box::new(Node::default()));
        node.async_assign([1, 2]).await?;
        assert_eq!((node.next.unwrap().name.as_str(), node.levels), ("", [1, 2]));
        let mut tree = Tree::<Leaf>::fetch_all_components_from(&sources).await?;
        tree.children_set(vec![Tree::default()]);
        tree.leaf_fetch(Leaf).await?;
        assert_eq!((tree.children.len(), tree.leaf.is_some(), Tree::<Leaf>::LEVELS), (1, true, 1));
        Ok(())
    }
}

/// The setters are as visible as their fields, and never more than the struct.
mod visibility {
    mod inner {
        use component_model::prelude::*;

        #[derive(Debug, Default, AsyncAssign, ComponentModel)]
        pub(in crate::visibility) struct Restricted {
            pub open: u8,
            pub(crate) of_crate: u16,
            pub(super) of_super: u32,
            pub(in crate::visibility) of_path: u64,
            private: String,
        }

        #[allow(unreachable_pub, reason = "the setters of a public struct are no more visible than its fields")]
        #[derive(Debug, Default, AsyncAssign, ComponentModel)]
        pub struct Public {
            pub open: u8,
            pub(crate) of_crate: u16,
            pub(super) of_super: u32,
        }

        pub(super) fn private(config: Restricted) -> usize {
            config.private_with("text").private.len()
        }
    }

    #[tokio::test]
    async fn setters_are_as_visible_as_their_fields() {
        let mut config = inner::Restricted::default().open_with(1).of_crate_with(2u16).of_super_with(3u32);
        config.of_path_set(4u64);
        config.of_crate_fetch(5u16).await.unwrap();
        assert_eq!((config.open, config.of_crate, config.of_super, config.of_path), (1, 5, 3, 4));
        assert_eq!(inner::private(config), 4);
        let config = inner::Public::default().open_with(1).of_crate_with(2u16).of_super_with(3u32);
        assert_eq!((config.open, config.of_crate, config.of_super), (1, 2, 3));
    }
}

/// Functions and fields with names that the derives use as well.
mod names {
    use super::*;

    #[derive(Debug, Default, AsyncAssign, ComponentModel)]
    struct AppConfig {
        #[component(fetch_from = "mine")]
        port: u16,
        port_try: u32,
        port_fetch: u64,
        fetch: i8,
        fetch_with: i16,
        r#try: i32,
        try_try: i64,
    }

    impl AppConfig {
        async fn fetch(port: &'static str) -> Result<Self, ComponentErrors> {
            let sources = Sources::builder().source("mine", Memory::new([("port", port)])).build();
            <Self as Components>::fetch().sources(&sources).await
        }
    }

    #[tokio::test]
    async fn a_function_of_the_user_takes_precedence() -> Result<(), Box<dyn std::error::Error>> {
        let mut config = AppConfig::fetch("80").await?;
        assert_eq!(config.port, 80);
        config.port_fetch(81u16).await?;
        config.port_fetch_fetch(82u64).await?;
        config.fetch_fetch(83).await?;
        config.fetch_with_fetch(84i16).await?;
        assert_eq!((config.port, config.port_fetch, config.fetch, config.fetch_with), (81, 82, 83, 84));
        Ok(())
    }

    #[test]
    fn fields_whose_methods_collide_keep_the_others() -> Result<(), AssignError> {
        let mut config = AppConfig::default().port_with(80u16).port_try_with(81u32).try_with(1).try_try_with(2);
        config.port_try_try_set("82")?;
        config.port_set(83u16);
        TryAssign::<u16, _, _>::try_assign(&mut config, "84")?;
        config.try_set(3);
        config.try_try_try_set(4)?;
        assert_eq!((config.port, config.port_try, config.r#try, config.try_try), (84, 82, 3, 4));
        Ok(())
    }
}

/// Types that are written differently, and may be the same.
mod aliases {
    use super::*;

    type Port = u16;
    type Text = String;

    #[derive(Debug, Clone, Default, PartialEq)]
    struct Host(&'static str);

    #[derive(Debug, Default, AsyncAssign, ComponentModel)]
    struct AppConfig<T: Default = u8> {
        #[component(fetch_from = "mine")]
        http: u16,
        #[component(fetch_from = "mine")]
        grpc: Port,
        host: Host,
        retries: std::time::Duration,
        names: Vec<Text>,
        others: Vec<std::string::String>,
        flags: [bool; 2],
        rest: std::marker::PhantomData<T>,
    }

    #[tokio::test]
    async fn a_struct_with_one_type_under_two_names_is_fetched_and_set_by_name() -> Result<(), ComponentErrors> {
        let sources = Sources::builder().source("mine", Memory::new([("http", "80"), ("grpc", "81")])).build();
        let mut config = AppConfig::<u8>::fetch_all_components_from(&sources).await?;
        assert_eq!((config.http, config.grpc), (80, 81));
        config.http_set(82u16);
        config.grpc_fetch(83u16).await?;
        config.names_set(["a"]);
        config.others_set(["b", "c"]);
        assert_eq!((config.http, config.grpc, config.names.len(), config.others.len()), (82, 83, 1, 2));
        Ok(())
    }

    fn assign_where<T, S: Assign<T, T>>(target: &mut S, value: T) {
        target.assign(value);
    }

    #[tokio::test]
    async fn types_that_differ_from_all_others_are_assigned_as_always() -> Result<(), ComponentError> {
        let mut config = AppConfig::<u8>::default();
        config.assign(Host("a"));
        assert_eq!(config.host, Host("a"));
        assign_where(&mut config, Host("b"));
        assert_eq!(config.host, Host("b"));
        config.async_assign(Host("c")).async_assign(async { Ok::<_, ComponentError>([true, false]) }).await?;
        assert_eq!((&config.host, config.flags), (&Host("c"), [true, false]));
        config.future_assign(Host("d")).await?;
        let config = config.impute(5u64).future_impute([false, true]).await?;
        assert_eq!((config.host, config.flags, config.retries.as_secs()), (Host("d"), [false, true], 5));
        Ok(())
    }
}
