//! The ladder of a component that has no fresh value: stale, another source, the last known good value, a substitute, absence or
//! an error.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    super::{Event, Scene, Stage, stage::NoSlot, trace::Trace},
    ComponentState, Covered, Failure, Known,
};
use crate::{
    ComponentError, ErrorKind, SourceError, Value,
    bind::Layer,
    decode::Slot,
    log,
    policy::{
        caching,
        fallback::{self, Substitute},
    },
    report::Outcome,
};

impl ComponentState<'_> {
    /// Begins: a literal that does not parse and a component whose sources cannot be asked are done at once.
    pub(in crate::engine) fn start(&mut self, run: &Scene<'_>, stage: &mut dyn Stage) {
        let (about, sensitive) = (&self.bound.about, self.bound.sensitive);
        let mut no_slot = NoSlot;
        let slot = stage.slot(self.bound.slot).unwrap_or(&mut no_slot);
        if let Err(error) = self.bound.substitutes.check(about, sensitive, slot) {
            self.conclude(run, None, Outcome::Failed, Some(Failure::Source(error)), Duration::ZERO);
        } else if self.bound.own_layers == 0 {
            self.end(run, stage, None, Duration::ZERO);
        }
    }

    /// Ends because a component that this one needs has no value that can be inserted.
    pub(in crate::engine) fn fail_dependency(
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
    pub(in crate::engine) fn fail_to_bind(
        &mut self,
        run: &Scene<'_>,
        stage: &mut dyn Stage,
        error: SourceError,
        after: Duration,
    ) {
        let source = self.bound.sources.get(self.absent).map_or("", |source| source);
        let error = ComponentError::new(error).located(source, "").about(&self.bound.about);
        self.fail(run, stage, None, Failure::Bound(error), after);
    }

    /// Ends with an error, unless it has ended.
    pub(in crate::engine) fn fail_unless_done(
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

    /// Goes on with the `fallback_to`, if it covers the failure; gives the failure back if not.
    pub(super) fn ask_other(&mut self, failure: Failure, layer: Option<Layer>) -> Result<(), Failure> {
        let (kind, absent) = (failure.kind(), self.absent);
        let has_other = self.bound.layers.len() > self.bound.own_layers && fallback::cannot_answer(kind);
        let has_stored = self.bound.is_stored && (fallback::cannot_answer(kind) || fallback::is_wrong(kind));
        if !has_other && !has_stored {
            return Err(failure);
        }
        let covered = Covered { failure: Some(failure), layer, absent, in_vain: None };
        let rare = self.rare();
        (rare.covered, rare.awaits_stored) = (Some(Box::new(covered)), has_stored);
        (self.absent, self.attempts) = (self.bound.own_layers, 0);
        Ok(())
    }

    /// Uses an older value of the cache, since the source cannot answer; gives the failure back if there is none.
    pub(super) fn use_stale(
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

    pub(super) fn go_on(&mut self, run: &Scene<'_>, stage: &mut dyn Stage, layer: Layer, after: Duration) {
        self.absent += 1;
        self.attempts = 0;
        if self.covered().is_some() || self.absent == self.bound.own_layers {
            self.end(run, stage, Some(layer), after);
        }
    }

    /// No layer is left: the next source cannot be asked, or none has the value.
    pub(super) fn end(&mut self, run: &Scene<'_>, stage: &mut dyn Stage, layer: Option<Layer>, after: Duration) {
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
    pub(super) fn fail(
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
        let in_vain = self.covered().and_then(|_| cover_text(run, &failure, layer));
        let (failure, layer) = match self.rare.as_deref_mut().and_then(|rare| rare.covered.as_mut()) {
            // The other source does not have it either: what it says is not why it was asked.
            Some(covered) => {
                covered.in_vain = covered.in_vain.take().or(in_vain);
                (covered.failure.take().unwrap_or(failure), covered.layer)
            }
            None => {
                let Err(failure) = self.use_stale(run, stage, layer, failure, after) else { return };
                let Err(failure) = self.ask_other(failure, layer) else { return };
                (failure, layer)
            }
        };
        let kind = failure.kind();
        if bound.is_stored
            && kind == ErrorKind::Absent
            && self.covered().is_none()
            && let Some(layer) = layer
        {
            // That there is no value is what is known best, too.
            let since = self.rare().absent_since.unwrap_or_else(Instant::now);
            self.rare().good = Some(Box::new(Known { record: None, layer, since }));
        }
        let outcome = match bound.substitutes.for_failure(kind) {
            Some(substitute) => match self.substitute(stage, substitute) {
                Ok(outcome) => outcome,
                Err(error) => {
                    // No source has said anything wrong.
                    return self.conclude(run, None, Outcome::Failed, Some(Failure::Source(error)), after);
                }
            },
            None if bound.is_check && !fallback::tells_about_the_value(kind) => {
                if kind != ErrorKind::Absent {
                    log::unchecked(&self.error(run, failure, layer, true));
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
    pub(super) fn substitute(
        &mut self,
        stage: &mut dyn Stage,
        substitute: Substitute<'_>,
    ) -> Result<Outcome, SourceError> {
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
    pub(super) fn conclude(
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
            .map(|failure| self.error(run, failure, place, outcome != Outcome::Failed))
            .map(|problem| problem.after(self.trace.attempts, elapsed));
        let problem = match self.rare.as_deref_mut().and_then(|rare| rare.covered.as_mut()) {
            Some(covered) => problem.map(|problem| problem.covered_by(covered.in_vain.take())),
            None => problem,
        };
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

    pub(super) fn tell(&self, run: &Scene<'_>) {
        let Trace { outcome, elapsed, problem, .. } = &self.trace;
        // Of a plan that is refused, the fetch logs what is told.
        if let Some(problem) = problem.as_ref().filter(|_| run.run.observed.is_some()) {
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
    pub(in crate::engine) fn requires(&self) -> Option<usize> {
        let failure = self.rare.as_deref().and_then(|rare| rare.failure);
        let absent = matches!(self.trace.outcome, Outcome::Absent) || failure == Some(ErrorKind::Absent);
        self.bound.optional.filter(|_| !absent)
    }

    /// Ends now that it is known whether the nested struct around it is missing.
    pub(in crate::engine) fn decide(
        &mut self,
        run: &Scene<'_>,
        stage: &mut dyn Stage,
        is_missing: impl Fn(usize) -> bool,
    ) {
        if self.bound.optional.is_some_and(is_missing) {
            self.clear(stage);
            (self.trace.outcome, self.trace.problem) = (Outcome::Absent, None);
        }
        if self.rare.as_deref_mut().is_some_and(|rare| std::mem::take(&mut rare.undecided)) {
            self.tell(run);
        }
    }

    /// Leaves no value behind: neither a literal that was decoded before, nor a value that is not valid.
    pub(in crate::engine) fn clear(&self, stage: &mut dyn Stage) {
        if let Some(slot) = stage.slot(self.bound.slot) {
            slot.clear();
        }
    }
}

/// Why a `fallback_to` has no value: `backup:port: denied: …`.
fn cover_text(run: &Scene<'_>, failure: &Failure, layer: Option<Layer>) -> Option<Box<str>> {
    let is_absent = failure.kind() == ErrorKind::Absent;
    let error = match failure {
        Failure::Absent | Failure::Source(_) if is_absent => {
            let (source, locator) = run.place_of(layer?);
            return Some(format!("{source}:{locator}: absent").into());
        }
        Failure::Absent => return None,
        Failure::Bound(error) | Failure::Refused(error) => error.clone(),
        Failure::Source(failure) | Failure::Dependency(failure, _) => {
            let (source, locator) = run.place_of(layer?);
            ComponentError::new(failure.clone()).located(source, locator)
        }
    };
    Some(error.to_string().into())
}

fn no_substitute() -> SourceError {
    SourceError::new(ErrorKind::Misconfigured, "the stage has no value for the substitute of the component")
}
