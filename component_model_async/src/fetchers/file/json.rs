//! JSON.

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{
    document::{Broken, Position},
    places::Outline,
};
use crate::{
    Value,
    decode::Step,
    value::{TOO_MANY, is_too_many},
};

pub(super) fn parse(text: &str) -> Result<Value, Broken> {
    Value::from_json(text).map_err(|error| {
        if is_too_many(&error) {
            return Broken::too_large(TOO_MANY);
        }
        // The position is in the place; the message ends with it again.
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        Broken::malformed(format!("not JSON: {message}"), Some((error.line(), error.column())))
    })
}

/// Where the steps lead: used only in errors, so the text is parsed again.
pub(super) fn position(text: &str, steps: &[Step]) -> Option<Position> {
    let error = Seek(steps).deserialize(&mut serde_json::Deserializer::from_str(text)).err()?;
    Some((error.line(), error.column()))
}

/// Where all values are, in a text that has been parsed.
pub(super) fn outline(text: &str) -> Outline {
    let mut scanner = Scanner::default();
    text.chars().enumerate().for_each(|(at, character)| scanner.next(at, character));
    scanner.outline
}

/// Reads a document character by character.
#[derive(Default)]
struct Scanner {
    outline: Outline,
    /// For each list or map that is open, whether it is a map.
    maps: Vec<bool>,
    within: Within,
    /// Whether the next string is the key of a map.
    is_key: bool,
}

/// What the last character belongs to.
#[derive(Default)]
enum Within {
    #[default]
    Space,
    /// A number, a boolean or null.
    Word,
    String,
    Escape,
}

impl Scanner {
    fn next(&mut self, at: usize, character: char) {
        self.within = match (&self.within, character) {
            (Within::String, '\\') => Within::Escape,
            (Within::String, '"') => Within::Space,
            (Within::String | Within::Escape, _) => Within::String,
            (_, '"') => {
                if !self.is_key {
                    self.outline.leaf(at);
                }
                Within::String
            }
            (within, _) => {
                let is_first = !matches!(within, Within::Word);
                self.outside(at, character, is_first)
            }
        };
    }

    fn outside(&mut self, at: usize, character: char, is_first: bool) -> Within {
        match character {
            '{' | '[' => {
                self.outline.begin(at);
                self.is_key = character == '{';
                self.maps.push(self.is_key);
            }
            '}' | ']' => {
                self.outline.end();
                self.maps.pop();
            }
            ',' => self.is_key = self.maps.last() == Some(&true),
            ':' => self.is_key = false,
            ' ' | '\t' | '\r' | '\n' => {}
            _ => {
                if is_first {
                    self.outline.leaf(at);
                }
                return Within::Word;
            }
        }
        Within::Space
    }
}

/// Walks to a place and fails there: the parser adds the position to the error.
struct Seek<'s>(&'s [Step]);

impl Seek<'_> {
    fn here<E: Error>() -> E {
        E::custom("here")
    }
}

impl<'de> DeserializeSeed<'de> for Seek<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

macro_rules! scalars_are_here {
    ($($method:ident: $ty:ty),*) => {
        $(fn $method<E: Error>(self, _: $ty) -> Result<(), E> { Err(Self::here()) })*
    };
}

impl<'de> Visitor<'de> for Seek<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a place")
    }

    scalars_are_here! { visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Err(Self::here())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let Some((Step::Index(index), rest)) = self.0.split_first() else { return Err(Self::here()) };
        for _ in 0..*index {
            items.next_element::<IgnoredAny>()?;
        }
        items.next_element_seed(Seek(rest))?;
        Err(Self::here())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let Some((Step::Key(sought), rest)) = self.0.split_first() else { return Err(Self::here()) };
        while let Some(name) = members.next_key::<String>()? {
            if name == *sought {
                members.next_value_seed(Seek(rest))?;
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Err(Self::here())
    }
}
