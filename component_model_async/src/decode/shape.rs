//! What a list holds: asked of the type, where the value alone does not tell.
//!
//! The one column of a query's one row may be a list itself (an SQL array, JSON, bytes). It is the list that the type wants,
//! unless the type's items are lists as well: then it is the first of them, as it would be if there were a second row.

use std::cell::Cell;

use serde::de::{DeserializeSeed, SeqAccess, Visitor};

use super::{DecodeError, document::Document, rows};
use crate::Value;

/// What a type asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// A list, a tuple, bytes.
    List,
    /// A string, or anything that can be read from one.
    Text,
    Other,
}

/// A place for the answer, and whether the question is about the type or about the items of its list.
#[derive(Clone, Copy)]
pub(super) struct Shape<'s> {
    asked: &'s Cell<Option<Asked>>,
    of_item: bool,
}

impl<'s> Shape<'s> {
    pub(super) fn of_items(asked: &'s Cell<Option<Asked>>) -> Self {
        Self { asked, of_item: false }
    }

    pub(super) fn is_outermost(self) -> bool {
        !self.of_item
    }

    /// Ends the question, with an answer if it is about an item.
    pub(super) fn note(self, asked: Asked) -> DecodeError {
        if self.of_item {
            self.asked.set(Some(asked));
        }
        DecodeError::new(String::new())
    }

    /// Lets a list ask for its first item.
    pub(super) fn visit_item<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_seq(Item(Self { of_item: true, ..self }))
    }
}

struct Item<'s>(Shape<'s>);

impl<'de> SeqAccess<'de> for Item<'_> {
    type Error = DecodeError;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, DecodeError> {
        seed.deserialize(Document::shape(self.0)).map(Some)
    }
}

/// The one column of the one row, where it may be a list itself.
pub(super) fn column_with_list(value: &Value) -> Option<&Value> {
    rows::only_column(value).filter(|column| match column {
        Value::List(_) | Value::Bytes(_) => true,
        Value::Text(text) => text.trim_start().starts_with('['),
        _ => false,
    })
}

/// Whether such a column is the list itself, for items that ask for this; otherwise it is an item.
pub(super) fn is_the_list(column: &Value, asked: Option<Asked>) -> bool {
    match asked {
        Some(Asked::List) => false,
        // Text may begin with a bracket for reasons of its own.
        Some(Asked::Text) => !matches!(column, Value::Text(_)),
        Some(Asked::Other) | None => true,
    }
}
