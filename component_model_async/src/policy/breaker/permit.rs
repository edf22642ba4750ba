//! The breaker as threads share it, and the permits of its calls.

use std::{
    error::Error,
    fmt, mem,
    sync::{Arc, PoisonError},
    time::Duration,
};

use component_model_source::{ErrorKind, SourceError};
use component_model_types::text::duration_text;
use fastrand::Rng;
use tokio::time::Instant;

use super::{
    super::sync::{AtomicU64, Mutex, MutexGuard, Ordering},
    BreakerEvent, BreakerObserver, BreakerState, BreakerStatus, CircuitBreaker,
    machine::{Change, Machine, Refusal},
};

/// A circuit breaker. Each call asks it for a permit, and tells the permit its outcome.
///
/// The [module](super) has an example, and what always holds. All times are of [`tokio::time::Instant`], so that a paused
/// clock drives it.
#[derive(Debug)]
pub struct Breaker {
    settings: CircuitBreaker,
    /// Twice the generation of the machine, plus one if it lets all calls through. Written while the machine is locked.
    gate: AtomicU64,
    machine: Mutex<Machine>,
    source: Box<str>,
    endpoint: Box<str>,
    observer: Option<BreakerObserver>,
}

impl Breaker {
    /// A closed breaker.
    ///
    /// ```
    /// use component_model::{CircuitBreaker, breaker::Breaker};
    ///
    /// let breaker = Breaker::new(CircuitBreaker::new().failure_rate(0.8));
    /// ```
    #[must_use]
    pub fn new(settings: CircuitBreaker) -> Self {
        let machine = Machine::new(settings, Rng::new());
        Self {
            settings,
            gate: AtomicU64::new(gate(&machine)),
            machine: Mutex::new(machine),
            source: Box::default(),
            endpoint: Box::default(),
            observer: None,
        }
    }

    /// Sets the names that its events have.
    ///
    /// ```
    /// use component_model::{CircuitBreaker, breaker::Breaker};
    ///
    /// let breaker = Breaker::new(CircuitBreaker::new()).named("consul", "10.0.0.7:8500");
    /// ```
    #[must_use]
    pub fn named(self, source: &str, endpoint: &str) -> Self {
        Self { source: source.into(), endpoint: endpoint.into(), ..self }
    }

    /// Calls a function with every change of the status. A panic of the function is one of the call that changed it, and
    /// leaves the breaker as it should be.
    ///
    /// ```
    /// use component_model::{BreakerObserver, BreakerStatus, CircuitBreaker, breaker::Breaker};
    ///
    /// let observer = BreakerObserver::new(|event| assert_eq!(event.to, BreakerStatus::ForcedOpen));
    /// Breaker::new(CircuitBreaker::new()).observe(observer).force_open();
    /// ```
    #[must_use]
    pub fn observe(self, observer: BreakerObserver) -> Self {
        Self { observer: Some(observer), ..self }
    }

