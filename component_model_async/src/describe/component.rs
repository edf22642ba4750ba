//! One component of a description.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{LayerDescription, SubstituteDescription};
use crate::{Problem, report::Micros};

/// What one component reads.
///
/// ```
/// use component_model::{Memory, SubstituteDescription, prelude::*};
///
/// #[derive(AsyncAssign)]
/// struct AppConfig {
///     /// Where the shop is.
///     #[component(fetch_from = "settings", default = "eu")]
///     region: String,
///     #[component(fetch_from = "settings", key = "limits/{region}")]
///     limit: Option<u32>,
/// }
///
/// let sources = Sources::builder().source("settings", Memory::default()).build();
/// let description = AppConfig::describe(&sources);
/// let [region, limit] = description.components() else { panic!() };
/// assert_eq!((region.component(), region.ty(), region.docs()), ("region", "String", "Where the shop is."));
/// assert_eq!(region.default(), Some(&SubstituteDescription::Literal("eu".into())));
/// assert_eq!(region.fallback(), None);
/// assert!(limit.is_optional() && limit.optional_struct().is_none());
/// assert!(!limit.is_sensitive() && !limit.is_validated());
/// assert_eq!(limit.layers()[0].locator(), "limits/{region}");
/// assert_eq!(limit.depends_on().collect::<Vec<_>>(), ["region"]);
/// assert!(limit.fallback_on().is_none() && limit.problems().is_empty());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComponentDescription {
    pub(super) component: Box<str>,
    #[serde(rename = "type")]
    pub(super) ty: Box<str>,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub(super) docs: Box<str>,
    pub(super) layers: Vec<LayerDescription>,
    #[serde(rename = "deadline_us", default, skip_serializing_if = "Option::is_none")]
    pub(super) deadline: Option<Micros>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) fallback_to: Option<LayerDescription>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) default: Option<SubstituteDescription>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) fallback: Option<SubstituteDescription>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) fallback_on: Option<Vec<Box<str>>>,
    pub(super) sensitive: bool,
    pub(super) optional: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) optional_struct: Option<Box<str>>,
    pub(super) validated: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) depends_on: Vec<Box<str>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) problems: Vec<Problem>,
}

impl ComponentDescription {
    /// The path of the field: `pool.max`.
    ///
    /// ```
    /// use component_model::prelude::*;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// assert_eq!(AppConfig::describe(&sources()).components()[0].component(), "host");
    /// ```
    #[must_use]
    pub fn component(&self) -> &str {
        &self.component
    }

    /// The field's type, as written in the struct.
    ///
    /// ```
    /// use component_model::prelude::*;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// assert_eq!(AppConfig::describe(&sources()).components()[1].ty(), "u16");
    /// ```
    #[must_use]
    pub fn ty(&self) -> &str {
        &self.ty
    }

    /// The documentation of the field; empty if it has none.
    ///
    /// ```
    /// use component_model::prelude::*;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// assert_eq!(AppConfig::describe(&sources()).components()[0].docs(), "From the key `host`.");
    /// ```
    #[must_use]
    pub fn docs(&self) -> &str {
        &self.docs
    }

    /// Its sources, in the order in which they are asked.
    ///
    /// ```
    /// use component_model::prelude::*;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// assert_eq!(AppConfig::describe(&sources()).components()[0].layers()[0].source(), "settings");
    /// ```
    #[must_use]
    pub fn layers(&self) -> &[LayerDescription] {
        &self.layers
    }

