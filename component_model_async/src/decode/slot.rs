//! Where the engine puts a decoded value: one place of a struct's stage.

use serde::de::{DeserializeOwned, Deserializer, Visitor};

use super::{DecodeError, from_value};
use crate::Value;

/// A place for one component's value, whatever its type; implemented for every `Option` of a type that serde can read.
///
/// ```
/// use component_model_async::{Slot, Value};
///
/// let mut port: Option<u16> = None;
/// let slot: &mut dyn Slot = &mut port;
/// slot.decode(&Value::text("8080"))?;
/// assert_eq!(port, Some(8080));
/// # Ok::<(), component_model_async::decode::DecodeError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "a fetched component must be readable: `{Self}` holds a type that does not implement `serde::Deserialize`",
    note = "derive `serde::Deserialize` for the type of the field, or drop its `fetch_from`"
)]
pub trait Slot: Send {
    /// Decodes a value into the place; on an error the place keeps what it has.
    ///
    /// ```
    /// use component_model_async::{Slot, Value};
    ///
    /// let mut port = Some(80u16);
    /// assert!(port.decode(&Value::text("http")).is_err());
    /// assert_eq!(port, Some(80));
    /// ```
    ///
    /// # Errors
    /// Where the value is not one of the type.
    fn decode(&mut self, value: &Value) -> Result<(), DecodeError>;

    /// Takes the absence of a value as a value, where the type has one for it (`Option`); says whether it has.
    ///
    /// ```
    /// use component_model_async::Slot;
    ///
    /// let (mut region, mut port) = (None::<Option<String>>, None::<u16>);
    /// assert!(region.accept_absence() && !port.accept_absence());
    /// assert_eq!((region, port), (Some(None), None));
    /// ```
    fn accept_absence(&mut self) -> bool;
}

// The message of `Slot` says more than that of serde.
#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + Send> Slot for Option<T> {
    fn decode(&mut self, value: &Value) -> Result<(), DecodeError> {
        from_value(value).map(|decoded| *self = Some(decoded))
    }

    fn accept_absence(&mut self) -> bool {
        match T::deserialize(Absence) {
            Ok(absent) => {
                *self = Some(absent);
                true
            }
            Err(_) => false,
        }
    }
}

/// Replaces a field where its value is there.
#[doc(hidden)]
pub fn replace<T>(value: &mut Option<T>, field: &mut T) {
    if let Some(value) = value.take() {
        *field = value;
    }
}

/// A deserializer that has nothing: only optional types can be read from it.
struct Absence;

impl<'de> Deserializer<'de> for Absence {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, DecodeError> {
        Err(DecodeError::new("absent"))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_none()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
