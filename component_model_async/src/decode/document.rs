//! The serde deserializer over a [`Value`].

use serde::{
    de::{
        self, DeserializeSeed, Deserializer as _, EnumAccess, Error as _, IntoDeserializer, MapAccess, SeqAccess,
        Unexpected, VariantAccess, Visitor,
        value::{SeqDeserializer, StrDeserializer},
    },
    forward_to_deserialize_any,
};

use super::{DecodeError, Step, literal, rows, text::Text};
use crate::Value;

/// A deserializer over a value. Strings are handed out as copies: the engine reads only types that own their data.
#[derive(Clone, Copy)]
pub(super) struct Document<'v>(pub(super) &'v Value);

impl Document<'_> {
    /// The column that stands for a query's whole answer, or the value itself.
    fn scalar(self) -> Result<Self, DecodeError> {
        match self.0 {
            Value::Row(columns) => rows::single_column(columns).map(Self),
            Value::Rows(rows) => Err(rows::too_many(rows)),
            _ => Ok(self),
        }
    }

    fn unexpected(self) -> Unexpected<'static> {
        match self.0 {
            Value::Null => Unexpected::Unit,
            Value::Bool(_) => Unexpected::Bool(false),
            Value::Signed(_) | Value::Unsigned(_) => Unexpected::Unsigned(0),
            Value::Float(_) => Unexpected::Float(0.0),
            Value::Text(_) | Value::String(_) => Unexpected::Str(""),
            Value::Bytes(_) => Unexpected::Bytes(&[]),
            Value::List(_) => Unexpected::Seq,
            Value::Map(_) => Unexpected::Map,
            Value::Row(_) | Value::Rows(_) => Unexpected::Other("rows"),
        }
    }
}

/// Text goes its own road; anything else is visited as what it is, and the type refuses what it cannot take.
macro_rules! scalars {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
            match self.scalar()?.0 {
                Value::Text(text) => Text::borrowed(text).$method(visitor),
                other => Document(other).deserialize_any(visitor),
            }
        })*
    };
}

