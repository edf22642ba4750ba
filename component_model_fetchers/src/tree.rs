//! A prefix as one document: `/` separates the names of maps.

use std::{
    collections::BTreeMap,
    hash::{BuildHasher as _, RandomState},
    sync::{Arc, LazyLock},
};

use component_model_source::{ErrorKind, Record, Reply, SourceError, Value, Version, limit};

use crate::text_or_bytes;

/// A key of a store with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) value: Vec<u8>,
    pub(crate) stamp: Stamp,
}

impl Entry {
    /// `modify_index` is the number of its latest change, of all changes in the store.
    pub(crate) fn new(key: String, value: Vec<u8>, modify_index: u64) -> Self {
        let stamp = Stamp { modify_index, content: KEY.hash_one(&value) };
        Self { key, value, stamp }
    }
}

/// What differs if a value does. The number of a change is not enough: a store that lost its data and is filled again by the
/// same script has the same numbers for other values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Stamp {
    modify_index: u64,
    content: u64,
}

impl Stamp {
    pub(crate) fn version(self) -> Version {
        Version::new(format!("{}-{:016x}", self.modify_index, self.content))
    }
}

/// The key of the hashes in versions, of this process, so that a version that is shown reveals nothing about a secret.
static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// The deepest map, so that reading and dropping a document need little of the stack.
const DEPTH: usize = 64;

/// The document of all entries below a prefix, which ends in `/`; absent if there are none.
///
/// A key that ends in `/` and is empty is a folder of an interface for people, such as Consul's own, and no value.
pub(crate) fn reply(prefix: &str, entries: Vec<Entry>) -> Result<Reply, SourceError> {
    let below = |entry: Entry| {
        let key = entry.key.strip_prefix(prefix)?.to_owned();
        Some((key, entry))
    };
    let is_value = |(key, entry): &(String, Entry)| !entry.value.is_empty() || !(key.is_empty() || key.ends_with('/'));
    let entries: Vec<_> = entries.into_iter().filter_map(below).filter(is_value).collect();
    let Some(latest) = entries.iter().map(|(_, entry)| entry.stamp.modify_index).max() else {
        return Ok(Reply::ABSENT);
    };
    // The index of a deletion is forgotten after a while.
    let contents: Vec<_> = entries.iter().map(|(key, entry)| (key, entry.stamp)).collect();
    let version = Version::new(format!("{latest}/{}-{:016x}", entries.len(), KEY.hash_one(&contents)));
    let mut root = Node::default();
    for (key, entry) in entries {
        root.insert(&key, entry).map_err(|error| error.at(format!("{prefix}{key}")))?;
    }
    let (document, prefix) = (Arc::new(root.into_value()), prefix.to_owned());
    let record = Record::shared(Arc::clone(&document)).with_version(version);
    Ok(record.with_places(move |positions| Some(format!("{prefix}{}", path(&document, positions)))).into())
}

/// A value or a map; never both.
#[derive(Default)]
struct Node {
    value: Option<Vec<u8>>,
    members: BTreeMap<String, Node>,
}

impl Node {
    fn insert(&mut self, key: &str, entry: Entry) -> Result<(), SourceError> {
        let mut node = self;
        for (depth, name) in key.split('/').enumerate() {
            if depth == DEPTH {
                let message = format!("the key has more than {DEPTH} segments below its prefix");
                return Err(SourceError::new(ErrorKind::TooLarge, message));
            }
            if node.value.is_some() {
                return Err(both());
            }
            node = node.members.entry(name.to_owned()).or_default();
        }
        if !node.members.is_empty() {
            return Err(both());
        }
        node.value = Some(entry.value);
        Ok(())
    }

    fn into_value(self) -> Value {
        match self.value {
            Some(bytes) => text_or_bytes(bytes),
            None => Value::Map(self.members.into_iter().map(|(name, node)| (name, node.into_value())).collect()),
        }
    }
}

fn both() -> SourceError {
    SourceError::new(ErrorKind::Malformed, "the key has a value, and there are keys below it")
        .with_hint("the keys of a prefix are read as one document, in which a name is a value or a map")
}

