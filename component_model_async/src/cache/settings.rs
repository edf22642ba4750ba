//! How large the cache may be, and how long it remembers absence.

use std::time::Duration;

/// The bounds of the cache that the components of a [`Sources`](crate::Sources) share.
///
/// ```
/// use component_model::CacheSettings;
/// use std::time::Duration;
///
/// let settings = CacheSettings::new().entries(1_000).bytes(16 << 20).absent_for(Duration::from_secs(1));
/// # let _ = settings;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheSettings {
    pub(super) entries: usize,
    pub(super) bytes: u64,
    pub(super) absent_for: Duration,
    pub(super) jitter: bool,
}

impl CacheSettings {
    /// At most 10,000 entries and about 64 MiB of values; absence is remembered for 5 s.
    ///
    /// ```
    /// use component_model::CacheSettings;
    ///
    /// assert_eq!(CacheSettings::new(), CacheSettings::new().entries(10_000).bytes(64 << 20));
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self { entries: 10_000, bytes: 64 << 20, absent_for: Duration::from_secs(5), jitter: true }
    }

    /// At most this many values. With 0 nothing is stored.
    ///
    /// ```
    /// use component_model::CacheSettings;
    ///
    /// let small = CacheSettings::new().entries(100);
    /// # let _ = small;
    /// ```
    #[must_use]
    pub fn entries(self, entries: usize) -> Self {
        Self { entries, ..self }
    }

    /// At most about this many bytes of values. A value that takes more than an eighth of it is not stored. A part of a
    /// document counts as the whole document, which it keeps in memory. With 0 nothing is stored.
    ///
    /// ```
    /// use component_model::CacheSettings;
    ///
    /// let small = CacheSettings::new().bytes(1 << 20);
    /// # let _ = small;
    /// ```
    #[must_use]
    pub fn bytes(self, bytes: u64) -> Self {
        Self { bytes, ..self }
    }

    /// For how long a source is not asked again for a value that it does not have, unless the `ttl` of the component, or
    /// what the source said, is shorter. Zero asks every time.
    ///
    /// ```
    /// use component_model::CacheSettings;
    /// use std::time::Duration;
    ///
    /// let asking = CacheSettings::new().absent_for(Duration::ZERO);
    /// # let _ = asking;
    /// ```
    #[must_use]
    pub fn absent_for(self, absent_for: Duration) -> Self {
        Self { absent_for, ..self }
    }

    /// Values expire after exactly their time, for tests on a paused clock. Otherwise they expire up to a tenth earlier, so
    /// that those that were stored together do not expire together.
    ///
    /// ```
    /// use component_model::CacheSettings;
    ///
    /// let exact = CacheSettings::new().without_jitter();
    /// # let _ = exact;
    /// ```
    #[must_use]
    pub fn without_jitter(self) -> Self {
        Self { jitter: false, ..self }
    }
}

impl Default for CacheSettings {
    fn default() -> Self {
        Self::new()
    }
}
