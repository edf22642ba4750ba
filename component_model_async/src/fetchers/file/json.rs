//! JSON.

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::document::{Broken, Position};
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
