//! One component: its layers, one after another, then the rest of the ladder (default or fallback, absence, error).

use std::time::Duration;

use tokio::time::Instant;

use super::{
    Event, Scene, Stage,
    stage::{NoSlot, validate},
    trace::{Detail, Trace},
    waiting::Wait,
};
use crate::{
    Answer, ComponentError, ErrorKind, Inserted, Record, Reply, SourceError, Value,
    bind::{BoundComponent, BoundLayer, Call, Layer},
    cache::{Freshness, Hit},
    decode::{self, Slot},
    error::Tried,
    log,
    policy::{
        caching,
        fallback::{self, Substitute},
        mode::Mode,
        retry::Retry,
        stack::{self, Origin, RequestOutcome},
    },
    registry::{Good, LocalId, LocalValues},
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
    /// Why its `fallback_to` is asked.
    covered: Option<Box<Covered>>,
    /// It waits for its last known good value.
    awaits_stored: bool,
    /// Its value, to become the last known good one.
    good: Option<Box<(Record, Layer, Option<Duration>)>>,
}

/// The failure that a `fallback_to` covers.
struct Covered {
    /// Taken as soon as it is the problem of the component.
    failure: Option<Failure>,
    layer: Option<Layer>,
    /// How many layers had said before that they have no value.
    absent: usize,
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
}

impl<'g> Given<'g> {
    /// The answer of a source that has it without I/O.
    pub(super) fn at_once(answer: &'g Answer) -> Self {
        Self { answer: answer.as_ref(), attempts: stack::ONCE, origin: Origin::Source }
    }

    /// An answer from the cache.
    pub(super) fn cached(hit: &'g Hit) -> Self {
        Self { answer: Ok(&hit.reply), attempts: 0, origin: Origin::Cached(hit.age) }
    }
}

