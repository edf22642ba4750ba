//! The serde deserializer over a [`Value`].

use serde::{
    de::{
        self, Deserializer as _, Visitor,
        value::{SeqDeserializer, StrDeserializer},
    },
    forward_to_deserialize_any,
};

use super::{
    DecodeError,
    access::{Sequence, Variant, visit_list, visit_members},
    literal,
    rows::{self, FirstKey},
    separated,
    shape::{Asked, Shape},
    text::Text,
};
use crate::Value;

/// What holds for a value and all of its parts.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rules {
    /// Whether text is a number or a boolean if it looks like one, for types that do not say what they want.
    pub(super) guess: bool,
}

impl Rules {
    #[inline]
    pub(super) fn document(self, value: &Value) -> Document<'_> {
        let node = if let Value::Rows(rows) = value { Node::Rows(rows) } else { Node::Value(value) };
        Document { node, rules: self }
    }

    /// A whole value: a row that is not an item of a list is all the rows of its query.
    #[inline]
    pub(super) fn root(self, value: &Value) -> Document<'_> {
        match value {
            Value::Row(_) => Document { node: Node::Rows(std::slice::from_ref(value)), rules: self },
            value => self.document(value),
        }
    }

    pub(super) fn first_key<'k>(self, key: &'k FirstKey<'k>) -> Document<'k> {
        Document { node: Node::Key(key), rules: self }
    }

    #[inline]
    pub(super) fn text(self, text: &str) -> Text<'_> {
        Text::borrowed(text, self)
    }

    /// The members that a column of text looks like.
    fn members_in(self, column: &Value) -> Option<Vec<(String, Value)>> {
        match column {
            Value::Text(text) if self.guess => separated::members(text),
            _ => None,
        }
    }

    /// The name of a member, which is never a guess.
    pub(super) fn key(self, name: &str) -> Text<'_> {
        Text::borrowed(name, Self::default())
    }
}

/// A deserializer over a value. Strings are handed out as copies: the engine reads only types that own their data.
#[derive(Clone, Copy)]
pub(super) struct Document<'v> {
    node: Node<'v>,
    rules: Rules,
}

#[derive(Clone, Copy)]
enum Node<'v> {
    Value(&'v Value),
    /// All the rows of a query; a row within a list is a value.
    Rows(&'v [Value]),
    Key(&'v FirstKey<'v>),
    /// No value at all, which only optional types take.
    Absent,
    /// No value, only the question what the type asks for.
    Shape(Shape<'v>),
}

impl<'v> Document<'v> {
    pub(super) fn absent() -> Self {
        Self { node: Node::Absent, rules: Rules::default() }
    }

    pub(super) fn shape(shape: Shape<'v>) -> Self {
        Self { node: Node::Shape(shape), rules: Rules::default() }
    }

    /// The value, or the one row.
    #[inline]
    fn single(self, asked: Asked) -> Result<&'v Value, DecodeError> {
        if let Node::Value(value) = self.node { Ok(value) } else { self.single_of_others(asked) }
    }

    /// Not inlined, so that it is in a program once, and not once for each type.
    #[inline(never)]
    fn single_of_others(self, asked: Asked) -> Result<&'v Value, DecodeError> {
        match self.node {
            Node::Value(value) => Ok(value),
            Node::Rows(rows) => rows::single(rows),
            Node::Key(key) => key.value(),
            Node::Absent => Err(DecodeError::absent()),
            Node::Shape(shape) => Err(shape.note(asked)),
        }
    }

    /// The column that stands for a query's whole answer, or the value itself.
    #[inline]
    fn scalar(self, asked: Asked) -> Result<&'v Value, DecodeError> {
        match self.node {
            Node::Value(Value::Row(_)) => self.scalar_of_others(asked),
            Node::Value(value) => Ok(value),
            _ => self.scalar_of_others(asked),
        }
    }

    #[inline(never)]
    fn scalar_of_others(self, asked: Asked) -> Result<&'v Value, DecodeError> {
        match self.single_of_others(asked)? {
            Value::Row(columns) => rows::single_column(columns),
            value => Ok(value),
        }
    }

    /// What a type is shown that does not say what it wants.
    #[inline(never)]
    fn shown(self) -> Result<Shown<'v>, DecodeError> {
        let mut value = self.single(Asked::Text)?;
        loop {
            value = match value {
                Value::Rows(rows) => rows::single(rows)?,
                Value::Row(columns) => match &columns[..] {
                    [(_, column)] => match self.rules.members_in(column) {
                        Some(members) => return Ok(Shown::Members(members)),
                        None => column,
                    },
                    _ => return Ok(Shown::Value(value)),
                },
                value => return Ok(Shown::Value(value)),
            }
        }
    }
}

enum Shown<'v> {
    Value(&'v Value),
    /// What a column of text looks like.
    Members(Vec<(String, Value)>),
}

/// Text is read by what is asked for; anything else is visited as what it is, and the type refuses what it cannot take.
macro_rules! scalars {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
            match self.scalar(Asked::Other)? {
                Value::Text(text) => self.rules.text(text).$method(visitor),
                other => self.rules.document(other).deserialize_any(visitor),
            }
        })*
    };
}

