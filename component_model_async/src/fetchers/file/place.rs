//! Where a part of a document stands: only asked for the sake of an error, so the text is simply read again.

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::format::Format;
use crate::decode::Step;

/// The line and the column, both from 1, of what the steps lead to, where the format tells positions.
pub(super) fn find(format: Format, text: &str, steps: &[Step]) -> Option<(usize, usize)> {
    let seek = Seek(steps);
    match format {
        Format::Json => {
            let error = seek.deserialize(&mut serde_json::Deserializer::from_str(text)).err()?;
            Some((error.line(), error.column()))
        }
        Format::Yaml => {
            let location = seek.deserialize(yaml_serde::Deserializer::from_str(text)).err()?.location()?;
            Some((location.line(), location.column()))
        }
        Format::Toml => {
            let toml = toml::Deserializer::parse(text).ok()?;
            Some(position(text, seek.deserialize(toml).err()?.span()?.start))
        }
        Format::Plain => None,
    }
}

/// Line and column, both from 1, of a byte of a text.
pub(super) fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(offset)];
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|character| *character != '\n').count() + 1;
    (line, column)
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

    scalars_are_here! {
        visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_i128: i128, visit_u128: u128, visit_f64: f64,
        visit_str: &str
    }

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
