//! How deep the lists of a type go: asked of the type, if the value alone does not tell.
//!
//! The one column of a query's one row may be a list itself (an SQL array, JSON, bytes). It is the list that the type
//! wants, unless that goes one deeper: then the row is its only item, as it would be the first if there were a second
//! row.

use std::cell::Cell;

use serde::de::{DeserializeSeed, SeqAccess, Visitor};

use super::{DecodeError, document::Document, rows};
use crate::Value;

/// The deepest list that is looked into, since a type can contain itself.
const DEEPEST: u8 = 8;

/// What a type asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// A string, or anything that can be read from one.
    Text,
    /// Bytes, which are a list of their own.
    Bytes,
    Other,
}

/// How many lists a type is, one within the other, and what the innermost holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lists {
    depth: u8,
    hold: Asked,
}

impl Lists {
    pub(super) const NONE: Self = Self { depth: 0, hold: Asked::Other };

    /// Whether such a column is the list itself, and not its only item.
    pub(super) fn are(self, column: &Value) -> bool {
        match column {
            // A struct or a map takes the column by its name.
            _ if self.depth == 0 => false,
            // Text may begin with a bracket for reasons of its own.
            Value::Text(_) if self.depth == 1 && self.hold == Asked::Text => false,
            _ => self.depth <= depth_of(column),
        }
    }
}

fn depth_of(value: &Value) -> u8 {
    match value {
        Value::List(items) => items.first().map_or(0, depth_of).saturating_add(1),
        Value::Bytes(_) => 1,
        Value::Text(text) => {
            let brackets = text.chars().filter(|character| !character.is_whitespace());
            brackets.take_while(|character| *character == '[').take(DEEPEST.into()).fold(0, |depth, _| depth + 1)
        }
        _ => 0,
    }
}

/// The one column of the one row, if it may be a list itself.
pub(super) fn column_with_list(value: &Value) -> Option<&Value> {
    rows::only_column(value).filter(|column| depth_of(column) > 0)
}

/// A place for the answer, and how many lists are around what is asked now.
#[derive(Clone, Copy)]
pub(super) struct Shape<'s> {
    answer: &'s Cell<Lists>,
    depth: u8,
}

impl<'s> Shape<'s> {
    pub(super) fn new(answer: &'s Cell<Lists>) -> Self {
        Self { answer, depth: 0 }
    }

    /// Takes the answer, and ends the question.
    pub(super) fn note(self, hold: Asked) -> DecodeError {
        let depth = self.depth + u8::from(hold == Asked::Bytes);
        self.answer.set(Lists { depth, hold });
        DecodeError::new(String::new())
    }

    /// Asks a list for its first item.
    pub(super) fn visit_item<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if self.depth == DEEPEST {
            return Err(self.note(Asked::Other));
        }
        visitor.visit_seq(Item(Self { depth: self.depth + 1, ..self }))
    }
}

struct Item<'s>(Shape<'s>);

impl<'de> SeqAccess<'de> for Item<'_> {
    type Error = DecodeError;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, DecodeError> {
        seed.deserialize(Document::shape(self.0)).map(Some)
    }
}
