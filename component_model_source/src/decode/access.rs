//! The parts of a value: the items of a list, the members of a map, the content of a variant.

use serde::de::{
    self, DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
    value::StrDeserializer,
};

use super::{
    DecodeError, Step,
    document::{Document, Rules},
    rows::Columns,
};
use crate::Value;

/// Values in an order: those of a list, or the columns of a row.
#[derive(Clone, Copy)]
pub(super) enum Sequence<'v> {
    Values(&'v [Value]),
    Columns(&'v Columns),
}

impl<'v> Sequence<'v> {
    fn len(self) -> usize {
        match self {
            Self::Values(values) => values.len(),
            Self::Columns(columns) => columns.len(),
        }
    }

    fn get(self, index: usize) -> Option<&'v Value> {
        match self {
            Self::Values(values) => values.get(index),
            Self::Columns(columns) => columns.get(index).map(|(_, column)| column),
        }
    }

    fn step(self, index: usize) -> Step {
        match self {
            Self::Columns(columns) if index < columns.len() => Step::Key(columns[index].0.clone()),
            _ => Step::Index(index),
        }
    }
}

/// Visits all of them, or fails where the type takes fewer.
pub(super) fn visit_list<'de, V: Visitor<'de>>(
    items: Sequence<'_>,
    rules: Rules,
    visitor: V,
) -> Result<V::Value, DecodeError> {
    let mut access = Items { items, next: 0, rules };
    let value = visitor.visit_seq(&mut access)?;
    match items.len() - access.next {
        0 => Ok(value),
        more => Err(DecodeError::new(format!("{more} items more than the type takes"))),
    }
}

struct Items<'v> {
    items: Sequence<'v>,
    next: usize,
    rules: Rules,
}

impl<'de> SeqAccess<'de> for &mut Items<'_> {
    type Error = DecodeError;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, DecodeError> {
        let index = self.next;
        let Some(item) = self.items.get(index) else { return Ok(None) };
        self.next += 1;
        seed.deserialize(self.rules.document(item)).map(Some).map_err(|error| error.within(self.items.step(index)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len() - self.next)
    }
}

/// Visits named values.
pub(super) fn visit_members<'de, V: Visitor<'de>>(
    members: &[(String, Value)],
    rules: Rules,
    visitor: V,
) -> Result<V::Value, DecodeError> {
    visitor.visit_map(Members { members: members.iter(), pending: None, rules })
}

struct Members<'v> {
    members: std::slice::Iter<'v, (String, Value)>,
    pending: Option<&'v (String, Value)>,
    rules: Rules,
}

impl<'de> MapAccess<'de> for Members<'_> {
    type Error = DecodeError;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, DecodeError> {
        self.pending = self.members.next();
        self.pending.map(|(key, _)| seed.deserialize(self.rules.key(key))).transpose()
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, DecodeError> {
        match self.pending.take() {
            Some((key, value)) => {
                seed.deserialize(self.rules.document(value)).map_err(|error| error.within(Step::Key(key.clone())))
            }
            None => Err(DecodeError::new("a value was asked for before its key")),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.members.len())
    }
}

/// An externally tagged enum: `{"Variant": content}`.
pub(super) struct Variant<'v> {
    pub(super) variant: &'v str,
    pub(super) content: &'v Value,
    pub(super) rules: Rules,
}

impl Variant<'_> {
    fn content(&self) -> Document<'_> {
        self.rules.document(self.content)
    }
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
            other => Err(DecodeError::new(format!("expected a unit variant, found {}", other.kind()))),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, DecodeError> {
        seed.deserialize(self.content()).map_err(|error| error.within(Step::Key(self.variant.to_owned())))
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, DecodeError> {
        de::Deserializer::deserialize_tuple(self.content(), length, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        de::Deserializer::deserialize_struct(self.content(), "", fields, visitor)
    }
}