impl<'de> de::Deserializer<'de> for Document<'_> {
    type Error = DecodeError;

    scalars! {
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_f64 deserialize_char deserialize_unit
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let value = match self.shown()? {
            Shown::Value(value) => value,
            Shown::Members(members) => return visit_members(&members, self.rules, visitor),
        };
        match value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Signed(value) => visitor.visit_i64(*value),
            Value::Unsigned(value) => visitor.visit_u64(*value),
            Value::Float(value) => visitor.visit_f64(*value),
            Value::Text(text) => self.rules.text(text).deserialize_any(visitor),
            Value::String(text) => visitor.visit_str(text),
            Value::Bytes(bytes) => visitor.visit_bytes(bytes),
            Value::List(items) | Value::Rows(items) => visit_list(Sequence::Values(items), self.rules, visitor),
            Value::Map(members) | Value::Row(members) => visit_members(members, self.rules, visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.scalar(Asked::Other)? {
            Value::Text(text) => visitor.visit_bool(literal::boolean(text)?),
            Value::Signed(0) | Value::Unsigned(0) => visitor.visit_bool(false),
            Value::Signed(1) | Value::Unsigned(1) => visitor.visit_bool(true),
            other => self.rules.document(other).deserialize_any(visitor),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.scalar(Asked::Other)? {
            Value::Text(text) => self.rules.text(text).deserialize_f32(visitor),
            Value::Float(value) => visitor.visit_f32(literal::narrow(*value)?),
            other => self.rules.document(other).deserialize_any(visitor),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.scalar(Asked::Text)? {
            Value::Text(text) => visitor.visit_str(text),
            Value::Bytes(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => visitor.visit_str(text),
                Err(_) => Err(DecodeError::new("expected text, found bytes that are not UTF-8")),
            },
            other => self.rules.document(other).deserialize_any(visitor),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.scalar(Asked::Bytes)? {
            Value::Text(text) | Value::String(text) => visitor.visit_bytes(text.as_bytes()),
            other => self.rules.document(other).deserialize_any(visitor),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let value = match self.node {
            Node::Absent => return visitor.visit_none(),
            Node::Shape(_) => return visitor.visit_some(self),
            Node::Rows([]) => return Err(DecodeError::absent()),
            Node::Rows([row]) => row,
            Node::Rows(_) => return visitor.visit_some(self),
            Node::Key(key) => key.value()?,
            Node::Value(value) => value,
        };
        match value {
            Value::Null => visitor.visit_none(),
            Value::Row(columns) if matches!(&columns[..], [(_, Value::Null)]) => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.node {
            Node::Rows(rows) => return visit_list(Sequence::Values(rows), self.rules, visitor),
            Node::Shape(shape) => return shape.visit_item(visitor),
            _ => {}
        }
        match self.single(Asked::Other)? {
            Value::Text(text) => self.rules.text(text).deserialize_seq(visitor),
            Value::Bytes(bytes) => visitor.visit_seq(SeqDeserializer::new(bytes.iter().copied())),
            Value::Row(columns) => match &columns[..] {
                [(_, column)] => self.rules.document(column).deserialize_seq(visitor),
                columns => visit_list(Sequence::Columns(columns), self.rules, visitor),
            },
            other => self.rules.document(other).deserialize_any(visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, DecodeError> {
        if let Node::Shape(shape) = self.node {
            return shape.visit_item(visitor);
        }
        match self.single(Asked::Other)? {
            Value::Row(columns) if columns.len() == length => {
                visit_list(Sequence::Columns(columns), self.rules, visitor)
            }
            other => self.rules.document(other).deserialize_seq(visitor),
        }
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if let Node::Rows(rows) = self.node {
            return rows::visit_map(rows, self.rules, visitor);
        }
        match self.single(Asked::Other)? {
            Value::Text(text) => self.rules.text(text).deserialize_map(visitor),
            Value::Row(columns) => match rows::column_with_map(columns, &[]) {
                Some(column) => self.rules.document(column).deserialize_map(visitor),
                None => visit_members(columns, self.rules, visitor),
            },
            other => self.rules.document(other).deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        if literal::is_duration(name, fields) {
            return visit_duration(self.scalar(Asked::Other)?, self.rules, fields, visitor);
        }
        match self.single(Asked::Other)? {
            Value::Text(text) => self.rules.text(text).deserialize_struct(name, fields, visitor),
            Value::Row(columns) => match rows::column_with_map(columns, fields) {
                Some(column) => self.rules.document(column).deserialize_struct(name, fields, visitor),
                None => visit_members(columns, self.rules, visitor),
            },
            other => self.rules.document(other).deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        let value = self.scalar(Asked::Text)?;
        if let Some([(variant, content)]) = self.rules.members_in(value).as_deref() {
            return visitor.visit_enum(Variant { variant, content, rules: self.rules });
        }
        match value {
            Value::Text(text) => self.rules.text(text).deserialize_enum(name, variants, visitor),
            Value::String(text) => visitor.visit_enum(StrDeserializer::new(text)),
            Value::Map(members) => match &members[..] {
                [(variant, content)] => visitor.visit_enum(Variant { variant, content, rules: self.rules }),
                _ => Err(DecodeError::new(format!("expected a map with the one key of a variant of {name}"))),
            },
            other => Err(DecodeError::new(format!("expected the name of a variant, found {}", other.kind()))),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.node {
            Node::Key(key) => visitor.visit_str(key.name()?),
            _ => self.deserialize_str(visitor),
        }
    }

    forward_to_deserialize_any! { ignored_any }
}

/// A duration as people write it: `"250ms"`, `30`, `1.5`, or serde's own `{secs, nanos}`.
fn visit_duration<'de, V: Visitor<'de>>(
    value: &Value,
    rules: Rules,
    fields: &'static [&'static str],
    visitor: V,
) -> Result<V::Value, DecodeError> {
    let seconds = match value {
        Value::Text(text) | Value::String(text) => {
            return rules.text(text).deserialize_struct("Duration", fields, visitor);
        }
        Value::Unsigned(seconds) => seconds.to_string(),
        Value::Signed(seconds) => seconds.to_string(),
        Value::Float(seconds) => seconds.to_string(),
        _ => return rules.document(value).deserialize_any(visitor),
    };
    rules.text(&seconds).deserialize_struct("Duration", fields, visitor)
}
