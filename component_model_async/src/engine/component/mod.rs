//! One component: its layers, one after another ([`answer`]), and the rest of the ladder if they have no value ([`ladder`]).

mod answer;
mod error;
mod ladder;
mod stored;

use std::time::Duration;

use tokio::time::Instant;

use super::{Event, Scene, trace::Trace, waiting::Wait};
use crate::{
    Answer, ComponentError, ErrorKind, Inserted, Record, Reply, SourceError, Value,
    bind::{BoundComponent, BoundLayer, Call, Layer},
    cache::{Freshness, Hit},
    policy::{
        caching,
        mode::Mode,
        retry::Retry,
        stack::{self, Origin, RequestOutcome},
    },
    report::Outcome,
};

/// The state of a component, from its beginning to its outcome. All components begin with the fetch.
pub(super) struct ComponentState<'r> {
    bound: &'r BoundComponent,
    /// What happened to it, written when it is done.
    trace: Trace,
    done: bool,
    /// How many layers said that they have no value; the next one is asked.
    absent: usize,
    /// The layer that it waits for.
    waits_for: Option<usize>,
    /// Its current wait; earlier ones have other numbers.
    ticket: u32,
    /// The attempts at its current layer that are over.
    attempts: u32,
    /// What only few components have.
    rare: Option<Box<Rare>>,
}

/// A value that was fetched, or that there was none.
struct Known {
    record: Option<Record>,
    layer: Layer,
    /// Since when that is known.
    since: Instant,
}

/// What only few components have.
#[derive(Default)]
struct Rare {
    /// The last layer that was bound late, or that is asked by another call than at binding, with its position.
    late: Option<(usize, Layer)>,
    /// Those before.
    earlier: Vec<(usize, Layer)>,
    /// The message of the last absent layer.
    absence: Option<SourceError>,
    /// The value for the components that name this one, and whether it is sensitive.
    inserted: Option<(Record, bool)>,
    /// The class of the failure, if it has failed.
    failure: Option<ErrorKind>,
    /// Its end is not told yet: no source has the value, and a nested struct around it may be missing.
    undecided: bool,
    /// The components that wait for it have been told of its end.
    told: bool,
    /// A sensitive value is part of its request.
    received_secret: bool,
    /// A value of the cache was wrong for it: it wants an answer to its own request.
    distrusts_cache: bool,
    /// Whether others could read a value that it cannot.
    reads_less: bool,
    /// Why its `fallback_to` is asked.
    covered: Option<Box<Covered>>,
    /// It waits for its last known good value.
    awaits_stored: bool,
    /// Since when it is known that a source has no value: of several the earliest.
    absent_since: Option<Instant>,
    /// When the answer came that it takes, if that was earlier.
    answered: Option<Instant>,
    /// What becomes its last known good value.
    good: Option<Box<Known>>,
}

/// The failure that a `fallback_to` covers.
struct Covered {
    /// Taken as soon as it is the problem of the component.
    failure: Option<Failure>,
    layer: Option<Layer>,
    /// How many layers had said before that they have no value.
    absent: usize,
    /// Why the cover has no value either.
    in_vain: Option<Box<str>>,
}

/// Why there is no fresh value.
enum Failure {
    /// No source has it. The message is created only if somebody reads it.
    Absent,
    Source(SourceError),
    /// From binding: already complete.
    Bound(ComponentError),
    /// The source cannot be used here, whatever the reason.
    Refused(ComponentError),
    /// A component that this one needs has none, for a reason of this class.
    Dependency(SourceError, ErrorKind),
}

impl Failure {
    /// The class that decides about substitutes.
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Absent => ErrorKind::Absent,
            Self::Source(error) => error.kind(),
            Self::Bound(error) => error.kind(),
            Self::Refused(_) => ErrorKind::NotSetUp,
            Self::Dependency(_, cause) => *cause,
        }
    }

    fn without_foreign_text(self) -> Self {
        match self {
            Self::Absent => Self::Absent,
            Self::Source(error) => Self::Source(error.without_foreign_text()),
            Self::Bound(error) => Self::Bound(error.without_foreign_text()),
            Self::Refused(error) => Self::Refused(error.without_foreign_text()),
            // Written by the engine.
            Self::Dependency(error, cause) => Self::Dependency(error, cause),
        }
    }
}

