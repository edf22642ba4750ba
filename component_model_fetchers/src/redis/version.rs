//! Versions of values. The server has none, so that a value is identified by a hash of it, with a secret key: nobody who
//! sees the version of a password can find it by trying.

use std::hash::{BuildHasher, Hash, Hasher, RandomState};

use component_model_source::{Record, Value, Version};

use crate::parsers::IN_PLACE;

/// Makes the versions of one source and its clones; another source gives the same value another version.
#[derive(Debug, Default)]
pub(super) struct Versions(RandomState);

impl Versions {
    /// The record with its version. One of more than 64 KiB has none, since its hash would take too long.
    pub(super) fn of(&self, record: Record) -> Record {
        let mut hasher = Bounded { hasher: self.0.build_hasher(), left: IN_PLACE };
        match hash(record.value(), &mut hasher) {
            Some(()) => record.with_version(Version::new(format!("{:016x}", hasher.hasher.finish()))),
            None => record,
        }
    }
}

struct Bounded<H> {
    hasher: H,
    /// How many bytes may follow.
    left: usize,
}

impl<H: Hasher> Bounded<H> {
    fn add(&mut self, part: impl Hash, length: usize) -> Option<()> {
        self.left = self.left.checked_sub(length.saturating_add(1))?;
        part.hash(&mut self.hasher);
        Some(())
    }
}

/// Hashes a value; nothing if it is too large.
fn hash(value: &Value, to: &mut Bounded<impl Hasher>) -> Option<()> {
    match value {
        Value::Null => to.add(0_u8, 0),
        Value::Bool(value) => to.add((1_u8, value), 0),
        Value::Signed(number) => to.add((2_u8, number), 0),
        Value::Unsigned(number) => to.add((3_u8, number), 0),
        Value::Float(number) => to.add((4_u8, number.to_bits()), 0),
        Value::Text(text) => to.add((5_u8, text), text.len()),
        Value::String(text) => to.add((6_u8, text), text.len()),
        Value::Bytes(bytes) => to.add((7_u8, bytes), bytes.len()),
        Value::List(values) | Value::Rows(values) => {
            to.add((8_u8, values.len()), 0)?;
            values.iter().try_for_each(|value| hash(value, to))
        }
        Value::Map(members) | Value::Row(members) => {
            to.add((9_u8, members.len()), 0)?;
            members.iter().try_for_each(|(name, value)| {
                to.add(name, name.len())?;
                hash(value, to)
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(versions: &Versions, value: Value) -> Option<String> {
        versions.of(Record::new(value)).version().map(|version| version.as_str().to_owned())
    }

    #[test]
    fn equal_values_have_one_version_and_others_have_others() {
        let versions = Versions::default();
        let list = |parts: &[&str]| Value::List(parts.iter().map(|part| Value::text(*part)).collect());
        let values = [
            Value::Null,
            Value::text(""),
            Value::text("a"),
            Value::Bytes(b"a".to_vec()),
            list(&[]),
            list(&["a"]),
            list(&["a", "b"]),
            list(&["ab"]),
            Value::Map(vec![("a".to_owned(), Value::text("b"))]),
            Value::Map(vec![("ab".to_owned(), Value::text(""))]),
        ];
        let all: std::collections::HashSet<_> = values.iter().map(|value| version(&versions, value.clone())).collect();
        assert_eq!(all.len(), values.len());
        assert_eq!(version(&versions, Value::text("a")), version(&versions, Value::text("a")));
        assert_ne!(version(&versions, Value::text("a")), version(&Versions::default(), Value::text("a")));
    }

    #[test]
    fn what_is_large_has_none() {
        let versions = Versions::default();
        assert!(version(&versions, Value::text("x".repeat(IN_PLACE - 1))).is_some());
        assert!(version(&versions, Value::text("x".repeat(IN_PLACE))).is_none());
        assert!(version(&versions, Value::List(vec![Value::Null; IN_PLACE])).is_none());
    }
}
