//! One component of a plan, its layers, and a nested struct.

use std::fmt;

use super::{Plan, Policy, Prefix};

/// One component: a field of the struct, its sources and its policies.
///
/// A derive writes `Component { name: .., ..Component::NEW }`, so that a new property adds no generated code.
///
/// ```
/// use component_model::plan::{Component, Layer};
///
/// let layers = &[Layer { source: "env", ..Layer::NEW }, Layer { source: "consul", key: Some("app/port"), ..Layer::NEW }];
/// let port = Component { name: "port", layers, ..Component::NEW };
/// assert_eq!((port.layers.len(), port.policy.timeout), (2, None));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Component<'p> {
    /// The name of the field, without `r#`.
    pub name: &'p str,
    /// The type of the field, as written in the struct.
    pub ty: &'p str,
    /// The documentation of the field.
    pub docs: &'p str,
    /// The sources, in the order in which they are asked; empty for a field that is not fetched.
    pub layers: &'p [Layer<'p>],
    /// The plan of the field's type, if its own components are fetched. Such a field has no layers.
    pub nested: Option<Nested<'p>>,
    /// How the component is fetched.
    pub policy: Policy<'p>,
    /// The components that must be available before this one is fetched, as paths from the struct.
    pub depends_on: &'p [&'p str],
    /// Whether the value must never be shown, as far as the field's type tells. Also `false` for a type that is a parameter
    /// of the struct: then only the value's slot can tell.
    pub sensitive: bool,
    /// Whether the value is validated after it was decoded.
    pub validated: bool,
}

impl Component<'_> {
    /// A component without a name, sources or policies: the base for struct update syntax.
    pub const NEW: Self = Self {
        name: "",
        ty: "",
        docs: "",
        layers: &[],
        nested: None,
        policy: Policy::NEW,
        depends_on: &[],
        sensitive: false,
        validated: false,
    };
}

/// One source of a component: its name, and what the component asks of it.
///
/// ```
/// use component_model::plan::Layer;
///
/// let prices = Layer { source: "api", options: &[("url", "/prices")], ..Layer::NEW };
/// assert_eq!((prices.key, prices.option("url"), prices.option("pointer")), (None, Some("/prices"), None));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Layer<'p> {
    /// The name of the source.
    pub source: &'p str,
    /// The key as written. Without one, the source derives it from the [path](super::path) of the component.
    pub key: Option<&'p str>,
    /// The source's own options, such as `("query", "SELECT …")`, in the order in which they are written.
    ///
    /// A list, such as `params = ["eu", 5]`, is JSON.
    pub options: &'p [(&'p str, &'p str)],
}

impl<'p> Layer<'p> {
    /// A layer without a source, a key or options: the base for struct update syntax.
    pub const NEW: Self = Self { source: "", key: None, options: &[] };

    /// The value of one of the source's own options, as written.
    ///
    /// ```
    /// use component_model::plan::Layer;
    ///
    /// let layer = Layer { options: &[("url", "/prices/{region}")], ..Layer::NEW };
    /// assert_eq!(layer.option("url"), Some("/prices/{region}"));
    /// ```
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&'p str> {
        self.options.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }
}

/// Shows the names of the options: their texts may contain a credential.
impl fmt::Debug for Layer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options: Vec<_> = self.options.iter().map(|(name, _)| name).collect();
        f.debug_struct("Layer")
            .field("source", &self.source)
            .field("key", &self.key)
            .field("options", &options)
            .finish()
    }
}

/// A field whose type is a struct with components of its own.
///
/// ```
/// use component_model::plan::{Nested, Plan};
///
/// let pool = Nested { plan: &Plan { name: "Pool", ..Plan::NEW }, ..Nested::NEW };
/// assert!(!pool.optional && pool.prefix.is_none());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nested<'p> {
    /// The plan of the field's type.
    pub plan: &'p Plan<'p>,
    /// What its keys have instead of the field's name. A prefix may be a template; an empty one adds nothing.
    pub prefix: Option<Prefix<'p>>,
    /// Whether the field is an `Option`, which is `None` if no source has a value for any of its components.
    pub optional: bool,
}

impl Nested<'_> {
    /// A nested struct without components: the base for struct update syntax.
    pub const NEW: Self = Self { plan: &Plan::NEW, prefix: None, optional: false };
}