/// The names that lead to a part of the document.
fn path(document: &Value, positions: &[usize]) -> String {
    let mut names = Vec::new();
    let mut value = document;
    for position in positions {
        let Value::Map(members) = value else { break };
        let Some((name, member)) = members.get(*position) else { break };
        names.push(name.as_str());
        value = member;
    }
    names.join("/")
}

/// Whether a prefix has more entries than a document may have values.
pub(crate) fn check_number(entries: &[Entry]) -> Result<(), SourceError> {
    if entries.len() <= limit::VALUES {
        return Ok(());
    }
    Err(SourceError::new(ErrorKind::TooLarge, format!("the prefix has more than {} keys", limit::VALUES)))
}

#[cfg(test)]
mod tests {
    use component_model_source::decode;

    use super::*;

    fn entries(keys: &[(&str, &str)]) -> Vec<Entry> {
        let entry = |(index, (key, value)): (usize, &(&str, &str))| {
            Entry::new((*key).to_owned(), value.as_bytes().to_vec(), index as u64 + 10)
        };
        keys.iter().enumerate().map(entry).collect()
    }

    fn document(keys: &[(&str, &str)]) -> Record {
        let Ok(Reply::Found(record)) = reply("app/", entries(keys)) else { panic!("there are entries") };
        record
    }

    #[test]
    fn keys_are_read_as_maps_within_maps_and_their_folders_are_no_values() {
        let record = document(&[("app/", ""), ("app/pool/", ""), ("app/pool/max", "5\n"), ("app/port", "")]);
        let expected = Value::Map(vec![
            ("pool".to_owned(), Value::Map(vec![("max".to_owned(), Value::text("5"))])),
            ("port".to_owned(), Value::text("")),
        ]);
        assert_eq!(record.value(), &expected);
        let path: decode::Path = decode::Path::default();
        assert_eq!(record.part(&[0, 0]).unwrap().place(&path).unwrap(), "app/pool/max");
    }

    #[test]
    fn a_name_that_is_a_value_and_a_map_is_malformed_whichever_comes_first() {
        for keys in [[("app/a", "1"), ("app/a/b", "2")], [("app/a/b", "2"), ("app/a", "1")]] {
            let error = reply("app/", entries(&keys)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Malformed);
            assert!(error.place().is_some_and(|place| place.starts_with("app/a")));
        }
    }

    #[test]
    fn a_prefix_without_values_is_absent() {
        assert!(reply("app/", Vec::new()).unwrap().is_absent());
        assert!(reply("app/", entries(&[("app/", ""), ("app/pool/", "")])).unwrap().is_absent());
    }

    #[test]
    fn the_version_tells_a_deletion_that_was_forgotten() {
        let all = document(&[("app/a", "1"), ("app/b", "2")]);
        let mut rest = entries(&[("app/a", "1"), ("app/b", "2")]);
        rest.remove(0);
        let Ok(Reply::Found(rest)) = reply("app/", rest) else { panic!("there are entries") };
        assert_ne!(all.version(), rest.version());
    }

    #[test]
    fn the_versions_of_other_values_differ_although_the_numbers_are_the_same() {
        let first = document(&[("app/a", "1"), ("app/b", "2")]);
        assert_eq!(first.version(), document(&[("app/a", "1"), ("app/b", "2")]).version());
        assert_ne!(first.version(), document(&[("app/a", "2"), ("app/b", "1")]).version());
        assert_ne!(first.version(), document(&[("app/a", "1"), ("app/c", "2")]).version());
        let version = |value: &str| Entry::new("a".to_owned(), value.as_bytes().to_vec(), 7).stamp.version();
        assert_eq!(version("1"), version("1"));
        assert_ne!(version("1"), version("2"));
    }

    #[test]
    fn a_key_that_is_too_deep_is_refused() {
        let deep = format!("app/{}", "a/".repeat(10_000));
        let error = reply("app/", entries(&[(&format!("{deep}x"), "1")])).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge);
    }
}
