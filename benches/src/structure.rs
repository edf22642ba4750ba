//! A tree of ten structs of ten fields beside a flat struct of a hundred, and a thousand components in chains of ten beside
//! the same without dependencies.

use component_model::{
    BoundPlan, Memory, Sources,
    plan::{Component, Layer, Plan},
    prelude::*,
};
use seq_macro::seq;

seq!(N in 0..10 {
    /// Ten fields.
    #[derive(Debug, AsyncAssign, PartialEq)]
    #[component(fetch_from = "memory")]
    pub struct Part {
        #(
            /// A number.
            pub f~N: u64,
        )*
    }

    /// A hundred fields in ten structs.
    #[derive(Debug, AsyncAssign, PartialEq)]
    pub struct Tree {
        #(
            /// Ten fields.
            #[component(nested)]
            pub p~N: Part,
        )*
    }
});

seq!(N in 0..100 {
    /// A hundred fields, with keys as long as those of [`Tree`].
    #[derive(Debug, AsyncAssign, PartialEq)]
    #[component(prefix = "p0", fetch_from = "memory")]
    pub struct Flat {
        #(
            /// A number.
            pub f~N: u64,
        )*
    }
});

/// The values of both.
#[must_use]
pub fn sources() -> Sources {
    let tree = (0..10).flat_map(|part| (0..10).map(move |field| (format!("p{part}.f{field}"), "1000003")));
    let flat = (0..100).map(|field| (format!("p0.f{field}"), "1000003"));
    let chains = (0..1000).map(|number| (format!("{}c{number}", if number % 10 == 0 { "" } else { "x" }), "x"));
    Sources::builder().source("memory", Memory::new(tree.chain(flat).chain(chains))).build()
}

/// A thousand components in chains of ten, each of whose keys names the one before; or the same keys, written.
///
/// # Panics
/// If the plan does not bind, which it does.
#[must_use]
#[allow(clippy::unwrap_used)]
pub fn thousand(sources: &Sources, chained: bool) -> BoundPlan {
    let names: Vec<_> = (0..1000).map(|number| format!("c{number}")).collect();
    let key = |number: usize| match number % 10 {
        0 => names[number].clone(),
        _ if chained => format!("{{{}}}{}", names[number - 1], names[number]),
        _ => format!("x{}", names[number]),
    };
    let keys: Vec<_> = (0..1000).map(key).collect();
    let layers: Vec<_> = keys.iter().map(|key| [Layer { source: "memory", key: Some(key), ..Layer::NEW }]).collect();
    let component = |(name, layers)| Component { name, layers, ..Component::NEW };
    let components: Vec<_> =
        names.iter().zip(&layers).map(|(name, layers)| component((name.as_str(), &layers[..]))).collect();
    sources.bind(&Plan { name: "Thousand", components: &components, ..Plan::NEW }).unwrap()
}