/// What a layer of a component is given.
#[derive(Clone, Copy)]
pub(super) struct Given<'g> {
    answer: Result<&'g Reply, &'g SourceError>,
    attempts: u32,
    origin: Origin,
    /// If it was looked up in the cache.
    of_cache: Option<Standing>,
}

/// Whether any reader has found a value of the cache right, since it replaced another one.
#[derive(Clone, Copy)]
enum Standing {
    Proven,
    Unproven,
}

impl<'g> Given<'g> {
    /// The answer of a source that has it without I/O.
    pub(super) fn at_once(answer: &'g Answer) -> Self {
        Self { answer: answer.as_ref(), attempts: stack::ONCE, origin: Origin::Source, of_cache: None }
    }

    /// An answer from the cache.
    pub(super) fn cached(hit: &'g Hit) -> Self {
        let of_cache = Some(if hit.is_unproven() { Standing::Unproven } else { Standing::Proven });
        Self { answer: Ok(&hit.reply), attempts: 0, origin: Origin::Cached(hit.age), of_cache }
    }
}

impl<'g> From<&'g RequestOutcome> for Given<'g> {
    fn from(outcome: &'g RequestOutcome) -> Self {
        let (answer, attempts, origin) = (outcome.answer.as_ref(), outcome.attempts, outcome.origin);
        Self { answer, attempts, origin, of_cache: None }
    }
}

/// The next step of a component.
pub(super) enum Next<'r> {
    /// It needs the answer of this layer.
    Ask(Layer),
    /// It needs other components before its layer can be bound.
    Bind(&'r crate::bind::Late),
    /// It needs its last known good value.
    Load,
    Done,
}

impl<'r> ComponentState<'r> {
    pub(super) fn new(bound: &'r BoundComponent) -> Self {
        Self {
            bound,
            trace: Trace::PENDING,
            done: false,
            absent: 0,
            waits_for: None,
            ticket: 0,
            attempts: 0,
            rare: None,
        }
    }

    fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    /// Whether there is something to do before its layers are asked.
    pub(super) fn has_to_start(&self) -> bool {
        self.bound.own_layers == 0 || self.bound.substitutes.have_literals()
    }

