//! The errors of a fetch.

use std::{
    collections::{HashMap, HashSet},
    error::Error,
    fmt,
    ops::Index,
    slice, vec,
};

use super::{ComponentError, render};
use crate::Report;

/// Why a fetch failed: the errors of all components that failed, in the order of their declaration.
///
/// It can be iterated and indexed like a `Vec`. `Display` and `Debug` print all errors with their causes and hints, aligned,
/// so that they are readable if `main` returns them.
///
/// ```
/// use component_model::{ComponentError, ComponentErrors};
///
/// let errors = ComponentErrors::from(ComponentError::from(std::io::Error::other("the disk is on fire")));
/// assert_eq!(errors.len(), 1);
/// assert!(errors[0].attempts() == 0);
/// ```
#[derive(Clone)]
pub struct ComponentErrors(pub(super) Box<List>);

#[derive(Clone)]
pub(super) struct List {
    pub(super) owner: String,
    pub(super) components: usize,
    pub(super) errors: Vec<ComponentError>,
    pub(super) report: Option<Report>,
    /// Whether the plan does not bind, so that the other components were not asked either.
    pub(super) unasked: bool,
}

impl ComponentErrors {
    pub(crate) fn new(owner: impl Into<String>, components: usize, errors: Vec<ComponentError>) -> Self {
        Self(Box::new(List { owner: owner.into(), components, errors, report: None, unasked: false }))
    }

    /// The errors of a plan that does not bind.
    pub(crate) fn before_any_io(mut self) -> Self {
        self.0.unasked = true;
        self
    }

    /// Adds what is wrong with other components, in the order in which these paths name them.
    pub(crate) fn with_known<'p>(mut self, paths: impl Iterator<Item = &'p str>, known: Vec<ComponentError>) -> Self {
        let order: HashMap<_, _> = paths.enumerate().map(|(position, path)| (path, position)).collect();
        let told: HashSet<_> = self.iter().filter_map(ComponentError::field).map(str::to_owned).collect();
        let new = |error: &ComponentError| error.field().is_some_and(|field| !told.contains(field));
        self.0.errors.extend(known.into_iter().filter(new));
        let position = |error: &ComponentError| error.field().and_then(|field| order.get(field)).copied();
        // Those of no component stay at the end.
        self.0.errors.sort_by_key(|error| position(error).unwrap_or(usize::MAX));
        self
    }

    pub(crate) fn with_report(mut self, report: Report) -> Self {
        self.0.report = Some(report);
        self
    }

    /// How many components failed.
    ///
    /// ```
    /// # let errors = doc_examples::errors();
    /// assert_eq!(errors.len(), 2);
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.errors.len()
    }

    /// Whether no component failed: always `false` for the errors that a fetch returns.
    ///
    /// ```
    /// # let errors = doc_examples::errors();
    /// assert!(!errors.is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.errors.is_empty()
    }

    /// The errors.
    ///
    /// ```
    /// # let errors = doc_examples::errors();
    /// let kinds: Vec<_> = errors.iter().map(|error| error.kind().label()).collect();
    /// assert_eq!(kinds, ["absent", "malformed"]);
    /// ```
    pub fn iter(&self) -> slice::Iter<'_, ComponentError> {
        self.0.errors.iter()
    }

    /// The errors as a slice.
    ///
    /// ```
    /// # let errors = doc_examples::errors();
    /// if let [first, ..] = errors.as_slice() {
    ///     assert_eq!(first.field(), Some("host"));
    /// }
    /// ```
    #[must_use]
    pub fn as_slice(&self) -> &[ComponentError] {
        &self.0.errors
    }

    /// The error of a field.
    ///
    /// ```
    /// # let errors = doc_examples::errors();
    /// assert!(errors.of("port").unwrap().is_malformed());
    /// assert!(errors.of("timeout").is_none());
    /// ```
    #[must_use]
    pub fn of(&self, field: &str) -> Option<&ComponentError> {
        self.iter().find(|error| error.field() == Some(field))
    }

    /// The report of all components, including the successful ones; `None` if the fetch did not start.
    ///
    /// ```
    /// # let errors = doc_examples::errors();
    /// let report = errors.report().unwrap();
    /// assert_eq!(report.entries().len(), 2);
    /// ```
    #[must_use]
    pub fn report(&self) -> Option<&Report> {
        self.0.report.as_ref()
    }

    /// The name of the struct, if all errors are of the same one.
    fn owner_of_all(&self) -> String {
        let first = self.0.errors.first().map_or("", ComponentError::owner);
        let is_one = self.iter().all(|error| error.owner() == first);
        if is_one { first.to_owned() } else { String::new() }
    }

    pub(super) fn pop(&mut self) -> ComponentError {
        self.0.errors.remove(0)
    }
}

/// # Panics
/// If the index is out of bounds, like a `Vec`.
impl Index<usize> for ComponentErrors {
    type Output = ComponentError;

    fn index(&self, index: usize) -> &ComponentError {
        &self.0.errors[index]
    }
}

impl<'a> IntoIterator for &'a ComponentErrors {
    type Item = &'a ComponentError;
    type IntoIter = slice::Iter<'a, ComponentError>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for ComponentErrors {
    type Item = ComponentError;
    type IntoIter = vec::IntoIter<ComponentError>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.errors.into_iter()
    }
}

/// Joins the errors of several fetches.
///
/// ```
/// use component_model::ComponentErrors;
///
/// # let (first, second) = (doc_examples::errors(), doc_examples::errors());
/// let both: ComponentErrors = [first, second].into_iter().flatten().collect();
/// assert_eq!(both.len(), 4);
/// assert!(both.to_string().contains("AppConfig.port"));
/// ```
impl FromIterator<ComponentError> for ComponentErrors {
    fn from_iter<I: IntoIterator<Item = ComponentError>>(errors: I) -> Self {
        let mut all = Self::new("", 0, Vec::new());
        all.extend(errors);
        all
    }
}

/// Adds the errors of another fetch: `errors.extend(others)`. The report stays that of the first.
impl Extend<ComponentError> for ComponentErrors {
    fn extend<I: IntoIterator<Item = ComponentError>>(&mut self, errors: I) {
        let before = self.0.errors.len();
        let errors = errors.into_iter().flat_map(|error| Self::from(error).0.errors);
        self.0.errors.extend(errors);
        if self.0.errors.len() > before {
            // The errors may be those of several structs, whose components nobody has counted.
            (self.0.owner, self.0.components, self.0.unasked) = (self.owner_of_all(), 0, false);
        }
    }
}

impl From<ComponentError> for ComponentErrors {
    fn from(error: ComponentError) -> Self {
        match error.0.several {
            Some(several) => several,
            None => {
                let mut error = error;
                let (owner, report) = (error.owner().to_owned(), error.0.report.take());
                let errors = Self::new(owner, 0, vec![error]);
                report.into_iter().fold(errors, Self::with_report)
            }
        }
    }
}

impl fmt::Display for ComponentErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        render::list(self, f)
    }
}

impl fmt::Debug for ComponentErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        render::list(self, f)
    }
}

impl Error for ComponentErrors {}
