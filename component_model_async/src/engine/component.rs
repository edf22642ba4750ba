//! One component: its layers, one after another, then the next steps (fallback literal, absence, error).

use std::time::Duration;

use super::{
    Event, Run,
    trace::{Detail, Trace},
};
use crate::{
    ComponentError, ErrorKind, Record, Reply, Slot, SourceError,
    bind::{BoundComponent, Layer},
    decode,
    error::Tried,
    log,
    policy::fallback,
    report::Outcome,
};

/// The state of a component, from its beginning to its outcome. All components begin with the fetch.
pub(super) struct ComponentState<'r> {
    bound: &'r BoundComponent,
    /// What happened to it, written when it is done.
    trace: Trace<'r>,
    has_fallback: bool,
    done: bool,
    /// How many layers said that they have no value; the next one is asked.
    absent: usize,
    /// The layer that it waits for.
    waits_for: Option<usize>,
    /// The message of the last absent layer; boxed, since few layers have one.
    absence: Option<Box<SourceError>>,
}

/// Why there is no fresh value: no source has it, the error of a source, or one from binding, which is already complete.
enum Failure {
    /// The message is created only if somebody reads it.
    Absent,
    Source(SourceError),
    Bound(ComponentError),
}

impl Failure {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Absent => ErrorKind::Absent,
            Self::Source(error) => error.kind(),
            Self::Bound(error) => error.kind(),
        }
    }

    fn without_foreign_text(self) -> Self {
        match self {
            Self::Absent => Self::Absent,
            Self::Source(error) => Self::Source(error.without_foreign_text()),
            Self::Bound(error) => Self::Bound(error.without_foreign_text()),
        }
    }
}

impl<'r> ComponentState<'r> {
    pub(super) fn new(bound: &'r BoundComponent) -> Self {
        Self {
            bound,
            trace: Trace::PENDING,
            has_fallback: false,
            done: false,
            absent: 0,
            waits_for: None,
            absence: None,
        }
    }

    /// Whether there is something to do before its layers are asked.
    pub(super) fn has_to_start(&self) -> bool {
        self.bound.component.policy.fallback.is_some() || self.bound.layers.is_empty()
    }

    /// Begins: a fallback that does not parse and a component whose sources cannot be asked are done at once.
    pub(super) fn start(&mut self, run: &Run<'_>, slot: &mut dyn Slot) {
        match fallback::prepare(self.bound.component, slot) {
            Err(error) => self.fail(run, slot, None, Failure::Source(error), Duration::ZERO),
            Ok(has_fallback) => {
                self.has_fallback = has_fallback;
                if self.bound.layers.is_empty() {
                    self.end(run, slot, None, Duration::ZERO);
                }
            }
        }
    }

    /// The layer whose answer it needs; `None` when it is done.
    pub(super) fn layer_to_ask(&self) -> Option<&'r Layer> {
        if self.done { None } else { self.bound.layers.get(self.absent) }
    }

    /// Records that it waits for the layer that it needs, and returns the layer; `None` if it waits already.
    pub(super) fn begin_to_wait(&mut self) -> Option<usize> {
        let layer = self.absent;
        (self.waits_for.replace(layer) != Some(layer)).then_some(layer)
    }

    /// Whether it still waits for a layer.
    pub(super) fn waits_for(&self, layer: usize) -> bool {
        !self.done && self.waits_for == Some(layer) && self.absent == layer
    }

    pub(super) fn has_failed(&self) -> bool {
        self.trace.outcome == Outcome::Failed
    }

    pub(super) fn into_trace(self) -> Trace<'r> {
        self.trace
    }

    /// Takes the answer of a layer, which came at the time `after` the beginning. If the value is absent, the next
    /// layer is asked; after a failure it is not.
    pub(super) fn take(
        &mut self,
        run: &Run<'_>,
        slot: &mut dyn Slot,
        layer: &'r Layer,
        answer: Result<&Reply, &SourceError>,
        attempts: u32,
        after: Duration,
    ) {
        self.trace.attempts = attempts;
        match answer {
            Ok(Reply::Found(record)) => match record.read_into(slot, self.bound.component.sensitive) {
                Ok(()) => self.succeed(run, slot, layer, record, after),
                // The source has an answer, but for the type it contains no value: a query without rows.
                Err(error) if error.kind() == ErrorKind::Absent => self.go_on(run, slot, layer, after),
                Err(error) => self.fail(run, slot, Some(layer), Failure::Source(error), after),
            },
            Ok(Reply::Absent { .. }) => self.go_on(run, slot, layer, after),
            Ok(_) => self.fail(run, slot, Some(layer), Failure::Source(no_version_was_given()), after),
            Err(error) if error.kind() == ErrorKind::Absent => {
                self.absence = Some(Box::new(error.clone()));
                self.go_on(run, slot, layer, after);
            }
            Err(error) => self.fail(run, slot, Some(layer), Failure::Source(error.clone()), after),
        }
    }

    /// Ends with an error, unless it has ended.
    pub(super) fn fail_unless_done(
        &mut self,
        run: &Run<'_>,
        slot: &mut dyn Slot,
        error: &SourceError,
        after: Duration,
    ) {
        if let Some(layer) = self.layer_to_ask() {
            self.trace.attempts = self.trace.attempts.max(u32::from(self.waits_for == Some(self.absent)));
            self.fail(run, slot, Some(layer), Failure::Source(error.clone()), after);
        }
    }

    fn succeed(&mut self, run: &Run<'_>, slot: &mut dyn Slot, layer: &'r Layer, record: &Record, after: Duration) {
        if run.detailed {
            let sensitive = self.bound.component.sensitive || record.is_sensitive() || slot.is_sensitive();
            self.trace.detail = Some(Box::new(detail(record, sensitive)));
        }
        self.conclude(run, Some(layer), Outcome::Fetched, None, after);
    }

    fn go_on(&mut self, run: &Run<'_>, slot: &mut dyn Slot, layer: &'r Layer, after: Duration) {
        self.absent += 1;
        if self.absent == self.bound.layers.len() {
            self.end(run, slot, Some(layer), after);
        }
    }

    /// No layer is left: the next source cannot be asked, or none has the value.
    fn end(&mut self, run: &Run<'_>, slot: &mut dyn Slot, layer: Option<&'r Layer>, after: Duration) {
        match &self.bound.refused {
            Some(refused) => self.fail(run, slot, None, Failure::Bound(refused.clone()), after),
            None => {
                let absence = self.absence.take().map_or(Failure::Absent, |absence| Failure::Source(*absence));
                self.fail(run, slot, layer, absence, after);
            }
        }
    }

    /// No fresh value: the rest of the ladder.
    fn fail(
        &mut self,
        run: &Run<'_>,
        slot: &mut dyn Slot,
        layer: Option<&'r Layer>,
        failure: Failure,
        after: Duration,
    ) {
        let failure = if slot.is_sensitive() { failure.without_foreign_text() } else { failure };
        let outcome = match failure.kind() {
            _ if self.has_fallback => Outcome::Fallback,
            ErrorKind::Absent if slot.accept_absence() => Outcome::Absent,
            _ => Outcome::Failed,
        };
        self.conclude(run, layer, outcome, Some(failure), after);
    }

    /// Informs the observer and the log, and creates the trace.
    fn conclude(
        &mut self,
        run: &Run<'_>,
        layer: Option<&'r Layer>,
        outcome: Outcome,
        failure: Option<Failure>,
        elapsed: Duration,
    ) {
        let absent = &self.bound.layers[..self.absent];
        let problem = failure
            .filter(|_| outcome != Outcome::Absent)
            .map(|failure| error_of(run, self.bound, failure, layer, absent).after(self.trace.attempts, elapsed));
        if let Some(problem) = &problem {
            log::problem(outcome, problem);
        }
        if let Some(observer) = run.observer {
            let (component, problem) = (self.bound.component.name, problem.as_ref());
            observer.tell(&Event::Finished { component, outcome, elapsed, problem });
        }
        self.done = true;
        (self.trace.outcome, self.trace.layer) = (outcome, layer);
        (self.trace.elapsed, self.trace.problem) = (elapsed, problem);
    }
}

