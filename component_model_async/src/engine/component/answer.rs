//! A component takes the answers of its layers.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    super::{
        Scene, Stage,
        stage::{NoSlot, validate},
        trace::Detail,
    },
    ComponentState, Failure, Given, Known, Standing,
};
use crate::{
    ErrorKind, Inserted, Record, Reply, SourceError,
    bind::Layer,
    decode,
    policy::{caching, stack::Origin},
    report::Outcome,
};

impl ComponentState<'_> {
    /// Whether its value must not be shown, as far as its attributes, its type and its request tell.
    pub(in crate::engine) fn has_secret(&self, stage: &mut dyn Stage) -> bool {
        self.is_sensitive() || stage.slot(self.bound.slot).is_some_and(|slot| slot.is_sensitive())
    }

    /// Takes the answer of a layer, which came at the time `after` the beginning. If the value is absent, the next
    /// layer is asked; after a failure it is not. `false` if it is an answer of the cache that is wrong: then the component asks
    /// for itself.
    pub(in crate::engine) fn take(
        &mut self,
        run: &Scene<'_>,
        stage: &mut dyn Stage,
        layer: Layer,
        given: Given<'_>,
        after: Duration,
    ) -> bool {
        self.trace.attempts = given.attempts;
        match given.answer {
            Ok(Reply::Found(record)) => return self.take_record(run, stage, layer, record, given, after),
            Ok(Reply::Absent { note, .. }) => {
                let is_built_in = run.calls.get(layer.call()).source.is_built_in();
                // What a source of the user's own says about a secret may be anything.
                if let Some(note) = note.as_ref().filter(|_| is_built_in || !self.has_secret(stage)) {
                    let absence = SourceError::new(ErrorKind::Absent, note.to_string());
                    self.rare().absence = Some(if is_built_in { absence } else { absence.into_foreign() });
                }
                if self.bound.is_stored {
                    let now = self.rare().answered.take().unwrap_or_else(Instant::now);
                    let since = age_of(given.origin).and_then(|age| now.checked_sub(age)).unwrap_or(now);
                    let known = &mut self.rare().absent_since;
                    *known = Some(known.map_or(since, |known| known.min(since)));
                }
                self.go_on(run, stage, layer, after);
            }
            Ok(_) => self.fail(run, stage, Some(layer), Failure::Source(no_version_was_given()), after),
            Err(error) if error.kind() == ErrorKind::Absent => {
                self.rare().absence = Some(error.clone());
                self.go_on(run, stage, layer, after);
            }
            Err(error) => self.fail(run, stage, Some(layer), Failure::Source(error.clone()), after),
        }
        true
    }

    fn take_record(
        &mut self,
        run: &Scene<'_>,
        stage: &mut dyn Stage,
        layer: Layer,
        record: &Record,
        given: Given<'_>,
        after: Duration,
    ) -> bool {
        let mut no_slot = NoSlot;
        let slot = stage.slot(self.bound.slot).unwrap_or(&mut no_slot);
        match record.read_into(slot, self.is_sensitive()) {
            // Most components: nobody looks at the value.
            Ok(()) if self.bound.plain && !run.run.detailed => {
                self.done = true;
                let outcome = outcome_of(given.origin);
                (self.trace.outcome, self.trace.layer, self.trace.elapsed) = (outcome, Some(layer), after);
                if run.run.observer.is_some() {
                    self.tell(run);
                }
            }
            Ok(()) => {
                let sensitive = run.run.detailed || self.bound.validated || !self.bound.dependants.is_empty();
                let sensitive = sensitive && (self.is_sensitive() || record.is_sensitive() || slot.is_sensitive());
                match self.validate(stage, sensitive) {
                    Ok(()) => self.succeed(run, layer, (record, given.origin), sensitive, after),
                    Err(error) => {
                        let place = record.place(&decode::Path::default());
                        let error = place.into_iter().fold(error, SourceError::at);
                        return self.refuse(run, stage, layer, (error, given), after);
                    }
                }
            }
            // The source has an answer, but for the type it contains no value: a query without rows.
            Err(error) if error.kind() == ErrorKind::Absent => self.go_on(run, stage, layer, after),
            Err(error) => return self.refuse(run, stage, layer, (error, given), after),
        }
        true
    }

    /// Fails because a value is wrong. One of the cache may be right for another component with another type, or may have been
    /// corrected since.
    #[cold]
    fn refuse(
        &mut self,
        run: &Scene<'_>,
        stage: &mut dyn Stage,
        layer: Layer,
        (error, given): (SourceError, Given<'_>),
        after: Duration,
    ) -> bool {
        match given.of_cache {
            None => {
                // What others can read is not wrong.
                if !self.rare.as_deref().is_some_and(|rare| rare.reads_less) {
                    self.forget(run, layer);
                }
                self.fail(run, stage, Some(layer), Failure::Source(error), after);
            }
            Some(Standing::Proven) => {
                let rare = self.rare();
                (rare.distrusts_cache, rare.reads_less) = (true, true);
            }
            // What nobody has found right gives way to the value before it.
            Some(Standing::Unproven) => {
                self.rare().distrusts_cache = true;
                self.forget(run, layer);
            }
        }
        given.of_cache.is_none()
    }

    /// Removes a value that is wrong from the cache, so that the next fetch asks for it. The one before it becomes the stale
    /// one.
    pub(super) fn forget(&self, run: &Scene<'_>, layer: Layer) {
        let call = run.calls.get(layer.call());
        if self.freshness(call, run.run.mode).is_some()
            && let Some(key) = caching::key(call, layer.request())
        {
            run.run.cache.reject(&key);
        }
    }

    pub(super) fn succeed(
        &mut self,
        run: &Scene<'_>,
        layer: Layer,
        (record, origin): (&Record, Origin),
        sensitive: bool,
        after: Duration,
    ) {
        self.keep(run, record, sensitive, age_of(origin));
        // What has a lease is revoked with it, or made anew.
        if self.bound.is_stored && !matches!(origin, Origin::Cached(_)) && record.lease().is_none() {
            let since = self.rare().answered.take().unwrap_or_else(Instant::now);
            self.rare().good = Some(Box::new(Known { record: Some(record.clone()), layer, since }));
        }
        match self.rare.as_deref_mut().and_then(|rare| rare.covered.as_mut()) {
            None => self.conclude(run, Some(layer), outcome_of(origin), None, after),
            Some(covered) => {
                let failure = covered.failure.take();
                self.conclude(run, Some(layer), Outcome::OtherSource, failure, after);
            }
        }
    }

    /// Keeps what others need to know about its value.
    pub(super) fn keep(&mut self, run: &Scene<'_>, record: &Record, sensitive: bool, age: Option<Duration>) {
        if run.run.detailed {
            self.trace.detail = Some(Box::new(detail(record, sensitive, age)));
        }
        self.keep_for_others(record, sensitive);
    }

    /// Keeps for the report how old it is that there is no value.
    pub(super) fn keep_age(&mut self, run: &Scene<'_>, age: Option<Duration>) {
        if run.run.detailed {
            self.trace.detail = Some(Box::new(Detail { place: None, version: None, age }));
        }
    }

    /// Notes that a sensitive value is part of its request: the source may repeat it, in an error or as the value.
    pub(in crate::engine) fn receive_secret(&mut self) {
        self.rare().received_secret = true;
    }

    pub(super) fn is_sensitive(&self) -> bool {
        self.bound.sensitive || self.rare.as_deref().is_some_and(|rare| rare.received_secret)
    }

    pub(super) fn keep_for_others(&mut self, record: &Record, sensitive: bool) {
        if !self.bound.dependants.is_empty() {
            let is_scalar = Inserted::scalar(record.value()).is_ok();
            self.rare().inserted = is_scalar.then(|| (record.clone(), sensitive));
        }
    }

    pub(super) fn validate(&self, stage: &mut dyn Stage, sensitive: bool) -> Result<(), SourceError> {
        if !self.bound.validated {
            return Ok(());
        }
        validate(stage, self.bound.slot, sensitive)
    }
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
