//! The `fallback` literal: what a component gets if no source provides its value.
//!
//! It is decoded before any source is asked, into the slot of the component, where a fetched value replaces it. So a
//! literal that does not parse is an error on every fetch, and not only when the fallback is needed.

use component_model_types::plan::Component;

use crate::{ErrorKind, Slot, SourceError, Value};

/// Puts the literal into the component's slot; returns whether there is one.
pub(crate) fn prepare(component: &Component, slot: &mut dyn Slot) -> Result<bool, SourceError> {
    let Some(literal) = component.policy.fallback else { return Ok(false) };
    slot.decode(&Value::text(literal)).map(|()| true).map_err(|error| {
        let error = if component.sensitive || slot.is_sensitive() { error.redacted() } else { error };
        SourceError::new(ErrorKind::Misconfigured, format!("the `fallback` is not a valid {}", component.ty))
            .with_cause(error)
    })
}
