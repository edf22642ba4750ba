//! One component: its layers in turn, then its ladder (fresh value, fallback literal, absence, error).

use std::time::Duration;

use component_model_types::plan::Component;

use super::{Event, Run};
use crate::{
    ComponentError, ErrorKind, Record, Slot, SourceError,
    bind::{BoundComponent, Layer},
    error::Tried,
    log,
    policy::fallback,
    report::{Outcome, Trace},
};

/// A component, from its beginning to its outcome. All components begin with the fetch.
pub(super) struct ComponentState<'r> {
    bound: &'r BoundComponent,
    slot: &'r mut dyn Slot,
    /// What happened to it, written when it is done.
    trace: &'r mut Trace,
    has_fallback: bool,
    done: bool,
    attempts: u32,
    /// How many layers said that they have no value; the next one is asked.
    absent: usize,
    /// What the last of them said; boxed, since few have anything to say.
    absence: Option<Box<SourceError>>,
}

/// Why there is no fresh value: of a source, or found while binding, when the error is whole already.
enum Failure {
    Source(SourceError),
    Bound(ComponentError),
}

impl Failure {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Source(error) => error.kind(),
            Self::Bound(error) => error.kind(),
        }
    }
}

impl<'r> ComponentState<'r> {
    pub(super) fn new(bound: &'r BoundComponent, slot: &'r mut dyn Slot, trace: &'r mut Trace) -> Self {
        Self { bound, slot, trace, has_fallback: false, done: false, attempts: 0, absent: 0, absence: None }
    }

    /// Begins: a fallback that does not parse and a component whose sources cannot be asked are done at once.
    pub(super) fn start(&mut self, run: &Run<'_>) {
        announce(run, self.bound);
        match fallback::prepare(self.bound.component, self.slot) {
            Err(error) => self.fail(run, None, Failure::Source(error), Duration::ZERO),
            Ok(has_fallback) => {
                self.has_fallback = has_fallback;
                if self.bound.layers.is_empty() {
                    self.end(run, None, Duration::ZERO);
                }
            }
        }
    }

    /// The layer whose answer it waits for; `None` when it is done.
    pub(super) fn layer_to_ask(&self) -> Option<Layer> {
        if self.done { None } else { self.bound.layers.get(self.absent).copied() }
    }

    /// Takes the answer of a layer, which came so long `after` the beginning: absence goes on to the next, a failure does not.
    pub(super) fn take(
        &mut self,
        run: &Run<'_>,
        layer: Layer,
        answer: Result<Option<&Record>, &SourceError>,
        attempts: u32,
        after: Duration,
    ) {
        self.attempts = attempts;
        match answer {
            Ok(Some(found)) => match decode(found, self.bound.component, self.slot) {
                Ok(Decoded::Value) => {
                    self.trace.record = Some(found.clone());
                    self.conclude(run, Some(layer), Outcome::Fetched, None, after);
                }
                Ok(Decoded::Absence) => self.go_on(run, layer, after),
                Err(error) => self.fail(run, Some(layer), Failure::Source(error), after),
            },
            Ok(None) => self.go_on(run, layer, after),
            Err(error) if error.kind() == ErrorKind::Absent => {
                self.absence = Some(Box::new(error.clone()));
                self.go_on(run, layer, after);
            }
            Err(error) => self.fail(run, Some(layer), Failure::Source(error.clone()), after),
        }
    }

    /// Ends with an error, unless it has ended.
    pub(super) fn fail_unless_done(&mut self, run: &Run<'_>, error: &SourceError, after: Duration) {
        if let Some(layer) = self.layer_to_ask() {
            self.fail(run, Some(layer), Failure::Source(error.clone()), after);
        }
    }

    fn go_on(&mut self, run: &Run<'_>, layer: Layer, after: Duration) {
        self.absent += 1;
        if self.absent == self.bound.layers.len() {
            self.end(run, Some(layer), after);
        } else {
            self.trace.passed.push(after);
        }
    }

