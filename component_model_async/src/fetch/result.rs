//! The results of a fetch: the value with its report, or partial results.

use std::sync::Arc;

use component_model_types::plan::{Component, Plan};

use super::Components;
use crate::{
    BoxError, ComponentError, ComponentErrors, ErrorKind, Report, SourceError, engine::Violations, error::About,
    garde::GardeRules, log, report::Outcome,
};

/// A value with the report of its fetch.
///
/// ```
/// use component_model::{Fetch, Fetched};
/// # use doc_examples::{AppConfig, sources};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), component_model::ComponentErrors> {
/// let Fetched { value, report, .. } = Fetch::<AppConfig>::new().sources(&sources()).report().await?;
/// assert_eq!((value.port, report.entries().len()), (8080, 2));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Fetched<C> {
    /// The value.
    pub value: C,
    /// What happened to each component.
    pub report: Report,
}

/// The result of a fetch that may be incomplete: the values that were fetched, and the errors of the other components.
///
/// ```
/// use component_model::{Fetch, Memory, Sources};
/// # use doc_examples::AppConfig;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let without_host = Sources::builder().source("settings", Memory::new([("port", "8080")])).build();
/// let partial = Fetch::<AppConfig>::new().sources(&without_host).partial().await;
/// assert_eq!(partial.errors().len(), 1);
/// assert_eq!(partial.or_default().port, 8080);
/// # }
/// ```
pub struct Partial<C: Components> {
    pub(super) stage: C::Stage,
    pub(super) errors: Option<ComponentErrors>,
    pub(super) report: Option<Report>,
}

impl<C: Components> Partial<C> {
    /// The struct, if no component is missing.
    ///
    /// ```
    /// use component_model::Fetch;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), component_model::ComponentErrors> {
    /// let config = Fetch::<AppConfig>::new().sources(&sources()).partial().await.complete()?;
    /// assert_eq!(config.port, 8080);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The errors of the missing components.
    pub fn complete(self) -> Result<C, ComponentErrors> {
        complete(self.stage, self.errors)
    }

    /// A given struct, with the fetched values in place of its own.
    ///
    /// ```
    /// use component_model::Fetch;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let partial = Fetch::<AppConfig>::new().sources(&sources()).partial().await;
    /// assert!(partial.errors().is_empty());
    /// let config = partial.or(AppConfig::default());
    /// assert_eq!(config.port, 8080);
    /// # }
    /// ```
    #[must_use]
    pub fn or(self, base: C) -> C {
        let mut target = base;
        C::merge(self.stage, &mut target);
        target
    }

    /// The struct's default, with the fetched values in place of its own.
    ///
    /// ```
    /// use component_model::{Fetch, Memory, Sources};
    /// # use doc_examples::AppConfig;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let nothing = Sources::builder().source("settings", Memory::default()).build();
    /// let config = Fetch::<AppConfig>::new().sources(&nothing).partial().await.or_default();
    /// assert_eq!(config, AppConfig::default());
    /// # }
    /// ```
    #[must_use]
    pub fn or_default(self) -> C
    where
        C: Default,
    {
        self.or(C::default())
    }

    /// The errors of the missing components; empty if none is missing.
    ///
    /// ```
    /// use component_model::{Fetch, Memory, Sources};
    /// # use doc_examples::AppConfig;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let nothing = Sources::builder().source("settings", Memory::default()).build();
    /// let partial = Fetch::<AppConfig>::new().sources(&nothing).partial().await;
    /// assert!(partial.errors().iter().all(|error| error.is_absent()));
    /// # }
    /// ```
    #[must_use]
    pub fn errors(&self) -> &[ComponentError] {
        self.errors.as_ref().map(ComponentErrors::as_slice).unwrap_or_default()
    }

    /// What happened to each component; `None` if the fetch did not start.
    ///
    /// ```
    /// use component_model::{Fetch, Sources};
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let partial = Fetch::<AppConfig>::new().sources(&sources()).partial().await;
    /// assert_eq!(partial.report().unwrap().entries().len(), 2);
    /// let partial = Fetch::<AppConfig>::new().sources(&Sources::default()).partial().await;
    /// assert!(partial.report().is_none()); // no source is registered as `settings`
    /// # }
    /// ```
    #[must_use]
    pub fn report(&self) -> Option<&Report> {
        self.report.as_ref()
    }
}

impl<C: Components> std::fmt::Debug for Partial<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Partial").field("errors", &self.errors).finish_non_exhaustive()
    }
}

/// The struct, if no component is missing and it is valid.
pub(super) fn complete<C: Components>(stage: C::Stage, errors: Option<ComponentErrors>) -> Result<C, ComponentErrors> {
    match errors {
        None => C::finish(stage).ok_or_else(|| unfinished(C::PLAN)).and_then(validated),
        Some(errors) => Err(errors),
    }
}

/// The error if a value is missing without an error: a third-party source or a manual `impl` is wrong.
pub(super) fn unfinished(plan: &Plan<'_>) -> ComponentErrors {
    let error = SourceError::new(ErrorKind::Other, "a component was left without a value and without an error");
    ComponentErrors::new(plan.name, plan.fetched(), vec![error.into()])
}