    /// What it needs next.
    pub(super) fn next(&self) -> Next<'r> {
        if self.done {
            return Next::Done;
        }
        if self.rare.as_deref().is_some_and(|rare| rare.awaits_stored) {
            return Next::Load;
        }
        match (self.late(self.absent), self.bound.layers.get(self.absent)) {
            (Some(layer), _) | (None, Some(BoundLayer::Ready(layer))) => Next::Ask(*layer),
            (None, Some(BoundLayer::Late(late))) => Next::Bind(late),
            (None, None) => Next::Done,
        }
    }

    /// The layer whose answer it needs.
    pub(super) fn layer_to_ask(&self) -> Option<Layer> {
        match self.next() {
            Next::Ask(layer) => Some(layer),
            Next::Bind(_) | Next::Load | Next::Done => None,
        }
    }

    /// Takes the current layer as it was bound late, or moved to another call.
    pub(super) fn take_layer(&mut self, layer: Layer) {
        let position = self.absent;
        let rare = self.rare();
        rare.earlier.extend(rare.late.replace((position, layer)));
    }

    fn late(&self, position: usize) -> Option<&Layer> {
        let rare = self.rare.as_ref()?;
        let late = rare.late.iter().chain(rare.earlier.iter().rev());
        late.into_iter().find(|(known, _)| *known == position).map(|(_, layer)| layer)
    }

    /// The layers that said that they have no value.
    fn absent_layers(&self) -> Vec<Layer> {
        let bound = |position: usize| match (self.late(position), &self.bound.layers[position]) {
            (Some(layer), _) | (None, BoundLayer::Ready(layer)) => Some(*layer),
            (None, BoundLayer::Late(_)) => None,
        };
        let absent = self.covered().map_or(self.absent, |covered| covered.absent);
        (0..absent).filter_map(bound).collect()
    }

    /// Records that it waits for the layer that it needs; `false` if it waits already.
    pub(super) fn begin_to_wait(&mut self) -> bool {
        let layer = self.absent;
        self.waits_for.replace(layer) != Some(layer)
    }

    /// The layer that it waits for.
    pub(super) fn waited_for(&self) -> Option<Layer> {
        self.layer_to_ask().filter(|_| self.waits_for == Some(self.absent))
    }

    /// Begins another wait, so that earlier ones no longer hold.
    pub(super) fn next_ticket(&mut self) -> u32 {
        self.ticket += 1;
        self.ticket
    }

    /// Whether a wait still holds.
    pub(super) fn waits(&self, ticket: u32) -> bool {
        let is_current = ticket == self.ticket && self.waits_for == Some(self.absent);
        !self.done && (is_current || ticket == Wait::OF_COMPONENT)
    }

    /// How many attempts at its current layer are over.
    pub(super) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Counts an attempt that is over.
    pub(super) fn count_attempt(&mut self) -> u32 {
        self.attempts += 1;
        self.attempts
    }

    /// How it retries a call.
    pub(super) fn retry(&self, call: &Call, mode: Mode) -> Retry {
        let retry = Retry::new(&self.bound.attributes, &call.guard.policies, mode);
        if call.is_once() { Retry { attempts: 1, ..retry } } else { retry }
    }

    /// Whether an answer is one that another fetch has asked for, perhaps before this one began, and it wants none of those; or
    /// none at all, for a reason that does not apply to it.
    pub(super) fn wants_its_own(&self, outcome: &RequestOutcome, call: &Call, mode: Mode) -> bool {
        let is_shared = outcome.origin == Origin::Shared && self.trusted_freshness(call, mode).is_none();
        // What the circuit breaker of others has refused.
        let is_refused = outcome.is_refused() && !self.has_breaker(call, mode);
        self.waited_for().is_none() && (is_shared || is_refused)
    }

    /// Whether a failure is that of an attempt which was made before it needed the answer, so that it may try again itself.
    pub(super) fn comes_late_to(&self, outcome: &RequestOutcome, call: &Call, mode: Mode) -> bool {
        // What the source asks to wait is over for those who waited for the request.
        outcome.transient_failure().is_some_and(|failure| failure.retry_after().is_none())
            && self.attempts == 0
            && self.waited_for().is_none()
            && !call.source.is_immediate()
            && self.retry(call, mode).attempts > 1
    }

    /// Whether the circuit breaker of a call applies to it.
    pub(super) fn has_breaker(&self, call: &Call, mode: Mode) -> bool {
        call.guard.has_breaker(self.bound.attributes.circuit_breaker, mode)
    }

    /// Whether another attempt may be made for it.
    pub(super) fn has_attempts_left(&self, call: &Call, mode: Mode) -> bool {
        self.attempts < self.retry(call, mode).attempts
    }

    /// How long it may take with all its attempts and sources.
    pub(super) fn deadline(&self) -> Option<Duration> {
        self.bound.attributes.deadline
    }

    /// How old a value from a call may be; `None` if it is not cached.
    pub(super) fn freshness(&self, call: &Call, mode: Mode) -> Option<Freshness> {
        caching::freshness(&self.bound.attributes, &call.guard.policies, mode)
    }

    /// How old a value from a call may be that it takes without asking; `None` if it asks.
    pub(super) fn trusted_freshness(&self, call: &Call, mode: Mode) -> Option<Freshness> {
        let distrusts = self.rare.as_deref().is_some_and(|rare| rare.distrusts_cache);
        self.freshness(call, mode).filter(|_| !distrusts)
    }

    /// Whether its last known good value is stored.
    pub(super) fn is_stored(&self) -> bool {
        self.bound.is_stored
    }

    /// Notes when the answer came that it takes next.
    pub(super) fn was_answered(&mut self, at: Option<Instant>) {
        self.rare().answered = at;
    }

    pub(super) fn is_done(&self) -> bool {
        self.done
    }

    /// Whether it has ended, and those that wait for it have not been told of it.
    pub(super) fn take_news(&mut self) -> bool {
        self.done && !std::mem::replace(&mut self.rare().told, true)
    }

    pub(super) fn outcome(&self) -> Outcome {
        self.trace.outcome
    }

    pub(super) fn has_failed(&self) -> bool {
        self.trace.outcome == Outcome::Failed
    }

    /// Why it has failed, unless another component is the cause, or a struct that may be missing is around it.
    pub(super) fn own_failure(&self) -> Option<&ComponentError> {
        let problem = self.trace.problem.as_ref().filter(|_| self.done && self.has_failed())?;
        let (kind, is_optional) = (problem.kind(), self.bound.optional.is_some());
        let is_own = kind != ErrorKind::Dependency && !(is_optional && kind == ErrorKind::Absent);
        Some(problem).filter(|_| is_own && !self.bound.is_check)
    }

    /// Whether it has no value.
    pub(super) fn is_check(&self) -> bool {
        self.bound.is_check
    }

    /// The components that wait for this one.
    pub(super) fn dependants(&self) -> &'r [usize] {
        &self.bound.dependants
    }

    pub(super) fn into_trace(self) -> Trace {
        self.trace
    }

    /// The value for a component that names this one, and whether it is sensitive.
    pub(super) fn scalar(&self) -> Option<(&Value, bool)> {
        let (record, sensitive) = self.rare.as_deref()?.inserted.as_ref()?;
        Some((Inserted::scalar(record.value()).ok()?, *sensitive))
    }

    /// The value for a component that names this one, or why there is none and the class of that.
    pub(super) fn inserted(&self) -> Result<Inserted, (SourceError, ErrorKind)> {
        let path = &self.bound.about.path;
        let rare = self.rare.as_deref();
        if let Some(inserted) = self.scalar().and_then(|(value, sensitive)| Inserted::new(value, sensitive).ok()) {
            return Ok(inserted);
        }
        let (message, kind) = match (self.trace.outcome, rare.and_then(|rare| rare.failure)) {
            (Outcome::Failed, kind) => return Err(self.failed(kind.unwrap_or(ErrorKind::Other))),
            (Outcome::Absent, _) => (format!("`{path}` has no value"), ErrorKind::Absent),
            (Outcome::Default, _) => {
                let message =
                    format!("the default of `{path}` is an expression, which cannot be inserted; write a literal");
                (message, ErrorKind::Invalid)
            }
            _ => (format!("`{path}` is not a scalar, so it cannot be inserted"), ErrorKind::Invalid),
        };
        Err((SourceError::new(ErrorKind::Dependency, message).with_transience(false), kind))
    }

    /// Why a component that needs this one cannot be fetched, if it failed.
    pub(super) fn failure(&self) -> Option<(SourceError, ErrorKind)> {
        let kind = self.rare.as_deref().and_then(|rare| rare.failure)?;
        self.has_failed().then(|| self.failed(kind))
    }

    fn failed(&self, kind: ErrorKind) -> (SourceError, ErrorKind) {
        let (path, problem) = (&self.bound.about.path, self.trace.problem.as_ref());
        let message = match problem.is_some_and(ComponentError::is_absent) {
            true => format!("it needs `{path}`, which is absent"),
            false => format!("it needs `{path}`, which failed ({})", kind.label()),
        };
        let transient = problem.is_some_and(ComponentError::is_transient);
        (SourceError::new(ErrorKind::Dependency, message).with_transience(transient), kind)
    }

    fn covered(&self) -> Option<&Covered> {
        self.rare.as_deref()?.covered.as_deref()
    }
}

pub(super) fn announce(run: &Scene<'_>, bound: &BoundComponent) {
    if let (Some(observer), Some(source)) = (run.run.observer, bound.sources.first()) {
        observer.tell(&Event::Started { component: &bound.about.path, source });
    }
}
