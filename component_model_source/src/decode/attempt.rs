//! The attempts to read a value: text that a type refuses may be read otherwise.
//!
//! What always holds: the first attempt takes the value as it is, so that nothing is changed for a type that takes it,
//! such as `String`. A list of a query's one column is the exception, which has to be told from a list of rows first. No
//! attempt replaces a row by its column: a struct or a map would take the column's content for its fields.

use std::{borrow::Cow, cell::Cell};

use super::{
    DecodeError, Step,
    document::{Document, Rules},
    sensitive, separated,
    shape::{self, Lists, Shape},
    text, trim,
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
        result.map_err(|error| if sensitive::names_a_secret(name) { error.redacted() } else { error })
    }
}

/// How often the white space of another part is dropped. Each time, the value is read once more.
const TRIMS: u8 = 100;

/// What the attempts after the first need.
struct Further<'v> {
    value: Cow<'v, Value>,
    now: Attempt,
    trims: u8,
    lists: Cell<Lists>,
    /// Why the type refused the value as it is.
    refused: Option<DecodeError>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attempt {
    /// Nothing is read, the type only says what its items are.
    Shape,
    AsItIs,
    /// Without the white space around the texts that the type refused.
    Trimmed,
    /// As the JSON document that the text is, for types that do not say what they want, such as enums with a tag
    /// inside.
    Json,
    /// As the members and numbers that the text looks like, for the same types.
    Guess,
}

impl<'v> Further<'v> {
    fn new(value: &'v Value, now: Attempt) -> Self {
        Self { value: Cow::Borrowed(value), now, trims: 0, lists: Cell::new(Lists::NONE), refused: None }
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
        if !error.is_absent() && self.advance(error.path().steps()) {
            self.refused.get_or_insert(error);
            return Ok(());
        }
        Err(match (self.now, self.refused.take()) {
            (_, None) => error,
            // A column's error is the better one: only its text is what the source returned.
            (_, Some(refused)) if is_of_query(&self.value) && !refused.path().is_empty() => refused,
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

    /// Sets up the next attempt that differs from those before; says whether there is one. The steps lead to what the
    /// type refused.
    fn advance(&mut self, steps: &[Step]) -> bool {
        if !matches!(self.now, Attempt::AsItIs | Attempt::Trimmed) {
            return false;
        }
        if self.trim(steps) {
            self.now = Attempt::Trimmed;
        } else if let Some(document) = json_in(&self.value) {
            (self.now, self.value) = (Attempt::Json, Cow::Owned(document));
        } else if holds_text(&self.value) {
            self.now = Attempt::Guess;
            if let Some(members) = text_of(&self.value).and_then(separated::members) {
                self.value = Cow::Owned(Value::Map(members));
            }
        } else {
            return false;
        }
        true
    }

    /// Drops the white space where the type refused the text, and only there: another part may need its own.
    fn trim(&mut self, steps: &[Step]) -> bool {
        if self.trims == TRIMS || !trim::applies(&self.value, steps) {
            return false;
        }
        self.trims += 1;
        trim::apply(self.value.to_mut(), steps);
        true
    }
}

fn text_of(value: &Value) -> Option<&str> {
    if let Value::Text(text) = value { Some(text) } else { None }
}

fn is_of_query(value: &Value) -> bool {
    matches!(value, Value::Rows(_) | Value::Row(_))
}

/// The document that a text is, or the row whose only column is one.
fn json_in(value: &Value) -> Option<Value> {
    match value {
        Value::Text(text) => text::json(text).ok().flatten(),
        Value::Rows(rows) => match &rows[..] {
            [row] => json_in(row),
            _ => None,
        },
        Value::Row(columns) => match &columns[..] {
            [(name, column @ Value::Text(_))] => Some(Value::Row(vec![(name.clone(), json_in(column)?)])),
            _ => None,
        },
        _ => None,
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