/// The struct, if it is valid as a whole.
fn validated<C: Components>(value: C) -> Result<C, ComponentErrors> {
    let mut violations = StructViolations::default();
    value.validate(&mut violations);
    if violations.is_empty() {
        return Ok(value);
    }
    let errors = violations.into_errors(C::PLAN);
    errors.iter().for_each(|error| log::problem(Outcome::Failed, error));
    Err(ComponentErrors::new(C::PLAN.name, C::PLAN.fetched(), errors))
}

/// What is wrong with a struct as a whole, or with the structs that are nested in it, as their validation says.
///
/// ```
/// use component_model::StructViolations;
///
/// struct Pool { min: u32, max: u32 }
///
/// let mut violations = StructViolations::default();
/// let pool = Pool { min: 5, max: 3 };
/// violations.check(&pool, |pool: &Pool| if pool.min <= pool.max { Ok(()) } else { Err("`min` is above `max`") });
/// assert!(!violations.is_empty());
/// ```
#[derive(Default)]
pub struct StructViolations {
    path: Vec<&'static str>,
    found: Vec<(String, Violations)>,
}

impl StructViolations {
    /// Calls a function that validates a struct.
    ///
    /// ```
    /// use component_model::StructViolations;
    ///
    /// let mut violations = StructViolations::default();
    /// violations.check(&5, |_: &i32| Ok::<_, &str>(()));
    /// assert!(violations.is_empty());
    /// ```
    pub fn check<T, E: Into<BoxError>>(&mut self, value: &T, valid: impl FnOnce(&T) -> Result<(), E>) {
        let mut violations = Violations::default();
        violations.check(value, valid);
        if !violations.is_empty() {
            self.found.push((self.path.join("."), violations));
        }
    }

    /// Applies the rules of the crate `garde` to a struct, with the feature `garde`. Each broken rule is a violation at its own
    /// path.
    ///
    /// ```
    /// use component_model::StructViolations;
    ///
    /// #[derive(garde::Validate)]
    /// struct Pool {
    ///     #[garde(range(min = 1))]
    ///     max: u32,
    /// }
    ///
    /// let mut violations = StructViolations::default();
    /// violations.garde(&Pool { max: 0 });
    /// assert!(!violations.is_empty());
    /// ```
    pub fn garde(&mut self, value: &impl GardeRules) {
        for (path, message) in value.broken_rules() {
            let mut violations = Violations::default();
            violations.add(message);
            self.found.push((joined(&self.path, &path), violations));
        }
    }

    /// Validates a nested struct.
    ///
    /// ```
    /// use component_model::{Components, StructViolations};
    /// # use doc_examples::AppConfig;
    ///
    /// let mut violations = StructViolations::default();
    /// violations.within("nested", &AppConfig::default());
    /// assert!(violations.is_empty());
    /// ```
    pub fn within(&mut self, field: &'static str, nested: &impl Components) {
        self.path.push(field);
        nested.validate(self);
        self.path.pop();
    }

    /// Whether there are none.
    ///
    /// ```
    /// assert!(component_model::StructViolations::default().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    fn into_errors(self, plan: &Plan<'_>) -> Vec<ComponentError> {
        let error = |(path, violations): (String, Violations)| match component_at(plan, &path) {
            // The text, and a path within the value, may repeat it.
            Some((component_path, component)) if component.sensitive => {
                invalid("the value is not valid".to_owned(), &About::new(plan.name, component_path, component))
            }
            Some((component_path, component)) if component_path == path => {
                invalid(violations.text(), &About::new(plan.name, &path, component))
            }
            _ => invalid(violations.text(), &About::whole(plan.name, &path)),
        };
        self.found.into_iter().map(error).collect()
    }
}

fn invalid(text: String, about: &Arc<About>) -> ComponentError {
    ComponentError::new(SourceError::new(ErrorKind::Invalid, text)).about(about)
}

/// The path of a rule, from the struct that is fetched.
fn joined(outer: &[&str], inner: &str) -> String {
    let mut path = outer.join(".");
    if !path.is_empty() && !inner.is_empty() && !inner.starts_with('[') {
        path.push('.');
    }
    path.push_str(inner);
    path
}

/// The component that a path leads to or into, and its own path; `None` for a struct.
fn component_at<'c>(plan: &'c Plan<'c>, path: &'c str) -> Option<(&'c str, &'c Component<'c>)> {
    let (mut plan, mut begin) = (plan, 0);
    loop {
        let rest = &path[begin..];
        let end = begin + rest.find(['.', '[']).unwrap_or(rest.len());
        let component = plan.components.iter().find(|component| component.name == &path[begin..end])?;
        match &component.nested {
            None => return Some((&path[..end], component)),
            Some(nested) => {
                plan = nested.plan;
                begin = path[end..].starts_with('.').then_some(end + 1)?;
            }
        }
    }
}

/// Shows their number: the text of one is not necessarily safe for a log.
impl std::fmt::Debug for StructViolations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("StructViolations").field(&self.found.len()).finish()
    }
}