    /// The permission to make one call.
    ///
    /// ```
    /// use component_model::{CircuitBreaker, breaker::Breaker};
    /// use tokio::time::Instant;
    ///
    /// let breaker = Breaker::new(CircuitBreaker::new());
    /// breaker.acquire(Instant::now()).unwrap().succeeded(Instant::now());
    ///
    /// breaker.force_open();
    /// assert!(breaker.acquire(Instant::now()).is_err());
    /// ```
    ///
    /// # Errors
    /// [`Rejected`], if the call must not be made: the breaker is open, or half-open and another call is the probe.
    #[inline]
    pub fn acquire(&self, now: Instant) -> Result<Permit<'_>, Rejected> {
        let gate = self.gate.load(Ordering::Acquire);
        if gate & 1 == 1 {
            return Ok(Permit { breaker: self, generation: gate >> 1, probe: false, began: now });
        }
        self.acquire_probe(now)
    }

    #[cold]
    fn acquire_probe(&self, now: Instant) -> Result<Permit<'_>, Rejected> {
        let (acquired, generation) = self.with(|machine| {
            // It may have closed since.
            let acquired = match machine.lets_all_through() {
                true => Ok((false, None)),
                false => machine.acquire_probe(now).map(|change| (true, change)),
            };
            (acquired, machine.generation())
        });
        let (probe, change) = acquired?;
        // It exists before an observer is called, so that a panic there returns it.
        let permit = Permit { breaker: self, generation, probe, began: now };
        self.tell(change);
        Ok(permit)
    }

    /// The state as data.
    ///
    /// ```
    /// use component_model::{CircuitBreaker, breaker::Breaker};
    /// use tokio::time::Instant;
    ///
    /// assert_eq!(Breaker::new(CircuitBreaker::new()).state(Instant::now()).calls(), 0);
    /// ```
    #[must_use]
    pub fn state(&self, now: Instant) -> BreakerState {
        self.with(|machine| machine.state(now))
    }

    /// Lets no call through until [`automatic`](Self::automatic) or [`force_closed`](Self::force_closed) is called.
    ///
    /// ```
    /// use component_model::{CircuitBreaker, breaker::Breaker};
    /// use tokio::time::Instant;
    ///
    /// let breaker = Breaker::new(CircuitBreaker::new());
    /// breaker.force_open();
    /// assert!(breaker.acquire(Instant::now()).is_err());
    /// ```
    pub fn force_open(&self) {
        self.tell(self.with(Machine::force_open));
    }

    /// Lets every call through, whatever their outcome, until [`automatic`](Self::automatic) or
    /// [`force_open`](Self::force_open) is called.
    ///
    /// ```
    /// use component_model::{CircuitBreaker, breaker::Breaker};
    /// use tokio::time::Instant;
    ///
    /// let breaker = Breaker::new(CircuitBreaker::new());
    /// breaker.force_closed();
    /// assert!(breaker.acquire(Instant::now()).is_ok());
    /// ```
    pub fn force_closed(&self) {
        self.tell(self.with(Machine::force_closed));
    }

    /// Ends what [`force_open`](Self::force_open) or [`force_closed`](Self::force_closed) began: the breaker is closed, as a
    /// new one. Otherwise it changes nothing.
    ///
    /// ```
    /// use component_model::{CircuitBreaker, breaker::Breaker};
    /// use tokio::time::Instant;
    ///
    /// let breaker = Breaker::new(CircuitBreaker::new());
    /// breaker.force_open();
    /// breaker.automatic();
    /// assert!(breaker.acquire(Instant::now()).is_ok());
    /// ```
    pub fn automatic(&self) {
        self.tell(self.with(Machine::automatic));
    }

    fn lock(&self) -> MutexGuard<'_, Machine> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Uses the machine, and publishes whether it lets all calls through.
    fn with<T>(&self, use_it: impl FnOnce(&mut Machine) -> T) -> T {
        let mut machine = self.lock();
        let generation = machine.generation();
        let result = use_it(&mut machine);
        if machine.generation() != generation {
            self.gate.store(gate(&machine), Ordering::Release);
        }
        result
    }

    /// Calls the observer. No lock is held.
    fn tell(&self, change: Option<Change>) {
        let (Some(Change { from, to, cause, last_error, number }), Some(observer)) = (change, &self.observer) else {
            return;
        };
        let (source, endpoint) = (self.source.to_string(), self.endpoint.to_string());
        let last_error = last_error.map(|error| error.to_string());
        observer.tell(&BreakerEvent { source, endpoint, from, to, cause, last_error, number });
    }
}

fn gate(machine: &Machine) -> u64 {
    machine.generation() << 1 | u64::from(machine.lets_all_through())
}

/// The permission to make one call, which takes its outcome. If it is dropped instead, such as by cancellation, the call
/// counts as nothing, and another one may be the probe.
///
/// ```
/// use component_model::{CircuitBreaker, breaker::Breaker};
/// use tokio::time::Instant;
///
/// let breaker = Breaker::new(CircuitBreaker::new());
/// let permit = breaker.acquire(Instant::now()).unwrap();
/// permit.succeeded(Instant::now());
/// assert_eq!(breaker.state(Instant::now()).calls(), 1);
/// ```
#[derive(Debug)]
#[must_use = "a permit that is dropped counts as a call that was cancelled"]
pub struct Permit<'b> {
    breaker: &'b Breaker,
    generation: u64,
    /// Whether the breaker waits for it.
    probe: bool,
    began: Instant,
}

impl Permit<'_> {
    /// The endpoint answered; also that a value is absent, denied or malformed.
    ///
    /// ```
    /// use component_model::{CircuitBreaker, breaker::Breaker};
    /// use tokio::time::Instant;
    ///
    /// let breaker = Breaker::new(CircuitBreaker::new());
    /// breaker.acquire(Instant::now()).unwrap().succeeded(Instant::now());
    /// ```
    pub fn succeeded(self, now: Instant) {
        if let Some(limit) = self.breaker.settings.slow_call {
            let took = now.saturating_duration_since(self.began);
            if took > limit {
                return self.failed(now, &slow(took, limit));
            }
        }
        match self.probe {
            true => self.probe_succeeded(),
            false => self.breaker.lock().succeeded(self.generation, now),
        }
    }

    /// The endpoint could not answer; call it for [transient](SourceError::is_transient) errors only. The error's text is
    /// shown with the breaker's state, and as the cause of rejected calls.
    ///
    /// ```
    /// use component_model::{CircuitBreaker, ErrorKind, SourceError, breaker::Breaker};
    /// use tokio::time::Instant;
    ///
    /// let breaker = Breaker::new(CircuitBreaker::new());
    /// let error = SourceError::new(ErrorKind::Unreachable, "connection refused");
    /// breaker.acquire(Instant::now()).unwrap().failed(Instant::now(), &error);
    /// ```
    pub fn failed(self, now: Instant, error: &SourceError) {
        let (breaker, generation) = self.end();
        breaker.tell(breaker.with(|machine| machine.failed(generation, now, error.clone())));
    }

    /// Nothing is known about the endpoint. The same as dropping the permit.
    ///
    /// ```
    /// use component_model::{CircuitBreaker, breaker::Breaker};
    /// use tokio::time::Instant;
    ///
    /// let breaker = Breaker::new(CircuitBreaker::new());
    /// breaker.acquire(Instant::now()).unwrap().neutral();
    /// assert_eq!(breaker.state(Instant::now()).calls(), 0);
    /// ```
    pub fn neutral(self) {}
}

