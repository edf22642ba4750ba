//! Serializes a value of the program into a [`Value`].
//!
//! Not by way of JSON, which turns what is not a finite number into null and has no numbers of 128 bits.

use serde::{
    Serialize, Serializer,
    ser::{
        Error as _, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
        SerializeTupleStruct, SerializeTupleVariant,
    },
};

use crate::{ErrorKind, SourceError, Value};

/// Borrowed from the JSON parser: only its message is used, and never shown.
type Error = serde_json::Error;

type Serialized<T = Value> = Result<T, Error>;

pub(crate) fn to_value(value: impl Serialize) -> Result<Value, SourceError> {
    // The text of a serializer's error may repeat the value.
    value.serialize(ToValue).map_err(|_| SourceError::new(ErrorKind::Malformed, "the value cannot be serialized"))
}

struct ToValue;

/// A whole number; one that is out of range for [`Value`] is text, which the field's type reads.
fn whole<N: TryInto<u64> + TryInto<i64> + ToString + Copy>(number: N) -> Value {
    match (TryInto::<u64>::try_into(number), TryInto::<i64>::try_into(number)) {
        (Ok(number), _) => Value::Unsigned(number),
        (Err(_), Ok(number)) => Value::Signed(number),
        (Err(_), Err(_)) => Value::Text(number.to_string()),
    }
}

fn variant(name: &str, content: Value) -> Value {
    Value::Map(vec![(name.to_owned(), content)])
}

impl Serializer for ToValue {
    type Ok = Value;
    type Error = Error;
    type SerializeSeq = Items;
    type SerializeTuple = Items;
    type SerializeTupleStruct = Items;
    type SerializeTupleVariant = Items;
    type SerializeMap = Members;
    type SerializeStruct = Members;
    type SerializeStructVariant = Members;

    fn serialize_bool(self, value: bool) -> Serialized {
        Ok(Value::Bool(value))
    }

    fn serialize_i8(self, value: i8) -> Serialized {
        Ok(whole(value))
    }

    fn serialize_i16(self, value: i16) -> Serialized {
        Ok(whole(value))
    }

    fn serialize_i32(self, value: i32) -> Serialized {
        Ok(whole(value))
    }

    fn serialize_i64(self, value: i64) -> Serialized {
        Ok(whole(value))
    }

    fn serialize_i128(self, value: i128) -> Serialized {
        Ok(whole(value))
    }

    fn serialize_u8(self, value: u8) -> Serialized {
        Ok(whole(value))
    }

    fn serialize_u16(self, value: u16) -> Serialized {
        Ok(whole(value))
    }

    fn serialize_u32(self, value: u32) -> Serialized {
        Ok(whole(value))
    }

    fn serialize_u64(self, value: u64) -> Serialized {
        Ok(whole(value))
    }

    fn serialize_u128(self, value: u128) -> Serialized {
        Ok(whole(value))
    }

    fn serialize_f32(self, value: f32) -> Serialized {
        Ok(Value::Float(value.into()))
    }

    fn serialize_f64(self, value: f64) -> Serialized {
        Ok(Value::Float(value))
    }

    fn serialize_char(self, value: char) -> Serialized {
        Ok(Value::String(value.into()))
    }

    fn serialize_str(self, value: &str) -> Serialized {
        Ok(Value::String(value.to_owned()))
    }

    fn serialize_bytes(self, value: &[u8]) -> Serialized {
        Ok(Value::Bytes(value.to_vec()))
    }

