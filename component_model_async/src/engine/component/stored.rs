//! The last known good value of a component, and what becomes one.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    super::{Scene, Stage, stage::NoSlot},
    ComponentState, Failure, Known, Next,
};
use crate::{
    ErrorKind, Record, Slot,
    bind::{BoundLayer, Layer},
    registry::{Good, LocalId, LocalValues},
    report::Outcome,
};

impl ComponentState<'_> {
    /// Whether it waits for its last known good value.
    pub(in crate::engine) fn is_loading(&self) -> bool {
        matches!(self.next(), Next::Load)
    }

    /// Takes its last known good value, or fails if there is none that is good.
    pub(in crate::engine) fn take_stored(
        &mut self,
        run: &Scene<'_>,
        stage: &mut dyn Stage,
        known: &LocalValues,
        after: Duration,
    ) {
        self.rare().awaits_stored = false;
        let layer = self.covered().and_then(|covered| covered.layer);
        let ids = self.local_ids(run);
        let (record, age) = match known.first(&ids) {
            Some((Some(record), age)) => (record, age),
            Some((None, age)) => return self.take_absence(run, stage, age, after),
            None => {
                let why = known.why_not(&self.bound.about.full_path());
                return self.fail_without_stored(run, stage, why, after);
            }
        };
        let sensitive = self.has_secret(stage) || record.is_sensitive();
        let mut no_slot = NoSlot;
        let slot = stage.slot(self.bound.slot).unwrap_or(&mut no_slot);
        if record.read_into(slot, sensitive).is_err() || self.validate(stage, sensitive).is_err() {
            let why = "malformed: what is stored no longer fits the type, or is no longer valid";
            return self.fail_without_stored(run, stage, why.to_owned(), after);
        }
        self.keep(run, &record, sensitive, age);
        let failure = self.rare().covered.as_mut().and_then(|covered| covered.failure.take());
        self.conclude(run, layer, Outcome::LastKnownGood, failure, after);
    }

    /// The source had no value when it was last asked: so it is the default, or nothing.
    fn take_absence(&mut self, run: &Scene<'_>, stage: &mut dyn Stage, age: Option<Duration>, after: Duration) {
        let layer = self.covered().and_then(|covered| covered.layer);
        if self.bound.optional.is_some() {
            // Whether the struct around it is missing depends on that, and not on the failure.
            if let Some(covered) = self.rare().covered.as_mut() {
                covered.failure = None;
            }
            return self.fail(run, stage, layer, Failure::Absent, after);
        }
        let is_taken = match self.bound.substitutes.for_failure(ErrorKind::Absent) {
            Some(substitute) => self.substitute(stage, substitute).is_ok(),
            None => stage.slot(self.bound.slot).is_some_and(Slot::accept_absence),
        };
        if !is_taken {
            return self.fail_without_stored(run, stage, "there was no value when it was last asked for".into(), after);
        }
        self.keep_age(run, age);
        let failure = self.rare().covered.as_mut().and_then(|covered| covered.failure.take());
        self.conclude(run, layer, Outcome::LastKnownGood, failure, after);
    }

    fn fail_without_stored(&mut self, run: &Scene<'_>, stage: &mut dyn Stage, why: String, after: Duration) {
        let layer = self.covered().and_then(|covered| covered.layer);
        if let Some(covered) = self.rare().covered.as_mut() {
            covered.in_vain = Some(format!("local_cache: {why}").into());
        }
        self.fail(run, stage, layer, Failure::Absent, after);
    }

    /// What its last known good value may belong to: any of its requests, as far as they are known.
    pub(super) fn local_ids(&self, run: &Scene<'_>) -> Vec<LocalId> {
        let layers = (0..self.bound.own_layers).filter_map(|position| {
            match (self.late(position), &self.bound.layers[position]) {
                (Some(layer), _) | (None, BoundLayer::Ready(layer)) => Some(*layer),
                (None, BoundLayer::Late(_)) => None,
            }
        });
        layers.map(|layer| self.local_id(run, layer)).collect()
    }

    pub(super) fn local_id(&self, run: &Scene<'_>, layer: Layer) -> LocalId {
        let call = run.calls.get(layer.call());
        LocalId::new(&self.bound.about.full_path(), &call.name, &call.requests[layer.request()])
    }

    /// Its value, to become the last known good one.
    pub(in crate::engine) fn good(&mut self, run: &Scene<'_>, stage: &mut dyn Stage) -> Option<Good> {
        let rare = self.rare.as_deref_mut()?;
        // What its request was is stored in plain text.
        let Known { record, layer, since } = *rare.good.take().filter(|_| !rare.received_secret)?;
        let sensitive = self.has_secret(stage) || record.as_ref().is_some_and(Record::is_sensitive);
        let id = self.local_id(run, layer);
        let instead_of = self.local_ids(run).into_iter().filter(|other| *other != id).collect();
        // The fetch may have waited for other components since.
        let now = Instant::now();
        let for_how_long = |since: Instant| now.saturating_duration_since(since);
        let absent_for = self.rare().absent_since.map(for_how_long).unwrap_or_default();
        Some(Good { id, instead_of, absent_for, record, age: for_how_long(since), sensitive })
    }
}
