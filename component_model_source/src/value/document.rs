//! A document becomes a [`Value`]: how serde reads one, within a limit on how many values it may hold.
//!
//! A value takes more memory than the two bytes that write it, so a limit on the size of a text does not bound what it
//! becomes; a limit on the number of values does.

use std::{cell::Cell, collections::HashSet, fmt};

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::Value;
use crate::limit::VALUES;

/// The message for a document with more values than [`VALUES`].
///
/// ```
/// use component_model::value::TOO_MANY;
///
/// assert!(TOO_MANY.contains("million"));
/// ```
pub const TOO_MANY: &str = "the document holds more than a million values";

/// The message for a map with a key that occurs more than once.
pub(crate) const KEY_TWICE: &str = "a key occurs twice in one map";

/// From this size on a map looks its names up instead of comparing them.
const FEW: usize = 16;

/// The value of a JSON document, within the limit.
pub(super) fn json(text: &str) -> Result<Value, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Reader(&Cell::new(VALUES)).deserialize(&mut deserializer)?;
    deserializer.end().map(|()| value)
}

/// Whether the parser stopped because the document has too many values.
///
/// ```
/// use component_model::{Value, value::is_too_many};
///
/// assert!(!is_too_many(&Value::from_json("[1").unwrap_err()));
/// ```
#[must_use]
pub fn is_too_many(error: &serde_json::Error) -> bool {
    error.is_data() && error.to_string().starts_with(TOO_MANY)
}

/// Whether the parser stopped because a map has a key twice.
pub(crate) fn is_key_twice(error: &serde_json::Error) -> bool {
    error.is_data() && error.to_string().starts_with(KEY_TWICE)
}

/// Reads any self-describing document. A key that occurs twice in one map is an error, because it is unknown which one is
/// meant. The size is not limited; [`Value::from_json`] limits it.
impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Reader(&Cell::new(usize::MAX)).deserialize(deserializer)
    }
}

/// Reads one value, and counts down how many may still come.
struct Reader<'c>(&'c Cell<usize>);

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let left = self.0.get().checked_sub(1).ok_or_else(|| D::Error::custom(TOO_MANY))?;
        self.0.set(left);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Signed(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Unsigned(value))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Value, E> {
        Ok(Value::Text(value.to_string()))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Value, E> {
        Ok(Value::Text(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_bytes<E>(self, value: &[u8]) -> Result<Value, E> {
        Ok(Value::Bytes(value.to_vec()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Reader(self.0))? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Vec::new();
        let mut names = Names::default();
        while let Some(name) = members.next_key::<String>()? {
            if !names.insert(&map, &name) {
                return Err(A::Error::custom(KEY_TWICE));
            }
            map.push((name, members.next_value_seed(Reader(self.0))?));
        }
        Ok(Value::Map(map))
    }
}

/// The names that a map has so far: compared one by one while they are few, because most maps are small.
///
/// ```
/// use component_model::{Value, value::Names};
///
/// let (mut names, mut map) = (Names::default(), Vec::new());
/// assert!(names.insert(&map, "port"));
/// map.push(("port".to_owned(), Value::Null));
/// assert!(!names.insert(&map, "port"));
/// ```
#[derive(Debug, Default)]
pub struct Names(HashSet<String>);

impl Names {
    /// Adds the next name of the map; `false` if the map already has it.
    ///
    /// ```
    /// use component_model::value::Names;
    ///
    /// assert!(Names::default().insert(&[], "port"));
    /// ```
    pub fn insert(&mut self, map: &[(String, Value)], name: &str) -> bool {
        if map.len() < FEW {
            return map.iter().all(|(known, _)| known != name);
        }
        if self.0.is_empty() {
            self.0.extend(map.iter().map(|(known, _)| known.clone()));
        }
        self.0.insert(name.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_stands_twice_is_found_in_small_and_in_large_maps() {
        for size in [1, FEW - 1, FEW, FEW + 1, 1000] {
            let members: String = (0..size).map(|number| format!("\"k{number}\": 0, ")).collect();
            let document = |last: &str| format!("{{{members}\"{last}\": 0}}");
            assert!(Value::from_json(&document("other")).is_ok(), "{size}");
            for twice in ["k0".to_owned(), format!("k{}", size - 1)] {
                let error = Value::from_json(&document(&twice)).unwrap_err();
                assert!(error.to_string().contains("twice"), "{size}: {error}");
            }
        }
    }

    #[test]
    fn a_million_values_are_read_and_one_more_is_refused() {
        let list = |items: usize| format!("[{}0]", "0,".repeat(items - 1));
        assert!(Value::from_json(&list(VALUES - 1)).is_ok());
        let error = Value::from_json(&list(VALUES)).unwrap_err();
        assert!(error.to_string().starts_with(TOO_MANY), "{error}");
    }

    #[test]
    fn what_is_nested_too_deeply_is_an_error() {
        assert!(Value::from_json(&"[".repeat(1 << 20)).is_err());
        assert!(Value::from_json(&"{\"a\":".repeat(1 << 20)).is_err());
    }
}
