//! The constant plan: the components of a struct and their sources.
//!
//! `#[derive(AsyncAssign)]` emits one [`Plan`] for each struct. It is data in the read-only part of the binary: it
//! allocates nothing and runs nothing. The engine reads it, and you can read it to list what a service needs before it
//! starts:
//!
//! ```
//! use component_model_types::plan::{Component, Plan, Planned};
//!
//! struct AppConfig;
//! impl Planned for AppConfig {
//!     const PLAN: &'static Plan = &Plan {
//!         name: "AppConfig",
//!         components: &[Component { name: "port", ty: "u16", sources: &["consul"], ..Component::NEW }],
//!     };
//! }
//!
//! let needed: Vec<_> = AppConfig::PLAN.components.iter().flat_map(|component| component.sources).collect();
//! assert_eq!(needed, [&"consul"]);
//! ```

use std::time::Duration;

/// A struct whose components are described by a constant plan; implemented by `#[derive(AsyncAssign)]`.
///
/// ```
/// use component_model_types::plan::{Component, Plan, Planned};
///
/// struct AppConfig;
/// // This is what `#[derive(AsyncAssign)]` writes.
/// impl Planned for AppConfig {
///     const PLAN: &'static Plan = &Plan {
///         name: "AppConfig",
///         components: &[Component { name: "port", ty: "u16", sources: &["consul"], ..Component::NEW }],
///     };
/// }
/// assert_eq!(AppConfig::PLAN.components[0].name, "port");
/// ```
pub trait Planned {
    /// The struct's components, in the order of their declaration, those without a source included.
    const PLAN: &'static Plan;
}

/// The components of a struct and their sources.
///
/// ```
/// use component_model_types::plan::{Component, Plan};
///
/// let plan = Plan { name: "AppConfig", components: &[Component { name: "port", ty: "u16", ..Component::NEW }] };
/// let fields: Vec<_> = plan.components.iter().map(|component| (component.name, component.ty)).collect();
/// assert_eq!(fields, [("port", "u16")]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// The name of the struct, as it is declared.
    pub name: &'static str,
    /// The components, in the order of their declaration.
    pub components: &'static [Component],
}

impl Plan {
    /// The components that are fetched: those with a source.
    ///
    /// ```
    /// use component_model_types::plan::{Component, Plan};
    ///
    /// const FETCHED: Component = Component { name: "port", sources: &["consul"], ..Component::NEW };
    /// let plan = Plan { name: "AppConfig", components: &[FETCHED, Component::NEW] };
    /// assert_eq!(plan.fetched().count(), 1);
    /// ```
    pub fn fetched(&self) -> impl Iterator<Item = &'static Component> + use<> {
        self.components.iter().filter(|component| !component.sources.is_empty())
    }
}

/// One component: a field of the struct, its sources and its policies.
///
/// The derive generates `Component { name: .., ..Component::NEW }`, so that a new property needs no generated code.
///
/// ```
/// use component_model_types::plan::{Component, Key};
///
/// let port = Component { name: "port", sources: &["env", "consul"], key: Key::Explicit("app/port"), ..Component::NEW };
/// assert_eq!((port.sources.len(), port.policy.timeout), (2, None));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Component {
    /// The name of the field, without `r#`.
    pub name: &'static str,
    /// The type of the field, as it is written.
    pub ty: &'static str,
    /// The names of the sources, in the order in which they are asked; empty for a field that is not fetched.
    pub sources: &'static [&'static str],
    /// What names the value within its source.
    pub key: Key,
    /// The source's own options, such as `("query", "SELECT …")`, in the order they are written.
    ///
    /// A list, such as `params = ["eu", 5]`, is JSON.
    pub options: &'static [(&'static str, &'static str)],
    /// How the component is fetched.
    pub policy: Policy,
    /// Whether the field's type is known to be sensitive, so that the value must never be shown. Also `false` if the
    /// plan cannot know this, because the type is a parameter of the struct.
    pub sensitive: bool,
}

impl Component {
    /// A component without name, source or policy: the base of a struct update.
    pub const NEW: Self = Self {
        name: "",
        ty: "",
        sources: &[],
        key: Key::derived("", ""),
        options: &[],
        policy: Policy::NEW,
        sensitive: false,
    };

    /// The value of one of the source's own options.
    ///
    /// ```
    /// use component_model_types::plan::Component;
    ///
    /// let component = Component { options: &[("url", "/prices")], ..Component::NEW };
    /// assert_eq!(component.option("url"), Some("/prices"));
    /// assert_eq!(component.option("query"), None);
    /// ```
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&'static str> {
        self.options.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }
}

/// What names a value within its source.
///
/// ```
/// use component_model_types::plan::Key;
///
/// assert_ne!(Key::Explicit("APP_PORT"), Key::derived("APP_", "port"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// Written by the user: used unchanged, never normalised.
    Explicit(&'static str),
    /// Not written: the container's prefix and the field's name, which a source may adapt to its own convention (the
    /// environment reads `APP_` and `port` as `APP_PORT`).
    Derived {
        /// The container's `prefix`, as it is written.
        prefix: &'static str,
        /// The field's name.
        name: &'static str,
    },
}

impl Key {
    /// A derived key.
    ///
    /// ```
    /// use component_model_types::plan::Key;
    ///
    /// let key = Key::derived("APP_", "port");
    /// assert_eq!(key, Key::Derived { prefix: "APP_", name: "port" });
    /// ```
    #[must_use]
    pub const fn derived(prefix: &'static str, name: &'static str) -> Self {
        Self::Derived { prefix, name }
    }
}

/// How one component is fetched; `None` means the default.
///
/// ```
/// use component_model_types::plan::Policy;
/// use std::time::Duration;
///
/// let policy = Policy { timeout: Some(Duration::from_millis(250)), ..Policy::NEW };
/// assert_eq!(policy.fallback, None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// The longest that one attempt may take.
    pub timeout: Option<Duration>,
    /// The text that the field's type reads if no source provides the value.
    pub fallback: Option<&'static str>,
}

impl Policy {
    /// Only defaults.
    pub const NEW: Self = Self { timeout: None, fallback: None };
}
