//! The version of a value.

use std::{fmt, sync::Arc};

/// A source's identifier for one state of a value: an `ETag`, a revision, an index. Versions are compared only for equality.
/// Cheap to clone.
///
/// ```
/// use component_model::Version;
///
/// let version = Version::new("W/\"33a64df5\"");
/// assert_eq!(version.as_str(), "W/\"33a64df5\"");
/// assert_ne!(version, Version::new("W/\"0815\""));
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Version(Arc<str>);

impl Version {
    /// A version in the source's own notation. It is shown in reports, so it must not reveal anything about the value: a hash
    /// of the value needs a secret key.
    ///
    /// ```
    /// use component_model::Version;
    ///
    /// assert_eq!(Version::new(42.to_string()), Version::new("42"));
    /// ```
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The version in the source's own notation.
    ///
    /// ```
    /// use component_model::Version;
    ///
    /// assert_eq!(Version::new("42").as_str(), "42");
    /// ```
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Version").field(&self.0).finish()
    }
}
