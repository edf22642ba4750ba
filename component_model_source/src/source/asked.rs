//! One request of a call, as a source sees it.

use std::fmt;

use super::Version;

/// One request of a call, and the version of its value that the caller already has.
///
/// ```
/// use component_model::{Asked, KeyQuery, Version};
///
/// let (query, version) = (KeyQuery::new("port"), Version::new("42"));
/// let asked = Asked::new(&query).unless(&version);
/// assert_eq!((asked.query().key(), asked.known()), ("port", Some(&version)));
/// ```
pub struct Asked<'q, Q> {
    query: &'q Q,
    known: Option<&'q Version>,
}

impl<'q, Q> Asked<'q, Q> {
    /// Asks for the value, whatever its version.
    ///
    /// ```
    /// use component_model::{Asked, KeyQuery};
    ///
    /// assert_eq!(Asked::new(&KeyQuery::new("port")).known(), None);
    /// ```
    pub fn new(query: &'q Q) -> Self {
        Self { query, known: None }
    }

    /// Asks for the value unless it has this version: the answer may then be
    /// [`Reply::Unchanged`](crate::Reply::Unchanged).
    ///
    /// ```
    /// use component_model::{Asked, KeyQuery, Version};
    ///
    /// let (query, version) = (KeyQuery::new("port"), Version::new("42"));
    /// assert_eq!(Asked::new(&query).unless(&version).known(), Some(&version));
    /// ```
    #[must_use]
    pub fn unless(self, known: impl Into<Option<&'q Version>>) -> Self {
        Self { known: known.into(), ..self }
    }

    /// The query that the source made from the attribute.
    ///
    /// ```
    /// use component_model::{Asked, KeyQuery};
    ///
    /// assert_eq!(Asked::new(&KeyQuery::new("port")).query().key(), "port");
    /// ```
    #[must_use]
    pub fn query(&self) -> &'q Q {
        self.query
    }

    /// The version that the caller has.
    ///
    /// ```
    /// use component_model::{Asked, KeyQuery};
    ///
    /// assert!(Asked::new(&KeyQuery::new("port")).known().is_none());
    /// ```
    #[must_use]
    pub fn known(&self) -> Option<&'q Version> {
        self.known
    }
}

// Derived, they would want a query that is `Copy`.
impl<Q> Clone for Asked<'_, Q> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Q> Copy for Asked<'_, Q> {}

impl<Q: fmt::Debug> fmt::Debug for Asked<'_, Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asked").field("query", self.query).field("known", &self.known).finish()
    }
}