impl<'de> de::Deserializer<'de> for Document<'_> {
    type Error = DecodeError;

    scalars! {
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_f32 deserialize_f64 deserialize_char
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Signed(value) => visitor.visit_i64(*value),
            Value::Unsigned(value) => visitor.visit_u64(*value),
            Value::Float(value) => visitor.visit_f64(*value),
            Value::Text(text) | Value::String(text) => visitor.visit_str(text),
            Value::Bytes(bytes) => visitor.visit_bytes(bytes),
            Value::List(items) => visit_list(items, visitor),
            Value::Map(members) => visit_map(members, visitor),
            Value::Row(columns) => match &columns[..] {
                [(_, column)] => Document(column).deserialize_any(visitor),
                columns => visit_map(columns, visitor),
            },
            Value::Rows(rows) => visit_list(rows, visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.scalar()?.0 {
            Value::Text(text) => visitor.visit_bool(literal::boolean(text)?),
            Value::Signed(0) | Value::Unsigned(0) => visitor.visit_bool(false),
            Value::Signed(1) | Value::Unsigned(1) => visitor.visit_bool(true),
            other => Document(other).deserialize_any(visitor),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.scalar()?.0 {
            Value::Bytes(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => visitor.visit_str(text),
                Err(_) => Err(DecodeError::new("expected text, found bytes that are not UTF-8")),
            },
            other => Document(other).deserialize_any(visitor),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.scalar()?.0 {
            Value::Text(text) | Value::String(text) => visitor.visit_bytes(text.as_bytes()),
            other => Document(other).deserialize_any(visitor),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            Value::Row(columns) if matches!(&columns[..], [(_, Value::Null)]) => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.0 {
            Value::Text(text) => Text::borrowed(text).deserialize_seq(visitor),
            Value::Bytes(bytes) => visitor.visit_seq(SeqDeserializer::new(bytes.iter().copied())),
            Value::Row(columns) => match rows::column_with_list(columns) {
                Some(column) => Document(column).deserialize_seq(visitor),
                None => visit_list(std::slice::from_ref(self.0), visitor),
            },
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.0 {
            Value::Text(text) => Text::borrowed(text).deserialize_map(visitor),
            Value::Row(columns) => match rows::column_with_map(columns, &[]) {
                Some(column) => Document(column).deserialize_map(visitor),
                None => visit_map(columns, visitor),
            },
            Value::Rows(rows) => Err(rows::too_many(rows)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        if literal::is_duration(name, fields) {
            return visit_duration(self.scalar()?, fields, visitor);
        }
        match self.0 {
            Value::Text(text) => Text::borrowed(text).deserialize_struct(name, fields, visitor),
            Value::Row(columns) => match rows::column_with_map(columns, fields) {
                Some(column) => Document(column).deserialize_struct(name, fields, visitor),
                None => visit_map(columns, visitor),
            },
            Value::Rows(rows) => Err(rows::too_many(rows)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        let scalar = self.scalar()?;
        match scalar.0 {
            Value::Text(text) => Text::borrowed(text).deserialize_enum(name, variants, visitor),
            Value::String(text) => visitor.visit_enum(StrDeserializer::new(text)),
            Value::Map(members) => match &members[..] {
                [(variant, content)] => visitor.visit_enum(Variant { variant, content }),
                _ => Err(DecodeError::new(format!("expected a map with the one key of a variant of {name}"))),
            },
            _ => Err(DecodeError::invalid_type(scalar.unexpected(), &"the name of a variant")),
        }
    }

    forward_to_deserialize_any! { unit unit_struct identifier ignored_any }
}

/// A duration as people write it: `"250ms"`, `30`, `1.5`, or serde's own `{secs, nanos}`.
fn visit_duration<'de, V: Visitor<'de>>(
    document: Document<'_>,
    fields: &'static [&'static str],
    visitor: V,
) -> Result<V::Value, DecodeError> {
    match document.0 {
        Value::Text(text) | Value::String(text) => Text::borrowed(text).deserialize_struct("Duration", fields, visitor),
        Value::Unsigned(seconds) => duration_of(&seconds.to_string(), fields, visitor),
        Value::Signed(seconds) => duration_of(&seconds.to_string(), fields, visitor),
        Value::Float(seconds) => duration_of(&seconds.to_string(), fields, visitor),
        _ => document.deserialize_any(visitor),
    }
}

fn duration_of<'de, V: Visitor<'de>>(
    seconds: &str,
    fields: &'static [&'static str],
    visitor: V,
) -> Result<V::Value, DecodeError> {
    Text::borrowed(seconds).deserialize_struct("Duration", fields, visitor)
}

fn visit_list<'de, V: Visitor<'de>>(items: &[Value], visitor: V) -> Result<V::Value, DecodeError> {
    let mut access = Items { items, next: 0 };
    let value = visitor.visit_seq(&mut access)?;
    match items.len() - access.next {
        0 => Ok(value),
        more => Err(DecodeError::new(format!("{more} items more than the type takes"))),
    }
}

struct Items<'v> {
    items: &'v [Value],
    next: usize,
}

impl<'de> SeqAccess<'de> for &mut Items<'_> {
    type Error = DecodeError;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, DecodeError> {
        let index = self.next;
        let Some(item) = self.items.get(index) else { return Ok(None) };
        self.next += 1;
        seed.deserialize(Document(item)).map(Some).map_err(|error| error.within(Step::Index(index)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len() - self.next)
    }
}

fn visit_map<'de, V: Visitor<'de>>(members: &[(String, Value)], visitor: V) -> Result<V::Value, DecodeError> {
    visitor.visit_map(Members { members: members.iter(), pending: None })
}

struct Members<'v> {
    members: std::slice::Iter<'v, (String, Value)>,
    pending: Option<&'v (String, Value)>,
}

impl<'de> MapAccess<'de> for Members<'_> {
    type Error = DecodeError;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, DecodeError> {
        self.pending = self.members.next();
        self.pending.map(|(key, _)| seed.deserialize(Text::borrowed(key))).transpose()
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, DecodeError> {
        match self.pending.take() {
            Some((key, value)) => {
                seed.deserialize(Document(value)).map_err(|error| error.within(Step::Key(key.clone())))
            }
            None => Err(DecodeError::new("a value was asked for before its key")),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.members.len())
    }
}

/// An externally tagged enum: `{"Variant": content}`.
struct Variant<'v> {
    variant: &'v str,
    content: &'v Value,
}

impl<'de> EnumAccess<'de> for Variant<'_> {
    type Error = DecodeError;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), DecodeError> {
        let name: StrDeserializer<'_, DecodeError> = self.variant.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_> {
    type Error = DecodeError;

    fn unit_variant(self) -> Result<(), DecodeError> {
        match self.content {
            Value::Null => Ok(()),
            other => Err(DecodeError::invalid_type(Document(other).unexpected(), &"a unit variant")),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, DecodeError> {
        seed.deserialize(Document(self.content)).map_err(|error| error.within(Step::Key(self.variant.to_owned())))
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, DecodeError> {
        de::Deserializer::deserialize_tuple(Document(self.content), length, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        de::Deserializer::deserialize_struct(Document(self.content), "", fields, visitor)
    }
}
