//! Text, read by the type that asks for it.

use std::borrow::Cow;

use serde::{
    de::{self, IntoDeserializer, Visitor, value::SeqDeserializer},
    forward_to_deserialize_any,
};

use super::{DecodeError, document::Rules, literal, separated};
use crate::{
    Value,
    value::{KEY_TWICE, TOO_MANY, is_key_twice, is_too_many, json_error_at, line_and_column},
};

/// A deserializer over text; the text is the value's own or an item of a separator form.
pub(super) struct Text<'t> {
    pub(super) text: Cow<'t, str>,
    /// How many separator forms are around it.
    pub(super) depth: u8,
    pub(super) rules: Rules,
}

impl<'t> Text<'t> {
    pub(super) fn borrowed(text: &'t str, rules: Rules) -> Self {
        Self { text: Cow::Borrowed(text), depth: 0, rules }
    }

    /// Text within so many separator forms.
    pub(super) fn within(text: impl Into<Cow<'t, str>>, depth: u8, rules: Rules) -> Self {
        Self { text: text.into(), depth, rules }
    }

    fn json(&self) -> Result<Option<Value>, DecodeError> {
        json(&self.text)
    }

    /// What it looks like, if that is to be guessed.
    #[inline(never)]
    fn guess(&self) -> Option<Value> {
        self.rules.guess.then(|| literal::guess(&self.text)).flatten()
    }

    fn separated_map<'de, V: Visitor<'de>>(
        &self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_map(separated::Pairs::new(self, fields)?)
    }
}

/// The JSON document that a text holds, if it is one.
pub(super) fn json(text: &str) -> Result<Option<Value>, DecodeError> {
    let document = text.trim_start();
    if !document.starts_with(['{', '[']) || begins_with_address(document) {
        return Ok(None);
    }
    Value::from_json(document).map(Some).map_err(|error| {
        let at = text.len() - document.len() + json_error_at(document, &error);
        not_json(&error, line_and_column(text, at))
    })
}

/// Whether the brackets are those of an IPv6 address, as in `[::1]:80`: JSON has a colon only within a string or an
/// object.
fn begins_with_address(text: &str) -> bool {
    let inside = text.strip_prefix('[').and_then(|text| text.split_once(']'));
    inside.is_some_and(|(inside, _)| inside.contains(':') && !inside.contains(['"', '{']))
}

/// The parser's message without its text, which may repeat the document's.
fn not_json(error: &serde_json::Error, (line, column): (usize, usize)) -> DecodeError {
    if is_too_many(error) {
        return DecodeError::too_large(TOO_MANY);
    }
    let problem = if is_key_twice(error) { KEY_TWICE } else { "looks like JSON and is not" };
    DecodeError::new(format!("{problem}, at line {line} column {column}"))
}

macro_rules! numbers {
    ($($method:ident $visit:ident $expected:literal),* $(,)?) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
            visitor.$visit(literal::number(&self.text, $expected)?)
        })*
    };
}

impl<'de> de::Deserializer<'de> for Text<'_> {
    type Error = DecodeError;

    numbers! {
    deserialize_u8 visit_u8 "u8", deserialize_u16 visit_u16 "u16", deserialize_u32 visit_u32 "u32",
    deserialize_u64 visit_u64 "u64", deserialize_u128 visit_u128 "u128",
    deserialize_i8 visit_i8 "i8", deserialize_i16 visit_i16 "i16", deserialize_i32 visit_i32 "i32",
    deserialize_i64 visit_i64 "i64", deserialize_i128 visit_i128 "i128",
        }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_f32(literal::float(&self.text, f32::is_finite, "f32")?)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_f64(literal::float(&self.text, f64::is_finite, "f64")?)
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.guess() {
            Some(guess) => self.rules.document(&guess).deserialize_any(visitor),
            None => self.deserialize_string(visitor),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_string(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_str(&self.text)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_string(visitor)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_bool(literal::boolean(&self.text)?)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_char(literal::character(&self.text)?)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_bytes(self.text.as_bytes())
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_some(self)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if self.text.trim().is_empty() { visitor.visit_unit() } else { Err(DecodeError::not_a("nothing")) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match self.json()? {
            Some(json) => self.rules.document(&json).deserialize_enum(name, variants, visitor),
            None => visitor.visit_enum(self.text.trim().into_deserializer()),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.json()? {
            Some(json) => self.rules.document(&json).deserialize_seq(visitor),
            None => separated::visit_items(&self, visitor),
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
        match self.json()? {
            Some(json) => self.rules.document(&json).deserialize_map(visitor),
            None => self.separated_map(&[], visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        if let Some(json) = self.json()? {
            return self.rules.document(&json).deserialize_struct(name, fields, visitor);
        }
        if literal::is_duration(name, fields) {
            let duration = literal::duration(&self.text)?;
            let parts = [duration.as_secs(), u64::from(duration.subsec_nanos())];
            return visitor.visit_seq(SeqDeserializer::new(parts.into_iter()));
        }
        self.separated_map(fields, visitor)
    }

    forward_to_deserialize_any! { ignored_any }
}

impl IntoDeserializer<'_, DecodeError> for Text<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}