    fn serialize_none(self) -> Serialized {
        Ok(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Serialized {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Serialized {
        Ok(Value::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Serialized {
        Ok(Value::Null)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Serialized {
        Ok(Value::String(variant.to_owned()))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Serialized {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        value: &T,
    ) -> Serialized {
        Ok(variant(name, value.serialize(self)?))
    }

    fn serialize_seq(self, _: Option<usize>) -> Serialized<Items> {
        Ok(Items::default())
    }

    fn serialize_tuple(self, _: usize) -> Serialized<Items> {
        Ok(Items::default())
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Serialized<Items> {
        Ok(Items::default())
    }

    fn serialize_tuple_variant(self, _: &'static str, _: u32, name: &'static str, _: usize) -> Serialized<Items> {
        Ok(Items { variant: Some(name), ..Items::default() })
    }

    fn serialize_map(self, _: Option<usize>) -> Serialized<Members> {
        Ok(Members::default())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Serialized<Members> {
        Ok(Members::default())
    }

    fn serialize_struct_variant(self, _: &'static str, _: u32, name: &'static str, _: usize) -> Serialized<Members> {
        Ok(Members { variant: Some(name), ..Members::default() })
    }
}

/// The items of a list.
#[derive(Default)]
struct Items {
    variant: Option<&'static str>,
    items: Vec<Value>,
}

/// The members of a map.
#[derive(Default)]
struct Members {
    variant: Option<&'static str>,
    members: Vec<(String, Value)>,
    key: String,
}

impl Items {
    fn push(&mut self, item: impl Serialize) -> Serialized<()> {
        self.items.push(item.serialize(ToValue)?);
        Ok(())
    }

    fn finish(self) -> Value {
        let list = Value::List(self.items);
        match self.variant {
            Some(name) => variant(name, list),
            None => list,
        }
    }
}

impl Members {
    fn push(&mut self, name: String, value: impl Serialize) -> Serialized<()> {
        self.members.push((name, value.serialize(ToValue)?));
        Ok(())
    }

    fn finish(self) -> Value {
        let map = Value::Map(self.members);
        match self.variant {
            Some(name) => variant(name, map),
            None => map,
        }
    }
}

/// The key of a map, as JSON would write it.
fn name_of(key: impl Serialize) -> Serialized<String> {
    match key.serialize(ToValue)? {
        Value::String(name) | Value::Text(name) => Ok(name),
        Value::Bool(key) => Ok(key.to_string()),
        Value::Signed(key) => Ok(key.to_string()),
        Value::Unsigned(key) => Ok(key.to_string()),
        Value::Float(key) if key.is_finite() => Ok(key.to_string()),
        _ => Err(Error::custom("a key is not text")),
    }
}

/// Implements the traits for the contents of lists, which differ in names only.
macro_rules! items {
    ($($contents:ident $push:ident),*) => {$(
        impl $contents for Items {
            type Ok = Value;
            type Error = Error;

            fn $push<T: Serialize + ?Sized>(&mut self, item: &T) -> Serialized<()> {
                self.push(item)
            }

            fn end(self) -> Serialized {
                Ok(self.finish())
            }
        }
    )*};
}

items!(
    SerializeSeq serialize_element,
    SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field
);

impl SerializeMap for Members {
    type Ok = Value;
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Serialized<()> {
        self.key = name_of(key)?;
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Serialized<()> {
        let name = std::mem::take(&mut self.key);
        self.push(name, value)
    }

    fn end(self) -> Serialized {
        Ok(self.finish())
    }
}

/// Implements the traits for the fields of structs.
macro_rules! fields {
    ($($contents:ident),*) => {$(
        impl $contents for Members {
            type Ok = Value;
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Serialized<()> {
                self.push(name.to_owned(), value)
            }

            fn end(self) -> Serialized {
                Ok(self.finish())
            }
        }
    )*};
}

fields!(SerializeStruct, SerializeStructVariant);

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;
    use crate::decode::from_value;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Kind {
        Plain,
        New(u8),
        Pair(u8, String),
        Named { a: Option<i8>, b: char },
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct All {
        kinds: Vec<Kind>,
        large: (u128, i128, u64, i64),
        unit: (),
        small: f32,
        ports: BTreeMap<u16, bool>,
    }

    #[test]
    fn what_is_serialized_can_be_read_as_its_type_again() {
        let all = All {
            kinds: vec![
                Kind::Plain,
                Kind::New(1),
                Kind::Pair(2, "x".to_owned()),
                Kind::Named { a: None, b: 'b' },
                Kind::Named { a: Some(-1), b: 'c' },
            ],
            large: (u128::MAX, i128::MIN, u64::MAX, i64::MIN),
            unit: (),
            small: 0.5,
            ports: [(80, true)].into(),
        };
        assert_eq!(from_value::<All>(&to_value(&all).unwrap()).unwrap(), all);
    }

    #[test]
    fn a_number_that_json_does_not_have_stays_a_number() {
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(to_value(number).unwrap(), Value::Float(number));
        }
        assert_eq!(to_value(u128::MAX).unwrap(), Value::Text(u128::MAX.to_string()));
    }

    #[test]
    fn numbers_are_as_they_are_in_a_document() {
        assert_eq!(to_value(1_i8).unwrap(), Value::Unsigned(1));
        assert_eq!(to_value(-1_i128).unwrap(), Value::Signed(-1));
    }

    #[test]
    fn a_map_whose_keys_are_not_text_cannot_be_serialized() {
        let error = to_value(BTreeMap::from([(vec!["hunter2"], 1)])).unwrap_err();
        assert!(error.kind() == ErrorKind::Malformed && !error.to_string().contains("hunter2"), "{error}");
    }
}
