//! The plan: the components of a struct, the sources of each, and how each is fetched.
//!
//! `#[derive(AsyncAssign)]` emits one [`Plan`] for each struct. It is constant data: it allocates nothing and runs
//! nothing. A plan can also be created at run time, for example from a file, and lives only as long as its owner keeps it
//! ([`Sources::bind`](https://docs.rs/component_model)). You can read it, to list what a service needs before it starts:
//!
//! ```
//! use component_model::{plan::Planned, prelude::*};
//!
//! #[derive(AsyncAssign)]
//! struct AppConfig {
//!     #[component(fetch_from = "consul")]
//!     port: u16,
//! }
//!
//! let needed: Vec<_> = AppConfig::PLAN.components.iter().flat_map(|component| component.layers).collect();
//! assert_eq!(needed[0].source, "consul");
//! ```

mod component;
pub mod mistakes;
pub mod path;
mod policy;
pub mod template;

pub use self::{
    component::{Component, Layer, Nested},
    path::Prefix,
    policy::{DefaultValue, FallbackOn, Policy},
};

/// A struct whose components are described by a constant plan; implemented by `#[derive(AsyncAssign)]`.
///
/// ```
/// use component_model::plan::Planned;
/// # use doc_examples::AppConfig;
///
/// assert_eq!((AppConfig::PLAN.name, AppConfig::PLAN.components[1].name), ("AppConfig", "port"));
/// ```
pub trait Planned {
    /// The plan, with all components in the order of their declaration, including those without a source.
    const PLAN: &'static Plan<'static>;
}

/// The components of a struct and the sources of each.
///
/// ```
/// use component_model::plan::{Component, Plan};
///
/// let port = Component { name: "port", ty: "u16", ..Component::NEW };
/// let plan = Plan { name: "AppConfig", components: &[port], ..Plan::NEW };
/// let fields: Vec<_> = plan.components.iter().map(|component| (component.name, component.ty)).collect();
/// assert_eq!(fields, [("port", "u16")]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan<'p> {
    /// The name of the struct, as declared.
    pub name: &'p str,
    /// What precedes the derived keys of all components. The prefix of a nested struct is ignored.
    pub prefix: Prefix<'p>,
    /// The components, in the order of their declaration.
    pub components: &'p [Component<'p>],
    /// The sources in whose documents a key that no component reads is an error.
    pub deny_unknown: &'p [&'p str],
}

impl Plan<'_> {
    /// A plan without components: the base for struct update syntax.
    pub const NEW: Self = Self { name: "", prefix: Prefix::NONE, components: &[], deny_unknown: &[] };

    /// The number of components that are fetched, including those of nested structs.
    ///
    /// ```
    /// use component_model::plan::{Component, Layer, Nested, Plan};
    ///
    /// const MAX: Component = Component { name: "max", layers: &[Layer { source: "env", ..Layer::NEW }], ..Component::NEW };
    /// const POOL: Plan = Plan { name: "Pool", components: &[MAX], ..Plan::NEW };
    /// let pool = Component { name: "pool", nested: Some(Nested { plan: &POOL, ..Nested::NEW }), ..Component::NEW };
    /// let plan = Plan { name: "AppConfig", components: &[MAX, pool, Component::NEW], ..Plan::NEW };
    /// assert_eq!(plan.fetched(), 2);
    /// ```
    #[must_use]
    pub const fn fetched(&self) -> usize {
        let (mut fetched, mut index) = (0, 0);
        while index < self.components.len() {
            fetched += match &self.components[index].nested {
                Some(nested) => nested.plan.fetched(),
                None => !self.components[index].layers.is_empty() as usize,
            };
            index += 1;
        }
        fetched
    }

    /// The number of nested structs that may be missing, at any depth.
    ///
    /// ```
    /// use component_model::plan::{Component, Nested, Plan};
    ///
    /// let pool = Nested { plan: &Plan { name: "Pool", ..Plan::NEW }, optional: true, ..Nested::NEW };
    /// let plan = Plan { components: &[Component { nested: Some(pool), ..Component::NEW }], ..Plan::NEW };
    /// assert_eq!(plan.optional(), 1);
    /// ```
    #[must_use]
    pub const fn optional(&self) -> usize {
        let (mut optional, mut index) = (0, 0);
        while index < self.components.len() {
            if let Some(nested) = &self.components[index].nested {
                optional += nested.optional as usize + nested.plan.optional();
            }
            index += 1;
        }
        optional
    }
}
