//! Any source, with faults.

mod faults;
mod source;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use self::faults::Faults;
use crate::ErrorKind;

/// A source with faults: it fails, hangs or is slow when the test says so, and otherwise answers as the source within it.
///
/// Cheap to clone; clones share their faults, so that a test keeps one of them.
///
/// ```
/// use component_model::{ErrorKind, Memory, prelude::*, test_util::Faulty};
///
/// #[derive(Debug, AsyncAssign)]
/// struct AppConfig {
///     #[component(fetch_from = "consul", fallback = 80)]
///     port: u16,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), ComponentErrors> {
/// let consul = Faulty::new(Memory::new([("port", "8080")]));
/// let sources = Sources::builder().source("consul", consul.clone()).build();
/// assert_eq!(AppConfig::fetch_all_components_from(&sources).await?.port, 8080);
///
/// consul.fail_next(1, ErrorKind::Unreachable);
/// assert_eq!(AppConfig::fetch_all_components_from(&sources).await?.port, 80);
/// assert_eq!(AppConfig::fetch_all_components_from(&sources).await?.port, 8080);
/// # Ok(())
/// # }
/// ```
///
/// Several faults apply together: first the delay, then it hangs or fails. They apply to every round trip (a group's
/// requests fail together) and to renewals of leases, but not to what is pending already. `bind`, watches and
/// `shutdown` reach the source as they are. A value that the source has without I/O is fetched, so that policies apply
/// to it.
pub struct Faulty<S>(Arc<Shared<S>>);

struct Shared<S> {
    source: S,
    faults: Mutex<Faults>,
}

impl<S> Faulty<S> {
    /// A source without faults.
    ///
    /// ```
    /// use component_model::{Memory, test_util::Faulty};
    ///
    /// let consul = Faulty::new(Memory::new([("port", "8080")]));
    /// assert_eq!(consul.calls(), 0);
    /// ```
    #[must_use]
    pub fn new(source: S) -> Self {
        Self(Arc::new(Shared { source, faults: Mutex::default() }))
    }

    /// The source within it.
    ///
    /// ```
    /// use component_model::{Memory, Value, test_util::Faulty};
    ///
    /// let consul = Faulty::new(Memory::new([("port", "8080")]));
    /// consul.inner().set("port", Value::text("9090"));
    /// ```
    #[must_use]
    pub fn inner(&self) -> &S {
        &self.0.source
    }

    /// Makes the next `n` round trips fail.
    ///
    /// ```
    /// # use component_model::{ErrorKind, Memory, test_util::Faulty};
    /// # let consul = Faulty::new(Memory::default());
    /// consul.fail_next(2, ErrorKind::Unavailable);
    /// ```
    pub fn fail_next(&self, n: usize, kind: ErrorKind) {
        self.faults().next = Some((n, kind));
    }

    /// Makes all round trips fail until [`heal`](Self::heal): an outage.
    ///
    /// ```
    /// # use component_model::{ErrorKind, Memory, test_util::Faulty};
    /// # let consul = Faulty::new(Memory::default());
    /// consul.fail(ErrorKind::Unreachable);
    /// ```
    pub fn fail(&self, kind: ErrorKind) {
        self.fail_next(usize::MAX, kind);
    }

    /// Makes round trips fail at random with a probability from 0 to 1. The same seed gives the same sequence.
    ///
    /// ```
    /// # use component_model::{ErrorKind, Memory, test_util::Faulty};
    /// # let consul = Faulty::new(Memory::default());
    /// consul.fail_with_probability(0.1, 42, ErrorKind::Timeout);
    /// ```
    ///
    /// # Panics
    /// If it is not a probability.
    #[track_caller]
    pub fn fail_with_probability(&self, probability: f64, seed: u64, kind: ErrorKind) {
        assert!((0.0..=1.0).contains(&probability), "{probability} is not a probability from 0 to 1");
        self.faults().random = Some((probability, fastrand::Rng::with_seed(seed), kind));
    }

    /// Delays each round trip.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// # use component_model::{Memory, test_util::Faulty};
    /// # let consul = Faulty::new(Memory::default());
    /// consul.delay(Duration::from_millis(200));
    /// ```
    pub fn delay(&self, delay: Duration) {
        self.faults().delay = delay;
    }

    /// Makes round trips hang: they are never answered, not even after [`heal`](Self::heal), as on a connection that went
    /// silent.
    ///
    /// ```
    /// # use component_model::{Memory, test_util::Faulty};
    /// # let consul = Faulty::new(Memory::default());
    /// consul.hang();
    /// ```
    pub fn hang(&self) {
        self.faults().hangs = true;
    }

    /// Removes all faults, the delay included.
    ///
    /// ```
    /// # use component_model::{ErrorKind, Memory, test_util::Faulty};
    /// # let consul = Faulty::new(Memory::default());
    /// consul.fail(ErrorKind::Unreachable);
    /// consul.heal();
    /// ```
    pub fn heal(&self) {
        let mut faults = self.faults();
        *faults = Faults { calls: faults.calls, ..Faults::default() };
    }

    /// How many round trips were started, those included that a fault kept from the source.
    ///
    /// ```
    /// use component_model::{Asked, ErrorKind, KeyQuery, Memory, Source, test_util::Faulty};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let consul = Faulty::new(Memory::default());
    /// consul.fail(ErrorKind::Unreachable);
    /// assert!(consul.fetch(Asked::new(&KeyQuery::new("port"))).await.is_err());
    /// assert_eq!(consul.calls(), 1);
    /// # }
    /// ```
    #[must_use]
    pub fn calls(&self) -> usize {
        self.faults().calls
    }

    fn faults(&self) -> MutexGuard<'_, Faults> {
        self.0.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// Derived, it would want a source that is `Clone`.
impl<S> Clone for Faulty<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: fmt::Debug> fmt::Debug for Faulty<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faulty").field("source", self.inner()).field("faults", &*self.faults()).finish()
    }
}