    /// The longest that it may take, with all its attempts, pauses and sources.
    ///
    /// ```
    /// use component_model::{Memory, prelude::*};
    /// use std::time::Duration;
    ///
    /// #[derive(AsyncAssign)]
    /// struct AppConfig {
    ///     #[component(fetch_from = "settings", deadline = "3s")]
    ///     port: u16,
    /// }
    ///
    /// let sources = Sources::builder().source("settings", Memory::default()).build();
    /// assert_eq!(AppConfig::describe(&sources).components()[0].deadline(), Some(Duration::from_secs(3)));
    /// ```
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        self.deadline.map(Micros::duration)
    }

    /// What is asked if its sources cannot answer: another source, or the last known good value, whose locator is its file.
    ///
    /// ```
    /// use component_model::{Memory, prelude::*};
    ///
    /// #[derive(AsyncAssign)]
    /// struct AppConfig {
    ///     #[component(fetch_from = "consul", fallback_to = backup(key = "old_port"))]
    ///     port: u16,
    /// }
    ///
    /// let sources = Sources::builder().source("consul", Memory::default()).source("backup", Memory::default()).build();
    /// let description = AppConfig::describe(&sources);
    /// let backup = description.components()[0].fallback_to().unwrap();
    /// assert_eq!((backup.source(), backup.locator()), ("backup", "old_port"));
    /// ```
    #[must_use]
    pub fn fallback_to(&self) -> Option<&LayerDescription> {
        self.fallback_to.as_ref()
    }

    /// What it gets if the value is absent.
    ///
    /// ```
    /// use component_model::prelude::*;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// assert_eq!(AppConfig::describe(&sources()).components()[0].default(), None);
    /// ```
    #[must_use]
    pub fn default(&self) -> Option<&SubstituteDescription> {
        self.default.as_ref()
    }

    /// What it gets if the value is absent, or if no source can answer.
    ///
    /// ```
    /// use component_model::prelude::*;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// assert_eq!(AppConfig::describe(&sources()).components()[0].fallback(), None);
    /// ```
    #[must_use]
    pub fn fallback(&self) -> Option<&SubstituteDescription> {
        self.fallback.as_ref()
    }

    /// The kinds of failure for which the fallback is used, or `any`, if the component says so itself.
    ///
    /// ```
    /// use component_model::{Memory, prelude::*};
    ///
    /// #[derive(AsyncAssign)]
    /// struct AppConfig {
    ///     #[component(fetch_from = "settings", fallback = 80, fallback_on = ["denied"])]
    ///     port: u16,
    /// }
    ///
    /// let sources = Sources::builder().source("settings", Memory::default()).build();
    /// let description = AppConfig::describe(&sources);
    /// assert_eq!(description.components()[0].fallback_on().unwrap().collect::<Vec<_>>(), ["denied"]);
    /// ```
    #[must_use]
    pub fn fallback_on(&self) -> Option<impl Iterator<Item = &str>> {
        self.fallback_on.as_ref().map(|kinds| kinds.iter().map(|kind| &**kind))
    }

    /// Whether its value is never shown, as far as the struct tells; a source may say it of a value, too.
    ///
    /// ```
    /// use component_model::prelude::*;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// assert!(!AppConfig::describe(&sources()).components()[0].is_sensitive());
    /// ```
    #[must_use]
    pub fn is_sensitive(&self) -> bool {
        self.sensitive
    }

    /// Whether its type allows absence, like an `Option`. Always `false` for a plan that was created at run time.
    ///
    /// ```
    /// use component_model::prelude::*;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// assert!(!AppConfig::describe(&sources()).components()[0].is_optional());
    /// ```
    #[must_use]
    pub fn is_optional(&self) -> bool {
        self.optional
    }

    /// The path of the innermost nested struct around it that is `None` if no source has a value for any of its components.
    ///
    /// ```
    /// use component_model::prelude::*;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// assert_eq!(AppConfig::describe(&sources()).components()[0].optional_struct(), None);
    /// ```
    #[must_use]
    pub fn optional_struct(&self) -> Option<&str> {
        self.optional_struct.as_deref()
    }

    /// Whether its value is validated.
    ///
    /// ```
    /// use component_model::prelude::*;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// assert!(!AppConfig::describe(&sources()).components()[0].is_validated());
    /// ```
    #[must_use]
    pub fn is_validated(&self) -> bool {
        self.validated
    }

    /// The paths of the components that are fetched before: those that its templates and its `depends_on` name.
    ///
    /// ```
    /// use component_model::prelude::*;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// assert_eq!(AppConfig::describe(&sources()).components()[0].depends_on().count(), 0);
    /// ```
    pub fn depends_on(&self) -> impl Iterator<Item = &str> {
        self.depends_on.iter().map(|path| &**path)
    }

    /// Why it cannot be fetched from these sources, apart from what its layers say.
    ///
    /// ```
    /// use component_model::prelude::*;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// assert!(AppConfig::describe(&sources()).components()[0].problems().is_empty());
    /// ```
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}
