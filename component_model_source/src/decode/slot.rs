//! Where the engine puts a decoded value: one slot of a struct's stage.

use std::any::type_name;

use serde::de::DeserializeOwned;

use super::{DecodeError, read, sensitive};
use crate::Value;

/// A slot for the value of one component, whatever its type; implemented for `Option<T>` if serde can deserialize `T`.
///
/// ```
/// use component_model::{Slot, Value};
///
/// let mut port: Option<u16> = None;
/// let slot: &mut dyn Slot = &mut port;
/// slot.decode(&Value::text("8080"))?;
/// assert_eq!(port, Some(8080));
/// # Ok::<(), component_model::decode::DecodeError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "a fetched component must be readable: `{Self}` holds a type that does not implement `serde::Deserialize`",
    note = "derive `serde::Deserialize` for the type of the field, or drop its `fetch_from`; for a struct whose fields have sources of their own, write `nested`",
    note = "a type of another crate may need that crate's feature `serde`; for an array of more than 32 elements write a `Vec`"
)]
pub trait Slot: Send {
    /// Decodes a value into the slot; after an error the slot is unchanged.
    ///
    /// ```
    /// use component_model::{Slot, Value};
    ///
    /// let mut port = Some(80u16);
    /// assert!(port.decode(&Value::text("http")).is_err());
    /// assert_eq!(port, Some(80));
    /// ```
    ///
    /// # Errors
    /// If the value is not valid for the type.
    fn decode(&mut self, value: &Value) -> Result<(), DecodeError>;

    /// Fills the slot with the type's value for absence, such as `None`; returns whether the type has one.
    ///
    /// ```
    /// use component_model::Slot;
    ///
    /// let (mut region, mut port) = (None::<Option<String>>, None::<u16>);
    /// assert!(region.accept_absence() && !port.accept_absence());
    /// assert_eq!((region, port), (Some(None), None));
    /// ```
    fn accept_absence(&mut self) -> bool;

    /// Removes the value: that of a component that failed, or whose struct is missing.
    ///
    /// ```
    /// use component_model::Slot;
    ///
    /// let mut port = Some(80u16);
    /// port.clear();
    /// assert_eq!(port, None);
    /// ```
    fn clear(&mut self);

    /// Whether the type is one of `secrecy`'s or has one in its parameters: the value is then never shown.
    ///
    /// ```
    /// use component_model::{SecretString, Slot};
    ///
    /// let (token, tokens, port) = (None::<SecretString>, None::<Vec<SecretString>>, None::<u16>);
    /// assert!(token.is_sensitive() && tokens.is_sensitive() && !port.is_sensitive());
    /// ```
    fn is_sensitive(&self) -> bool;
}

// The message of `Slot` says more than that of serde.
#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + Send> Slot for Option<T> {
    fn decode(&mut self, value: &Value) -> Result<(), DecodeError> {
        *self = Some(read(Some(value))?);
        Ok(())
    }

    fn accept_absence(&mut self) -> bool {
        let absent = read(None).ok();
        let has_one = absent.is_some();
        if has_one {
            *self = absent;
        }
        has_one
    }

    fn clear(&mut self) {
        *self = None;
    }

    fn is_sensitive(&self) -> bool {
        sensitive::names_a_secret(type_name::<T>())
    }
}

/// The value of a field that is not fetched.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a field without a source needs a value: `{Self}` does not implement `Default`",
    label = "has neither a source nor a `Default`",
    note = "for a value write `fetch_from`, for a struct whose fields have sources of their own `nested`; otherwise derive `Default`"
)]
pub trait Unfetched: Sized {
    /// Its `Default`.
    fn unfetched() -> Self;
}

// The message of `Unfetched` says more than that of `Default`.
#[diagnostic::do_not_recommend]
impl<T: Default> Unfetched for T {
    #[inline]
    fn unfetched() -> Self {
        T::default()
    }
}

/// Replaces a field where its value is there.
#[doc(hidden)]
pub fn replace<T>(value: &mut Option<T>, field: &mut T) {
    if let Some(value) = value.take() {
        *field = value;
    }
}
