//! The components that need others: their layers are bound as soon as those have ended.
//!
//! What always holds: all requests that become ready together are made before the first is sent.

use std::{cell::Cell, time::Duration};

use super::{
    Progress,
    calls::{Made, Wave},
    component::{ComponentState, Given, Next},
};
use crate::{
    Inserted, SourceError,
    bind::{CallId, Late},
};

impl Progress<'_, '_> {
    /// Goes on with the components whose next layer can be bound now; returns the calls that must be sent for them.
    /// All requests that become ready together are made before the first is sent.
    pub(super) fn settle(&mut self, after: Duration) -> Vec<CallId> {
        let mut needed = Vec::new();
        while !(self.concluded.is_empty() && self.bindable.is_empty()) {
            let mut next = std::mem::take(&mut self.bindable);
            for position in std::mem::take(&mut self.concluded) {
                next.extend(self.components[position].dependants());
            }
            next.sort_unstable();
            next.dedup();
            self.bind(&next, after);
            for component in next {
                needed.extend(self.advance(component, after));
            }
        }
        needed
    }

    /// Binds the next layer of each of these components whose needs are met.
    fn bind(&mut self, components: &[usize], after: Duration) {
        let (mut bound, mut secrets) = (Vec::new(), Vec::new());
        let mut wave = Wave::new(&mut self.calls);
        for &position in components {
            let Next::Bind(late) = self.components[position].next() else { continue };
            let Some(ready) = ready(&self.components, late) else { continue };
            let secret = Cell::new(false);
            let layer = ready.and_then(|()| {
                let failure = Cell::new(None);
                let value_of = |needed: usize| {
                    let inserted = value_of(&self.components, needed, &failure)?;
                    secret.set(secret.get() || inserted.is_sensitive());
                    Ok(inserted)
                };
                let scalar_of = |needed: usize| self.components[needed].scalar();
                wave.bind(position, late, self.run.sources, scalar_of, &value_of).map_err(|error| {
                    match failure.take() {
                        Some(failure) => Unbound::Dependency(failure),
                        None => Unbound::Mistake(error),
                    }
                })
            });
            bound.push((position, layer));
            if secret.get() {
                secrets.push(position);
            }
        }
        let answered = wave.close();
        secrets.into_iter().for_each(|position| self.components[position].receive_secret());
        for (position, layer) in bound {
            self.with(position, |component, scene, stage| match layer {
                Ok(Made::Asked(layer)) => component.take_layer(layer),
                Ok(Made::Answered(layer, answer)) => {
                    let layer = layer.with_call(answered(layer.call()));
                    component.take_layer(layer);
                    component.take(scene, stage, layer, Given::at_once(&answer), after);
                }
                Err(Unbound::Dependency((error, kind))) => component.fail_dependency(scene, stage, error, kind, after),
                Err(Unbound::Mistake(error)) => component.fail_to_bind(scene, stage, error, after),
            });
        }
    }
}

/// Why a layer cannot be bound.
pub(super) enum Unbound {
    /// A component that it needs has no value that can be inserted.
    Dependency(Failed),
    Mistake(SourceError),
}

type Failed = (SourceError, crate::ErrorKind);

/// Whether the components that a layer needs have ended, and none has failed; `None` if it has to wait.
pub(super) fn ready(components: &[ComponentState<'_>], late: &Late) -> Option<Result<(), Unbound>> {
    let mut failed = None;
    for &needed in &late.needs {
        if !components[needed].is_done() {
            return None;
        }
        failed = failed.or_else(|| components[needed].failure());
    }
    Some(failed.map_or(Ok(()), |failed| Err(Unbound::Dependency(failed))))
}

/// The value of a component for a template; why there is none is put into `failure`.
fn value_of(
    components: &[ComponentState<'_>],
    needed: usize,
    failure: &Cell<Option<Failed>>,
) -> Result<Inserted, SourceError> {
    components[needed].inserted().map_err(|failed| {
        let error = failed.0.clone();
        failure.set(Some(failed));
        error
    })
}
