//! The attempts to read a value: text that a type refuses may be read otherwise.
//!
//! What always holds: the first attempt takes the value as it is, so that nothing is changed for a type that takes it,
//! such as `String`. A list of a query's one column is the exception, which has to be told from a list of rows first.

use std::{borrow::Cow, cell::Cell};

use super::{
    DecodeError,
    document::{Document, Rules},
    rows, sensitive, separated,
    shape::{self, Lists, Shape},
    text,
};
use crate::Value;

/// One attempt after another, until a type takes the value or none is left.
pub(super) struct Attempts<'v> {
    first: Document<'v>,
    /// `None` for no value at all.
    value: Option<&'v Value>,
    /// Boxed, so that a value that is taken as it is costs nothing here.
    further: Option<Box<Further<'v>>>,
}

impl<'v> Attempts<'v> {
    #[inline]
    pub(super) fn new(value: &'v Value) -> Self {
        let further = match value {
            Value::Rows(_) | Value::Row(_) if shape::column_with_list(value).is_some() => {
                Some(Box::new(Further::new(value, Attempt::Shape)))
            }
            _ => None,
        };
        Self { first: Rules::default().root(value), value: Some(value), further }
    }

    pub(super) fn of_absence() -> Self {
        Self { first: Document::absent(), value: None, further: None }
    }

    /// What the type is read from now.
    #[inline]
    pub(super) fn document(&self) -> Document<'_> {
        match &self.further {
            None => self.first,
            Some(further) => further.document(),
        }
    }

    /// Goes on to the next attempt, or gives the error that a type of this name ends with.
    pub(super) fn after(&mut self, error: DecodeError, name: &str) -> Result<(), DecodeError> {
        let result = match (&mut self.further, self.value) {
            (Some(further), _) => further.after(error),
            (further, Some(value)) => further.insert(Box::new(Further::new(value, Attempt::AsItIs))).after(error),
            (None, None) => Err(error),
        };
        result.map_err(|error| if sensitive::names_a_secret(name) { error.of_sensitive() } else { error })
    }
}

/// What the attempts after the first need.
struct Further<'v> {
    value: Cow<'v, Value>,
    now: Attempt,
    lists: Cell<Lists>,
    /// Why the type refused the value as it is.
    refused: Option<DecodeError>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attempt {
    /// Nothing is read, the type only says what its items are.
    Shape,
    AsItIs,
    /// Without the white space around the text.
    Trimmed,
    /// As the JSON document that the text is, for types that do not say what they want, such as enums with a tag
    /// inside.
    Json,
    /// As the members and numbers that the text looks like, for the same types.
    Guess,
}

impl<'v> Further<'v> {
    fn new(value: &'v Value, now: Attempt) -> Self {
        Self { value: Cow::Borrowed(value), now, lists: Cell::new(Lists::NONE), refused: None }
    }

    fn document(&self) -> Document<'_> {
        match self.now {
            Attempt::Shape => Document::shape(Shape::new(&self.lists)),
            Attempt::AsItIs | Attempt::Trimmed | Attempt::Json => Rules::default().root(&self.value),
            Attempt::Guess => Rules { guess: true }.root(&self.value),
        }
    }

    fn after(&mut self, error: DecodeError) -> Result<(), DecodeError> {
        if self.now == Attempt::Shape {
            self.take_column_unless_item();
            self.now = Attempt::AsItIs;
            return Ok(());
        }
        if !error.is_absent() && self.advance() {
            self.refused.get_or_insert(error);
            return Ok(());
        }
        Err(match (self.now, self.refused.take()) {
            (_, None) => error,
            // Of a JSON document the type has said more than of its text, and likewise of what it took for a string.
            (Attempt::Json, Some(_)) => error,
            (Attempt::Guess, Some(refused)) if refused.is_of_string() => error.without_path(),
            (_, Some(refused)) => refused,
        })
    }

    fn take_column_unless_item(&mut self) {
        let Cow::Borrowed(value) = self.value else { return };
        if let Some(column) = shape::column_with_list(value).filter(|column| self.lists.get().are(column)) {
            self.value = Cow::Borrowed(column);
        }
    }

    /// Sets up the next attempt that differs from those before; says whether there is one.
    fn advance(&mut self) -> bool {
        let text = text_of(&self.value);
        let trimmed = text.filter(|text| text.trim().len() < text.len()).map(|text| Value::text(text.trim()));
        let json = || text.and_then(|text| text::json(text).ok().flatten());
        let (now, value) = match self.now {
            Attempt::Shape | Attempt::Json | Attempt::Guess => return false,
            Attempt::AsItIs if trimmed.is_some() => (Attempt::Trimmed, trimmed),
            Attempt::AsItIs | Attempt::Trimmed => match json() {
                Some(document) => (Attempt::Json, Some(document)),
                None if holds_text(&self.value) => (Attempt::Guess, text.and_then(members)),
                None => return false,
            },
        };
        self.now = now;
        if let Some(value) = value {
            self.value = Cow::Owned(value);
        }
        true
    }
}

/// The text, or that of the one column of the one row.
fn text_of(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        value => rows::only_column(value)
            .and_then(|column| if let Value::Text(text) = column { Some(text.as_str()) } else { None }),
    }
}

fn holds_text(value: &Value) -> bool {
    match value {
        Value::Text(_) => true,
        Value::Rows(parts) | Value::List(parts) => parts.iter().any(holds_text),
        Value::Row(members) | Value::Map(members) => members.iter().any(|(_, member)| holds_text(member)),
        _ => false,
    }
}

/// The members that `host=db,port=5432` names.
fn members(text: &str) -> Option<Value> {
    let pairs = separated::pairs_in(text).ok().filter(|pairs| !pairs.is_empty())?;
    Some(Value::Map(pairs.into_iter().map(|(name, text)| (name, Value::Text(text))).collect()))
}