impl<'b> Permit<'b> {
    #[cold]
    fn probe_succeeded(self) {
        let (breaker, generation) = self.end();
        breaker.tell(breaker.with(|machine| machine.probe_succeeded(generation)));
    }

    /// The permit has an outcome: there is nothing to return.
    fn end(mut self) -> (&'b Breaker, u64) {
        self.probe = false;
        (self.breaker, self.generation)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if mem::take(&mut self.probe) {
            self.breaker.with(|machine| machine.return_probe(self.generation));
        }
    }
}

#[cold]
fn slow(took: Duration, limit: Duration) -> SourceError {
    let (took, limit) = (duration_text(took), duration_text(limit));
    SourceError::new(ErrorKind::Timeout, format!("the answer took {took}, longer than `slow_call` ({limit})"))
}

/// Why a call must not be made. It is a [`SourceError`] of the kind [`ErrorKind::CircuitOpen`].
///
/// ```
/// use component_model::{CircuitBreaker, ErrorKind, SourceError, breaker::Breaker};
/// use tokio::time::Instant;
///
/// let breaker = Breaker::new(CircuitBreaker::new());
/// breaker.force_open();
/// let rejected = breaker.acquire(Instant::now()).unwrap_err();
/// assert_eq!(rejected.to_string(), "the circuit breaker is forced open");
/// assert_eq!(SourceError::from(rejected).kind(), ErrorKind::CircuitOpen);
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Rejected {
    /// Open, half-open or forced open.
    pub status: BreakerStatus,
    /// How long it takes until a call may be the probe; `None` if that is not known, since a probe is running or the breaker
    /// is forced open.
    pub next_probe: Option<Duration>,
    /// The last failure that was counted.
    pub last_error: Option<SourceError>,
}

impl From<Refusal> for Rejected {
    fn from(Refusal { status, next_probe, last_error }: Refusal) -> Self {
        Self { status, next_probe, last_error }
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.status, self.next_probe) {
            (BreakerStatus::ForcedOpen, _) => f.write_str("the circuit breaker is forced open"),
            (BreakerStatus::HalfOpen, _) => {
                f.write_str("the source failed too often recently, and another call is the probe")
            }
            (_, Some(next)) => write!(f, "the source failed too often recently; the next call is in {}", rounded(next)),
            (_, None) => f.write_str("the source failed too often recently"),
        }
    }
}

impl Error for Rejected {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.last_error.as_ref().map(|error| error as &(dyn Error + 'static))
    }
}

impl From<Rejected> for SourceError {
    fn from(rejected: Rejected) -> Self {
        let error = Self::new(ErrorKind::CircuitOpen, rejected.to_string());
        let error = match rejected.next_probe {
            Some(next) => error.with_retry_after(next),
            None => error,
        };
        match rejected.last_error {
            Some(last) => error.with_cause(last),
            None => error,
        }
    }
}

/// A permit that holds its breaker, for a call whose owner outlives the borrow of it.
#[derive(Debug)]
pub(crate) struct OwnedPermit {
    breaker: Arc<Breaker>,
    generation: u64,
    probe: bool,
    began: Instant,
}

impl OwnedPermit {
    /// See [`Breaker::acquire`].
    pub(crate) fn acquire(breaker: &Arc<Breaker>, now: Instant) -> Result<Self, Rejected> {
        let mut permit = breaker.acquire(now)?;
        let probe = mem::take(&mut permit.probe);
        Ok(Self { breaker: Arc::clone(breaker), generation: permit.generation, probe, began: permit.began })
    }

    /// Whether its call is the probe.
    pub(crate) fn is_probe(&self) -> bool {
        self.probe
    }

    /// Whether its call is the probe of a breaker.
    pub(crate) fn is_probe_of(&self, breaker: &Arc<Breaker>) -> bool {
        self.probe && Arc::ptr_eq(&self.breaker, breaker)
    }

    /// If it is that of the probe, another call may be the probe from then on.
    pub(crate) fn lasts_until(&self, until: Instant) {
        if self.probe {
            self.breaker.with(|machine| machine.limit_probe(self.generation, until));
        }
    }

    /// See [`Permit::succeeded`].
    pub(crate) fn succeeded(mut self, now: Instant) {
        self.lend().succeeded(now);
    }

    /// See [`Permit::failed`].
    pub(crate) fn failed(mut self, now: Instant, error: &SourceError) {
        self.lend().failed(now, error);
    }

    fn lend(&mut self) -> Permit<'_> {
        let probe = mem::take(&mut self.probe);
        Permit { breaker: &self.breaker, generation: self.generation, probe, began: self.began }
    }
}

impl Drop for OwnedPermit {
    fn drop(&mut self) {
        drop(self.lend());
    }
}

/// A duration as text, in whole milliseconds.
fn rounded(duration: Duration) -> String {
    let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    format!("{:?}", Duration::from_millis(millis))
}
