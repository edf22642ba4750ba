//! The query of a source that only has keys.

use std::fmt;

use super::RequestSpec;

/// A key and the options of the attribute: the query of a source that has nothing to parse.
///
/// ```
/// use component_model::{KeyQuery, RequestSpec, plan::{Component, Key}};
///
/// let field = Component { key: Key::Explicit("tea"), options: &[("path", "prices")], ..Component::NEW };
/// let query = KeyQuery::from(&RequestSpec::new(&field));
/// assert_eq!((query.key(), query.option("path"), query.option("url")), ("tea", Some("prices"), None));
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct KeyQuery {
    key: String,
    options: Vec<(String, String)>,
}

impl KeyQuery {
    /// A key without options.
    ///
    /// ```
    /// use component_model::KeyQuery;
    ///
    /// assert_eq!(KeyQuery::new("port").key(), "port");
    /// ```
    pub fn new(key: impl Into<String>) -> Self {
        Self { key: key.into(), options: Vec::new() }
    }

    /// The key.
    ///
    /// ```
    /// use component_model::KeyQuery;
    ///
    /// assert_eq!(KeyQuery::new("app/port").key(), "app/port");
    /// ```
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// One of the options.
    ///
    /// ```
    /// use component_model::KeyQuery;
    ///
    /// assert_eq!(KeyQuery::new("port").option("path"), None);
    /// ```
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl From<&RequestSpec<'_>> for KeyQuery {
    fn from(spec: &RequestSpec<'_>) -> Self {
        let options = spec.options().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { key: spec.key().into_owned(), options }
    }
}

/// Shows the key alone: an option may be a statement with a literal that nobody should read.
impl fmt::Debug for KeyQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyQuery").field(&self.key).finish()
    }
}
