//! The requests and the events of a watch.

use super::{Answer, Version};

/// One request of a watch, and the version of its value that the caller already has.
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
    /// The query that the source made from the attribute.
    pub query: Q,
    /// The version that the caller has; the watch starts with an answer if the current version is another one.
    pub known: Option<Version>,
}

impl<Q> Watched<Q> {
    /// Watches a value of which the caller has no version.
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

/// An event of a watch.
///
/// An answer is a record, an absence or an error, of one request. [`Unchanged`](crate::Reply::Unchanged) is told only after an
/// error of that request: the source answers again, and what was known still holds. After
/// [`Resynchronised`](Self::Resynchronised) every request that it names is answered once, whether it changed or not.
///
/// ```
/// use component_model::{Change, Reply};
///
/// // The second of the requests has no value any more.
/// let deleted = Change::Answer { index: 1, answer: Ok(Reply::ABSENT) };
/// # let _ = deleted;
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Change {
    /// A value changed, is gone, or cannot be watched at the moment.
    Answer {
        /// The position of the request.
        index: usize,
        /// The current answer.
        answer: Answer,
    },
    /// The source may have missed changes of some requests; an answer with the current state of each of them follows.
    Resynchronised {
        /// The positions of these requests.
        indices: Vec<usize>,
    },
}
