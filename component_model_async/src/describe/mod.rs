//! What a struct reads: for each component its type and documentation, its layers, policies and substitutes. No I/O.
//!
//! What always holds: a description is plain data, which owns everything in it. A substitute of a sensitive component is
//! never in it. [`build`] creates it; `table` and `markdown` show it.

mod build;
mod component;
mod layer;
mod markdown;
mod policy;
mod substitute;
mod table;
mod wording;
mod written;

use serde::{Deserialize, Serialize};

pub(crate) use self::build::describe;
pub use self::{
    component::ComponentDescription,
    layer::LayerDescription,
    policy::{PolicyDescription, PolicyOrigin, PolicyValue},
    substitute::SubstituteDescription,
};

/// What a struct reads, as plain data; from [`Inspect::describe`](crate::Inspect::describe).
///
/// `Display` prints a table, at most 100 columns wide if the names are not too long. [`to_markdown`](Self::to_markdown) is a
/// page of documentation. It is `Serialize` and `Deserialize`. Table and page show the policies that are no built-in
/// defaults; those of a registration have its name behind them.
///
/// ```
/// use component_model::prelude::*;
/// # use doc_examples::{AppConfig, sources};
///
/// let text = AppConfig::describe(&sources()).to_string();
/// assert!(text.starts_with("AppConfig: 2 components\n"));
/// assert!(text.contains("settings:port") && text.contains("From the key `port`."));
/// ```
///
/// # As data
/// Serialized, it is a map of this shape:
///
/// ```text
/// {
///   "name": "AppConfig",
///   "components": [{
///     "component": "pool.max", "type": "u16", "docs": "The largest number of connections.",
///     "layers": [{
///       "source": "file", "locator": "shop.toml#shop.pool.max",
///       "timeout_us": 2000000, "timeout_from": "component" | "registration" | "built_in",
///       "policies": [
///         { "policy": "retry_attempts", "count": 3, "from": "component" },
///         { "policy": "circuit_breaker", "flag": false, "from": "built_in" },
///         { "policy": "ttl", "duration_us": 60000000, "from": "registration" }
///       ],
///       "problem": { "kind": "not_set_up", "message": "no file is named", "hint": "…" }
///     }],
///     "deadline_us": 5000000,
///     "fallback_to": { "source": "local_cache", "locator": "/var/lib/shop/config.cache", … },
///     "default": { "literal": "8" } | { "expression": "limit()" } | "of_type" | "hidden",
///     "fallback": { "literal": "4" } | "hidden", "fallback_on": ["denied"],
///     "sensitive": false, "optional": false, "optional_struct": "pool", "validated": true,
///     "depends_on": ["region"],
///     "problems": [{ "kind": "misconfigured", "message": "…" }]
///   }],
///   "problems": []
/// }
/// ```
///
/// What there is none of is omitted, apart from the booleans.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    name: Box<str>,
    components: Vec<ComponentDescription>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    problems: Vec<crate::Problem>,
}

impl Description {
    /// The name of the struct.
    ///
    /// ```
    /// use component_model::prelude::*;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// assert_eq!(AppConfig::describe(&sources()).name(), "AppConfig");
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The components that are fetched, in the order of their declaration, those of nested structs in the place of their
    /// field.
    ///
    /// ```
    /// use component_model::prelude::*;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// let description = AppConfig::describe(&sources());
    /// let paths: Vec<_> = description.components().iter().map(|component| component.component()).collect();
    /// assert_eq!(paths, ["host", "port"]);
    /// ```
    #[must_use]
    pub fn components(&self) -> &[ComponentDescription] {
        &self.components
    }

    /// The component with a path, such as `pool.max`.
    ///
    /// ```
    /// use component_model::prelude::*;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// let description = AppConfig::describe(&sources());
    /// assert!(description.component("port").is_some() && description.component("ports").is_none());
    /// ```
    #[must_use]
    pub fn component(&self, path: &str) -> Option<&ComponentDescription> {
        self.components.iter().find(|component| component.component() == path)
    }

    /// Why the struct cannot be fetched from these sources, apart from what single components and layers say.
    ///
    /// ```
    /// use component_model::prelude::*;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// assert!(AppConfig::describe(&sources()).problems().is_empty());
    /// ```
    #[must_use]
    pub fn problems(&self) -> &[crate::Problem] {
        &self.problems
    }
}
