//! What a watch is told, and what it tells.

use super::{Answer, Version};

/// One request of a watch, and the version of its value that the caller has already.
///
/// ```
/// use component_model::{KeyQuery, Version, Watched};
///
/// let watched = Watched::new(KeyQuery::new("port")).since(Version::new("42"));
/// assert_eq!((watched.query.key(), watched.known.unwrap().as_str()), ("port", "42"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Watched<Q> {
    /// What the source made of the attribute.
    pub query: Q,
    /// The version that the caller has; a watch begins with what has another one.
    pub known: Option<Version>,
}

impl<Q> Watched<Q> {
    /// Watches a value of which the caller knows nothing.
    ///
    /// ```
    /// use component_model::{KeyQuery, Watched};
    ///
    /// assert!(Watched::new(KeyQuery::new("port")).known.is_none());
    /// ```
    pub fn new(query: Q) -> Self {
        Self { query, known: None }
    }

    /// Watches a value of which the caller has a version.
    ///
    /// ```
    /// use component_model::{KeyQuery, Version, Watched};
    ///
    /// assert!(Watched::new(KeyQuery::new("port")).since(Version::new("42")).known.is_some());
    /// ```
    #[must_use]
    pub fn since(self, known: impl Into<Option<Version>>) -> Self {
        Self { known: known.into(), ..self }
    }
}

/// What a watch tells.
///
/// ```
/// use component_model::{Change, Reply};
///
/// // The second of the requests has no value any more.
/// let deleted = Change::Answer { index: 1, answer: Ok(Reply::Absent) };
/// # let _ = deleted;
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Change {
    /// A value changed, is gone, or cannot be watched at the moment.
    Answer {
        /// Which of the requests, in their order.
        index: usize,
        /// What the source answers now.
        answer: Answer,
    },
    /// The source lost track of what happened, and tells the present state of every request next.
    Resynchronised,
}
