//! The engine's view of the stage of a struct.

use crate::{
    Value,
    decode::{DecodeError, Slot},
};

/// Holds the fetched values of a struct until all of them are present. Implemented by `#[derive(AsyncAssign)]`.
///
/// ```
/// use component_model::{Components, Stage, Value};
/// # use doc_examples::AppConfig;
///
/// let mut stage = AppConfig::stage();
/// stage.slot(1).unwrap().decode(&Value::text("8080"))?;
/// assert!(stage.slot(2).is_none(), "the struct has two components");
/// # Ok::<(), component_model::decode::DecodeError>(())
/// ```
pub trait Stage: Send {
    /// The slot of a fetched component, by its position among the fetched components.
    ///
    /// ```
    /// use component_model::{Components, Stage};
    /// # use doc_examples::AppConfig;
    ///
    /// assert!(AppConfig::stage().slot(0).is_some());
    /// ```
    fn slot(&mut self, index: usize) -> Option<&mut dyn Slot>;
}

/// Replaces a slot that a stage does not have, so that its component fails.
pub(super) struct NoSlot;

impl Slot for NoSlot {
    fn decode(&mut self, _: &Value) -> Result<(), DecodeError> {
        Err(DecodeError::new("the stage has no slot for the component"))
    }

    fn accept_absence(&mut self) -> bool {
        false
    }

    fn is_sensitive(&self) -> bool {
        true
    }
}
