//! The lease of a value that its source revokes.

use std::{fmt, time::Duration};

/// How long a value is valid, and the source's name for the lease.
///
/// ```
/// use component_model::Lease;
/// use std::time::Duration;
///
/// let lease = Lease::new("database/creds/shop/1", Duration::from_secs(3600)).renewable();
/// assert_eq!((lease.duration().as_secs(), lease.is_renewable()), (3600, true));
/// assert!(!format!("{lease:?}").contains("creds"), "the id of a lease is enough to revoke it");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Lease {
    id: String,
    duration: Duration,
    renewable: bool,
}

impl Lease {
    /// A lease that cannot be renewed.
    ///
    /// ```
    /// use component_model::Lease;
    /// use std::time::Duration;
    ///
    /// assert!(!Lease::new("database/creds/shop/1", Duration::from_secs(3600)).is_renewable());
    /// ```
    pub fn new(id: impl Into<String>, duration: Duration) -> Self {
        Self { id: id.into(), duration, renewable: false }
    }

    /// Marks the lease as one that [`Source::renew`](crate::Source::renew) can renew.
    ///
    /// ```
    /// use component_model::Lease;
    /// use std::time::Duration;
    ///
    /// assert!(Lease::new("database/creds/shop/1", Duration::from_secs(3600)).renewable().is_renewable());
    /// ```
    #[must_use]
    pub fn renewable(self) -> Self {
        Self { renewable: true, ..self }
    }

    /// The source's name for the lease.
    ///
    /// ```
    /// use component_model::Lease;
    /// use std::time::Duration;
    ///
    /// assert_eq!(Lease::new("database/creds/shop/1", Duration::from_secs(3600)).id(), "database/creds/shop/1");
    /// ```
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// How long the value is valid, from the time of the answer.
    ///
    /// ```
    /// use component_model::Lease;
    /// use std::time::Duration;
    ///
    /// assert_eq!(Lease::new("database/creds/shop/1", Duration::from_secs(3600)).duration().as_secs(), 3600);
    /// ```
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.duration
    }

    /// Whether the lease can be renewed.
    ///
    /// ```
    /// use component_model::Lease;
    /// use std::time::Duration;
    ///
    /// assert!(!Lease::new("database/creds/shop/1", Duration::from_secs(3600)).is_renewable());
    /// ```
    #[must_use]
    pub fn is_renewable(&self) -> bool {
        self.renewable
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lease = f.debug_struct("Lease");
        lease.field("duration", &self.duration).field("renewable", &self.renewable).finish_non_exhaustive()
    }
}
