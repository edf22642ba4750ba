//! The `fallback` literal: what a component gets where no source gives its value.
//!
//! It is decoded before any source is asked, into the very place that a fetched value replaces: a literal that does not
//! parse is an error on every fetch, not a surprise in the night when it is needed.

use component_model_types::plan::Component;

use crate::{ErrorKind, Slot, SourceError, Value};

/// Puts the literal into the component's place; says whether there is one.
pub(crate) fn prepare(component: &Component, slot: &mut dyn Slot) -> Result<bool, SourceError> {
    let Some(literal) = component.policy.fallback else { return Ok(false) };
    slot.decode(&Value::text(literal)).map(|()| true).map_err(|error| {
        let error = if component.sensitive || slot.is_sensitive() { error.of_sensitive() } else { error };
        SourceError::new(ErrorKind::Misconfigured, format!("the `fallback` is no {}", component.ty)).with_cause(error)
    })
}
