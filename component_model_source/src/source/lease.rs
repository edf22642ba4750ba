//! The lease of a value that its source takes back.

use std::{fmt, time::Duration};

/// For how long a value was lent, and what the source calls that.
///
/// ```
/// use component_model::Lease;
/// use std::time::Duration;
///
/// let lease = Lease::new("database/creds/shop/1", Duration::from_secs(3600)).renewable();
/// assert_eq!((lease.duration().as_secs(), lease.is_renewable()), (3600, true));
/// assert!(!format!("{lease:?}").contains("creds"), "who knows the name of a lease can revoke it");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Lease {
    id: String,
    duration: Duration,
    renewable: bool,
}

impl Lease {
    /// A lease that cannot be prolonged.
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

    /// The lease as one that [`Source::renew`](crate::Source::renew) prolongs.
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

    /// What the source calls the lease.
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

    /// How long the value is valid, from when it was given.
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

    /// Whether the lease can be prolonged.
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