impl<'g> From<&'g RequestOutcome> for Given<'g> {
    fn from(outcome: &'g RequestOutcome) -> Self {
        Self { answer: outcome.answer.as_ref(), attempts: outcome.attempts, origin: outcome.origin }
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

    /// Begins: a literal that does not parse and a component whose sources cannot be asked are done at once.
    pub(super) fn start(&mut self, run: &Scene<'_>, stage: &mut dyn Stage) {
        let (about, sensitive) = (&self.bound.about, self.bound.sensitive);
        let mut no_slot = NoSlot;
        let slot = stage.slot(self.bound.slot).unwrap_or(&mut no_slot);
        if let Err(error) = self.bound.substitutes.check(about, sensitive, slot) {
            self.conclude(run, None, Outcome::Failed, Some(Failure::Source(error)), Duration::ZERO);
        } else if self.bound.own_layers == 0 {
            self.end(run, stage, None, Duration::ZERO);
        }
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
        Retry::new(&self.bound.attributes, &call.guard.policies, mode)
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

    /// Whether its value must not be shown, as far as its attributes, its type and its request tell.
    pub(super) fn has_secret(&self, stage: &mut dyn Stage) -> bool {
        self.is_sensitive() || stage.slot(self.bound.slot).is_some_and(|slot| slot.is_sensitive())
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

    /// Takes the answer of a layer, which came at the time `after` the beginning. If the value is absent, the next
    /// layer is asked; after a failure it is not.
    pub(super) fn take(
        &mut self,
        run: &Scene<'_>,
        stage: &mut dyn Stage,
        layer: Layer,
        given: Given<'_>,
        after: Duration,
    ) {
        self.trace.attempts = given.attempts;
        match given.answer {
            Ok(Reply::Found(record)) => self.take_record(run, stage, layer, (record, given.origin), after),
            Ok(Reply::Absent { .. }) => self.go_on(run, stage, layer, after),
            Ok(_) => self.fail(run, stage, Some(layer), Failure::Source(no_version_was_given()), after),
            Err(error) if error.kind() == ErrorKind::Absent => {
                self.rare().absence = Some(error.clone());
                self.go_on(run, stage, layer, after);
            }
            Err(error) => self.fail(run, stage, Some(layer), Failure::Source(error.clone()), after),
        }
    }

    fn take_record(
        &mut self,
        run: &Scene<'_>,
        stage: &mut dyn Stage,
        layer: Layer,
        (record, origin): (&Record, Origin),
        after: Duration,
    ) {
        let mut no_slot = NoSlot;
        let slot = stage.slot(self.bound.slot).unwrap_or(&mut no_slot);
        match record.read_into(slot, self.is_sensitive()) {
            // Most components: nobody looks at the value.
            Ok(()) if self.bound.plain && !run.run.detailed => {
                self.done = true;
                let outcome = outcome_of(origin);
                (self.trace.outcome, self.trace.layer, self.trace.elapsed) = (outcome, Some(layer), after);
                if run.run.observer.is_some() {
                    self.tell(run);
                }
            }
            Ok(()) => {
                let sensitive = run.run.detailed || self.bound.validated || !self.bound.dependants.is_empty();
                let sensitive = sensitive && (self.is_sensitive() || record.is_sensitive() || slot.is_sensitive());
                match self.validate(stage, sensitive) {
                    Ok(()) => self.succeed(run, layer, (record, origin), sensitive, after),
                    Err(error) => {
                        let place = record.place(&decode::Path::default());
                        let error = place.into_iter().fold(error, SourceError::at);
                        self.fail(run, stage, Some(layer), Failure::Source(error), after);
                    }
                }
            }
            // The source has an answer, but for the type it contains no value: a query without rows.
            Err(error) if error.kind() == ErrorKind::Absent => self.go_on(run, stage, layer, after),
            Err(error) => self.fail(run, stage, Some(layer), Failure::Source(error), after),
        }
    }

    /// Ends because a component that this one needs has no value that can be inserted.
    pub(super) fn fail_dependency(
        &mut self,
        run: &Scene<'_>,
        stage: &mut dyn Stage,
        error: SourceError,
        cause: ErrorKind,
        after: Duration,
    ) {
        self.fail(run, stage, None, Failure::Dependency(error, cause), after);
    }

    /// Ends because its layer cannot be bound.
    pub(super) fn fail_to_bind(&mut self, run: &Scene<'_>, stage: &mut dyn Stage, error: SourceError, after: Duration) {
        let source = self.bound.sources.get(self.absent).map_or("", |source| source);
        let error = ComponentError::new(error).located(source, "").about(&self.bound.about);
        self.fail(run, stage, None, Failure::Bound(error), after);
    }

    /// Ends with an error, unless it has ended.
    pub(super) fn fail_unless_done(
        &mut self,
        run: &Scene<'_>,
        stage: &mut dyn Stage,
        error: &SourceError,
        attempts: u32,
        after: Duration,
    ) {
        if self.done {
            return;
        }
        self.trace.attempts = self.trace.attempts.max(self.attempts).max(attempts);
        self.fail(run, stage, self.layer_to_ask(), Failure::Source(error.clone()), after);
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
                (format!("`{path}` has a default that is not text, so it cannot be inserted"), ErrorKind::Invalid)
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

    fn succeed(
        &mut self,
        run: &Scene<'_>,
        layer: Layer,
        (record, origin): (&Record, Origin),
        sensitive: bool,
        after: Duration,
    ) {
        self.keep(run, record, sensitive, age_of(origin));
        if self.bound.is_stored && !matches!(origin, Origin::Cached(_)) {
            self.rare().good = Some(Box::new((record.clone(), layer, age_of(origin))));
        }
        match self.rare.as_deref_mut().and_then(|rare| rare.covered.as_mut()) {
            None => self.conclude(run, Some(layer), outcome_of(origin), None, after),
            Some(covered) => {
                let failure = covered.failure.take();
                self.conclude(run, Some(layer), Outcome::OtherSource, failure, after);
            }
        }
    }

    fn covered(&self) -> Option<&Covered> {
        self.rare.as_deref()?.covered.as_deref()
    }

    /// Goes on with the `fallback_to`, if it covers the failure; gives the failure back if not.
    fn ask_other(&mut self, failure: Failure, layer: Option<Layer>) -> Result<(), Failure> {
        let (kind, absent) = (failure.kind(), self.absent);
        let has_other = self.bound.layers.len() > self.bound.own_layers && fallback::cannot_answer(kind);
        let has_stored = self.bound.is_stored && (fallback::cannot_answer(kind) || fallback::is_wrong(kind));
        if !has_other && !has_stored {
            return Err(failure);
        }
        let covered = Covered { failure: Some(failure), layer, absent };
        let rare = self.rare();
        (rare.covered, rare.awaits_stored) = (Some(Box::new(covered)), has_stored);
        (self.absent, self.attempts) = (self.bound.own_layers, 0);
        Ok(())
    }

    /// Whether it waits for its last known good value.
    pub(super) fn is_loading(&self) -> bool {
        matches!(self.next(), Next::Load)
    }

    /// Takes its last known good value, or fails if there is none that is good.
    pub(super) fn take_stored(&mut self, run: &Scene<'_>, stage: &mut dyn Stage, known: &LocalValues, after: Duration) {
        self.rare().awaits_stored = false;
        let layer = self.covered().and_then(|covered| covered.layer);
        let ids = self.local_ids(run);
        let Some((record, age)) = ids.iter().find_map(|id| known.find(id)) else {
            return self.fail(run, stage, layer, Failure::Absent, after);
        };
        let sensitive = self.has_secret(stage) || record.is_sensitive();
        let mut no_slot = NoSlot;
        let slot = stage.slot(self.bound.slot).unwrap_or(&mut no_slot);
        if record.read_into(slot, sensitive).is_err() || self.validate(stage, sensitive).is_err() {
            return self.fail(run, stage, layer, Failure::Absent, after);
        }
        self.keep(run, &record, sensitive, age);
        let failure = self.rare().covered.as_mut().and_then(|covered| covered.failure.take());
        self.conclude(run, layer, Outcome::LastKnownGood, failure, after);
    }

    /// What its last known good value may belong to: any of its requests, as far as they are known.
    fn local_ids(&self, run: &Scene<'_>) -> Vec<LocalId> {
        let layers = (0..self.bound.own_layers).filter_map(|position| {
            match (self.late(position), &self.bound.layers[position]) {
                (Some(layer), _) | (None, BoundLayer::Ready(layer)) => Some(*layer),
                (None, BoundLayer::Late(_)) => None,
            }
        });
        layers.map(|layer| self.local_id(run, layer)).collect()
    }

    fn local_id(&self, run: &Scene<'_>, layer: Layer) -> LocalId {
        let call = run.calls.get(layer.call());
        LocalId::new(&self.bound.about.full_path(), &call.name, &call.requests[layer.request()])
    }

    /// Its value, to become the last known good one.
    pub(super) fn good(&mut self, run: &Scene<'_>, stage: &mut dyn Stage) -> Option<Good> {
        let rare = self.rare.as_deref_mut()?;
        // What its request was is stored in plain text.
        let (record, layer, age) = *rare.good.take().filter(|_| !rare.received_secret)?;
        let sensitive = self.has_secret(stage) || record.is_sensitive();
        Some(Good { id: self.local_id(run, layer), record, age: age.unwrap_or_default(), sensitive })
    }

    /// Keeps what others need to know about its value.
    fn keep(&mut self, run: &Scene<'_>, record: &Record, sensitive: bool, age: Option<Duration>) {
        if run.run.detailed {
            self.trace.detail = Some(Box::new(detail(record, sensitive, age)));
        }
        self.keep_for_others(record, sensitive);
    }

    /// Uses an older value of the cache, since the source cannot answer; gives the failure back if there is none.
    fn use_stale(
        &mut self,
        run: &Scene<'_>,
        stage: &mut dyn Stage,
        layer: Option<Layer>,
        failure: Failure,
        after: Duration,
    ) -> Result<(), Failure> {
        let Some(hit) = layer.filter(|_| fallback::cannot_answer(failure.kind())).and_then(|layer| {
            let call = run.calls.get(layer.call());
            let freshness = self.freshness(call, run.run.mode)?;
            run.run.cache.stale(&caching::key(call, layer.request())?, freshness, Instant::now())
        }) else {
            return Err(failure);
        };
        let Some(record) = hit.reply.record() else { return Err(failure) };
        let sensitive = self.has_secret(stage) || record.is_sensitive();
        let mut no_slot = NoSlot;
        let slot = stage.slot(self.bound.slot).unwrap_or(&mut no_slot);
        if record.read_into(slot, sensitive).is_err() || self.validate(stage, sensitive).is_err() {
            return Err(failure);
        }
        self.keep(run, record, sensitive, Some(hit.age));
        self.conclude(run, layer, Outcome::Stale, Some(failure), after);
        Ok(())
    }

    /// Notes that a sensitive value is part of its request: the source may repeat it, in an error or as the value.
    pub(super) fn receive_secret(&mut self) {
        self.rare().received_secret = true;
    }

    fn is_sensitive(&self) -> bool {
        self.bound.sensitive || self.rare.as_deref().is_some_and(|rare| rare.received_secret)
    }

    fn keep_for_others(&mut self, record: &Record, sensitive: bool) {
        if !self.bound.dependants.is_empty() {
            let is_scalar = Inserted::scalar(record.value()).is_ok();
            self.rare().inserted = is_scalar.then(|| (record.clone(), sensitive));
        }
    }

    fn validate(&self, stage: &mut dyn Stage, sensitive: bool) -> Result<(), SourceError> {
        if !self.bound.validated {
            return Ok(());
        }
        validate(stage, self.bound.slot, sensitive)
    }

    fn go_on(&mut self, run: &Scene<'_>, stage: &mut dyn Stage, layer: Layer, after: Duration) {
        self.absent += 1;
        self.attempts = 0;
        if self.covered().is_some() || self.absent == self.bound.own_layers {
            self.end(run, stage, Some(layer), after);
        }
    }

    /// No layer is left: the next source cannot be asked, or none has the value.
    fn end(&mut self, run: &Scene<'_>, stage: &mut dyn Stage, layer: Option<Layer>, after: Duration) {
        match &self.bound.refused {
            _ if self.covered().is_some() => self.fail(run, stage, layer, Failure::Absent, after),
            Some(refused) => self.fail(run, stage, None, Failure::Refused(refused.clone()), after),
            None => {
                let absence = self.rare.as_mut().and_then(|rare| rare.absence.take());
                self.fail(run, stage, layer, absence.map_or(Failure::Absent, Failure::Source), after);
            }
        }
    }

    /// No fresh value: the rest of the ladder.
    fn fail(
        &mut self,
        run: &Scene<'_>,
        stage: &mut dyn Stage,
        layer: Option<Layer>,
        failure: Failure,
        after: Duration,
    ) {
        let bound = self.bound;
        let is_sensitive = self.is_sensitive() || stage.slot(bound.slot).is_some_and(|slot| slot.is_sensitive());
        let failure = if is_sensitive { failure.without_foreign_text() } else { failure };
        let (failure, layer) = match self.rare.as_deref_mut().and_then(|rare| rare.covered.as_mut()) {
            // The other source does not have it either: what it says is not why it was asked.
            Some(covered) => (covered.failure.take().unwrap_or(failure), covered.layer),
            None => {
                let Err(failure) = self.use_stale(run, stage, layer, failure, after) else { return };
                let Err(failure) = self.ask_other(failure, layer) else { return };
                (failure, layer)
            }
        };
        let kind = failure.kind();
        let outcome = match bound.substitutes.for_failure(kind) {
            Some(substitute) => match self.substitute(stage, substitute) {
                Ok(outcome) => outcome,
                Err(error) => {
                    return self.conclude(run, layer, Outcome::Failed, Some(Failure::Source(error)), after);
                }
            },
            None if bound.is_check && !fallback::tells_about_the_value(kind) => {
                if kind != ErrorKind::Absent {
                    log::unchecked(&self.error(run, failure, layer));
                }
                return self.conclude(run, layer, Outcome::Absent, None, after);
            }
            None if kind == ErrorKind::Absent && stage.slot(bound.slot).is_some_and(Slot::accept_absence) => {
                Outcome::Absent
            }
            None => Outcome::Failed,
        };
        self.conclude(run, layer, outcome, Some(failure), after);
    }

    /// Puts a substitute into the slot.
    fn substitute(&mut self, stage: &mut dyn Stage, substitute: Substitute<'_>) -> Result<Outcome, SourceError> {
        let mut no_slot = NoSlot;
        let (outcome, literal) = match substitute {
            Substitute::Default(text) => (Outcome::Default, Some(text)),
            Substitute::EvaluatedDefault => (Outcome::Default, None),
            Substitute::Fallback(text) => (Outcome::Fallback, Some(text)),
        };
        let slot = stage.slot(self.bound.slot).unwrap_or(&mut no_slot);
        let sensitive = self.is_sensitive() || slot.is_sensitive();
        match literal {
            Some(text) => {
                let value = Value::text(text);
                slot.decode(&value).map_err(|_| no_substitute())?;
                self.keep_for_others(&value.into(), sensitive);
            }
            None if stage.default(self.bound.slot) => {}
            None => return Err(no_substitute()),
        }
        self.validate(stage, sensitive).map_err(|error| {
            let name = if outcome == Outcome::Default { "default" } else { "fallback" };
            fallback::not_valid(name, &error)
        })?;
        Ok(outcome)
    }

    /// Informs the observer and the log, and creates the trace.
    fn conclude(
        &mut self,
        run: &Scene<'_>,
        layer: Option<Layer>,
        outcome: Outcome,
        failure: Option<Failure>,
        elapsed: Duration,
    ) {
        self.done = true;
        let place = self.covered().map_or(layer, |covered| covered.layer);
        let kind = failure.as_ref().map(Failure::kind);
        let problem = failure
            .filter(|_| outcome != Outcome::Absent)
            .map(|failure| self.error(run, failure, place).after(self.trace.attempts, elapsed));
        (self.trace.outcome, self.trace.layer) = (outcome, layer);
        (self.trace.elapsed, self.trace.problem) = (elapsed, problem);
        if outcome == Outcome::Failed || self.bound.optional.is_some() {
            self.rare().failure = kind;
        }
        // A substitute for an absent value is no value of a struct that is missing.
        match self.bound.optional.is_some() && kind == Some(ErrorKind::Absent) {
            true => self.rare().undecided = true,
            false => self.tell(run),
        }
    }

    fn tell(&self, run: &Scene<'_>) {
        let Trace { outcome, elapsed, problem, .. } = &self.trace;
        if let Some(problem) = problem {
            log::problem(*outcome, problem);
        }
        if let Some(observer) = run.run.observer.filter(|_| !self.bound.is_check) {
            let component = &*self.bound.about.path;
            observer.tell(&Event::Finished {
                component,
                outcome: *outcome,
                elapsed: *elapsed,
                problem: problem.as_ref(),
            });
        }
    }

    /// The nested struct around it that may be missing, if a value or a failure of this component makes it required.
    pub(super) fn requires(&self) -> Option<usize> {
        let failure = self.rare.as_deref().and_then(|rare| rare.failure);
        let absent = matches!(self.trace.outcome, Outcome::Absent) || failure == Some(ErrorKind::Absent);
        self.bound.optional.filter(|_| !absent)
    }

    /// Ends now that it is known whether the nested struct around it is missing.
    pub(super) fn decide(&mut self, run: &Scene<'_>, stage: &mut dyn Stage, is_missing: impl Fn(usize) -> bool) {
        if self.bound.optional.is_some_and(is_missing) {
            self.clear(stage);
            (self.trace.outcome, self.trace.problem) = (Outcome::Absent, None);
        }
        if self.rare.as_deref_mut().is_some_and(|rare| std::mem::take(&mut rare.undecided)) {
            self.tell(run);
        }
    }

    /// Leaves no value behind: neither a literal that was decoded before, nor a value that is not valid.
    pub(super) fn clear(&self, stage: &mut dyn Stage) {
        if let Some(slot) = stage.slot(self.bound.slot) {
            slot.clear();
        }
    }

    /// The complete error: the source's error with the component and the place.
    fn error(&self, run: &Scene<'_>, failure: Failure, layer: Option<Layer>) -> ComponentError {
        let absent = self.absent_layers();
        let tried = || absent.iter().map(|layer| tried(run, *layer)).collect();
        let failure = match failure {
            Failure::Bound(error) | Failure::Refused(error) => return error.tried(tried()),
            Failure::Absent => absence(run, &absent),
            Failure::Source(failure) | Failure::Dependency(failure, _) => failure,
        };
        let everywhere_absent = failure.kind() == ErrorKind::Absent;
        let error = ComponentError::new(failure).about(&self.bound.about);
        // If only one source was asked, it is the source of the error; several are listed.
        let several = absent.len() > 1 || !everywhere_absent;
        let error = if several { error.tried(tried()) } else { error };
        match layer {
            Some(layer) if !(everywhere_absent && several) => {
                let (source, locator) = run.place_of(layer);
                error.located(source, locator)
            }
            _ => error,
        }
    }
}

fn no_substitute() -> SourceError {
    SourceError::new(ErrorKind::Misconfigured, "the stage has no value for the substitute of the component")
}

/// The longest locator that a message repeats: a query is only in the line of the source.
const SHORT: usize = 60;

/// Absence without a message of the source, which says what was asked if it was one source.
fn absence(run: &Scene<'_>, absent: &[Layer]) -> SourceError {
    const OPTIONAL: &str = "if the value may be missing, add a `default` or make the field an `Option`";
    let [only] = absent else {
        return SourceError::new(ErrorKind::Absent, "no source has the value").with_hint(OPTIONAL);
    };
    let (source, locator) = run.place_of(*only);
    let message = match locator.chars().count() {
        1..=SHORT => format!("`{source}` has no value for `{locator}`"),
        _ => format!("`{source}` has no value"),
    };
    SourceError::new(ErrorKind::Absent, message)
        .with_hint("set it there; if it may be missing, add a `default` or make the field an `Option`")
}

fn no_version_was_given() -> SourceError {
    SourceError::new(ErrorKind::Malformed, "the source reports no change, but no version was given to it")
}

/// The place and the version of a value. A version may reveal something about its value.
fn detail(record: &Record, sensitive: bool, age: Option<Duration>) -> Detail {
    let version = record.version().filter(|_| !sensitive);
    Detail {
        place: record.place(&decode::Path::default()),
        version: version.map(|version| version.as_str().to_owned()),
        age,
    }
}

fn outcome_of(origin: Origin) -> Outcome {
    if matches!(origin, Origin::Cached(_)) { Outcome::Cached } else { Outcome::Fetched }
}

fn age_of(origin: Origin) -> Option<Duration> {
    if let Origin::Cached(age) = origin { Some(age) } else { None }
}

pub(super) fn announce(run: &Scene<'_>, bound: &BoundComponent) {
    if let (Some(observer), Some(source)) = (run.run.observer, bound.sources.first()) {
        observer.tell(&Event::Started { component: &bound.about.path, source });
    }
}

fn tried(run: &Scene<'_>, layer: Layer) -> Tried {
    let (source, locator) = run.place_of(layer);
    Tried { source: source.to_owned(), locator: locator.to_owned() }
}