    /// No layer is left: the next source cannot be asked, or none has the value.
    fn end(&mut self, run: &Run<'_>, layer: Option<Layer>, after: Duration) {
        match &self.bound.refused {
            Some(refused) => self.fail(run, None, Failure::Bound(refused.clone()), after),
            None => {
                let absence = self.absence.take().map_or_else(absence, |absence| *absence);
                self.fail(run, layer, Failure::Source(absence), after);
            }
        }
    }

    /// No fresh value: the rest of the ladder.
    fn fail(&mut self, run: &Run<'_>, layer: Option<Layer>, failure: Failure, after: Duration) {
        let outcome = match failure.kind() {
            _ if self.has_fallback => Outcome::Fallback,
            ErrorKind::Absent if self.slot.accept_absence() => Outcome::Absent,
            _ => Outcome::Failed,
        };
        self.conclude(run, layer, outcome, Some(failure), after);
    }

    /// Tells the observer and the log, and puts together what is known.
    fn conclude(
        &mut self,
        run: &Run<'_>,
        layer: Option<Layer>,
        outcome: Outcome,
        failure: Option<Failure>,
        elapsed: Duration,
    ) {
        let absent = &self.bound.layers[..self.absent];
        let problem = failure
            .filter(|_| outcome != Outcome::Absent)
            .map(|failure| error_of(run, self.bound, failure, layer, absent).after(self.attempts, elapsed));
        if let Some(problem) = &problem {
            log::problem(outcome, problem);
        }
        if let Some(observer) = run.observer {
            let (component, problem) = (self.bound.component.name, problem.as_ref());
            observer.tell(&Event::Finished { component, outcome, elapsed, problem });
        }
        self.done = true;
        let (passed, record) = (std::mem::take(&mut self.trace.passed), self.trace.record.take());
        let (attempts, offset) = (self.attempts, Duration::ZERO);
        *self.trace = Trace { outcome, layer, attempts, offset, elapsed, problem, passed, record };
    }
}

fn absence() -> SourceError {
    SourceError::new(ErrorKind::Absent, "no source has the value")
        .with_hint("where the value may be missing, a `fallback` or an `Option` serves")
}

enum Decoded {
    Value,
    /// The source has an answer in which the type finds no value: a query without rows.
    Absence,
}

fn decode(found: &Record, component: &Component, slot: &mut dyn Slot) -> Result<Decoded, SourceError> {
    let Err(error) = slot.decode(found.value()) else { return Ok(Decoded::Value) };
    if error.is_absent() {
        return Ok(Decoded::Absence);
    }
    let place = found.place(error.path());
    let error =
        SourceError::from(if component.sensitive || slot.is_sensitive() { error.of_sensitive() } else { error });
    Err(match place {
        Some(place) => error.at(place),
        None => error,
    })
}

fn announce(run: &Run<'_>, bound: &BoundComponent) {
    if let (Some(observer), Some(source)) = (run.observer, bound.component.sources.first()) {
        observer.tell(&Event::Started { component: bound.component.name, source });
    }
}

/// The full error: what the source said, and where it stood.
fn error_of(
    run: &Run<'_>,
    bound: &BoundComponent,
    failure: Failure,
    layer: Option<Layer>,
    absent: &[Layer],
) -> ComponentError {
    let failure = match failure {
        Failure::Bound(error) => return error.tried(absent.iter().map(|layer| tried(run, *layer)).collect()),
        Failure::Source(failure) => failure,
    };
    let everywhere_absent = failure.kind() == ErrorKind::Absent;
    let error = ComponentError::new(failure).of(run.bound.plan.name, bound.component);
    // The one source that was asked is the source of the error; several are listed.
    let several = absent.len() > 1 || !everywhere_absent;
    let error = if several { error.tried(absent.iter().map(|layer| tried(run, *layer)).collect()) } else { error };
    match layer {
        Some(layer) if !(everywhere_absent && several) => {
            let (source, locator) = run.bound.place_of(layer);
            error.located(source, locator)
        }
        _ => error,
    }
}

fn tried(run: &Run<'_>, layer: Layer) -> Tried {
    let (source, locator) = run.bound.place_of(layer);
    Tried { source: source.to_owned(), locator: locator.to_owned() }
}