/// The longest locator that a message repeats: a query is only in the line of the source.
const SHORT: usize = 60;

/// Absence without a message of the source, which says what was asked if it was one source.
fn absence(run: &Run<'_>, absent: &[Layer]) -> SourceError {
    const OPTIONAL: &str = "if the value may be missing, add a `fallback` or make the field an `Option`";
    let [only] = absent else {
        return SourceError::new(ErrorKind::Absent, "no source has the value").with_hint(OPTIONAL);
    };
    let (source, locator) = run.bound.place_of(only);
    let message = match locator.chars().count() {
        1..=SHORT => format!("`{source}` has no value for `{locator}`"),
        _ => format!("`{source}` has no value"),
    };
    SourceError::new(ErrorKind::Absent, message)
        .with_hint("set it there; if it may be missing, add a `fallback` or make the field an `Option`")
}

fn no_version_was_given() -> SourceError {
    SourceError::new(ErrorKind::Malformed, "the source reports no change, but no version was given to it")
}

/// The place and the version of a value. A version may reveal something about its value.
fn detail(record: &Record, sensitive: bool) -> Detail {
    let version = record.version().filter(|_| !sensitive);
    Detail {
        place: record.place(&decode::Path::default()),
        version: version.map(|version| version.as_str().to_owned()),
    }
}

pub(super) fn announce(run: &Run<'_>, bound: &BoundComponent) {
    if let (Some(observer), Some(source)) = (run.observer, bound.component.sources.first()) {
        observer.tell(&Event::Started { component: bound.component.name, source });
    }
}

/// The complete error: the source's error with the component and the place.
fn error_of(
    run: &Run<'_>,
    bound: &BoundComponent,
    failure: Failure,
    layer: Option<&Layer>,
    absent: &[Layer],
) -> ComponentError {
    let failure = match failure {
        Failure::Bound(error) => return error.tried(absent.iter().map(|layer| tried(run, layer)).collect()),
        Failure::Absent => absence(run, absent),
        Failure::Source(failure) => failure,
    };
    let everywhere_absent = failure.kind() == ErrorKind::Absent;
    let error = ComponentError::new(failure).of(run.bound.plan.name, bound.component);
    // If only one source was asked, it is the source of the error; several are listed.
    let several = absent.len() > 1 || !everywhere_absent;
    let error = if several { error.tried(absent.iter().map(|layer| tried(run, layer)).collect()) } else { error };
    match layer {
        Some(layer) if !(everywhere_absent && several) => {
            let (source, locator) = run.bound.place_of(layer);
            error.located(source, locator)
        }
        _ => error,
    }
}

fn tried(run: &Run<'_>, layer: &Layer) -> Tried {
    let (source, locator) = run.bound.place_of(layer);
    Tried { source: source.to_owned(), locator: locator.to_owned() }
}
