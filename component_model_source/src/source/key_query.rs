//! The query of a source that only has keys.

use std::fmt;

use super::RequestSpec;
use crate::SourceError;

/// A key and the options of the attribute: the query of a source that has nothing to parse.
///
/// ```
/// use component_model::{KeyQuery, RequestSpec, plan::Layer};
///
/// let layer = Layer { key: Some("tea"), options: &[("path", "prices")], ..Layer::NEW };
/// let query = KeyQuery::of(&RequestSpec::new(&layer, &[]))?;
/// assert_eq!((query.key(), query.option("path"), query.option("url")), ("tea", Some("prices"), None));
/// # Ok::<(), component_model::SourceError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct KeyQuery {
    key: String,
    options: Vec<(String, String)>,
    /// The keys that are read, if what is asked is whether there are others below the key.
    read: Option<Box<[String]>>,
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
        Self { key: key.into(), options: Vec::new(), read: None }
    }

    /// The key and the options of an attribute.
    ///
    /// ```
    /// use component_model::{KeyQuery, RequestSpec, plan::Layer};
    ///
    /// assert_eq!(KeyQuery::of(&RequestSpec::new(&Layer::NEW, &["app", "port"]))?.key(), "app.port");
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    ///
    /// # Errors
    /// If a value cannot be inserted into a template.
    pub fn of(spec: &RequestSpec<'_>) -> Result<Self, SourceError> {
        // No option is shown, so that a value in it may be sensitive where the source takes one.
        let option = |name: &str| Ok((name.to_owned(), spec.option_to_connect(name)?.unwrap_or_default().into_owned()));
        let options = spec.options().map(option).collect::<Result<_, SourceError>>()?;
        Ok(Self { key: spec.key()?.into_owned(), options, read: None })
    }

    /// The question whether there are keys below one that none of these requests reads.
    #[doc(hidden)]
    #[must_use]
    pub fn unknown(below: impl Into<String>, read: &[&Self]) -> Self {
        Self { read: Some(read.iter().map(|query| query.key.clone()).collect()), ..Self::new(below) }
    }

    /// The keys that are read, if the query is that question.
    #[doc(hidden)]
    #[must_use]
    pub fn read(&self) -> Option<&[String]> {
        self.read.as_deref()
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

/// Shows the key alone: an option may be a statement with a literal that nobody should read.
impl fmt::Debug for KeyQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyQuery").field(&self.key).finish()
    }
}
