//! The cache as a whole, on a real file.

mod content;
mod disk;
mod fuzz;
mod merging;
mod processes;
mod secrets;

use std::{
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use proptest::prelude::*;
use tempfile::TempDir;

use super::{Entry, EntryId, Loaded, LocalCache, LocalCacheKey};
use crate::{SourceError, Value, Version};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// When the tests take place.
fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(1_760_000_000_123)
}

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.cache");
    (folder, path)
}

fn key(byte: u8) -> LocalCacheKey {
    LocalCacheKey::from_bytes([byte; 32])
}

fn id(component: &str) -> EntryId {
    EntryId::new(format!("AppConfig.{component}"), "consul", format!("app/{component}"))
}

fn entry(component: &str, value: impl Into<Value>) -> Entry {
    let version = Some(Version::new("42"));
    Entry {
        id: id(component),
        value: Some(value.into()),
        version,
        fetched: now(),
        sensitive: false,
        instead_of: Vec::new(),
        instead_since: std::time::UNIX_EPOCH,
    }
}

/// For a result that somebody waits for.
fn unheard(saved: Result<(), SourceError>) {
    panic!("{saved:?}");
}

fn save_at(cache: &LocalCache, time: SystemTime, updates: Vec<Entry>) -> Result<(), SourceError> {
    cache.save_at(updates, || time)
}

fn save(cache: &LocalCache, updates: Vec<Entry>) {
    save_at(cache, now(), updates).unwrap();
}

fn load(cache: &LocalCache) -> Loaded {
    cache.load_at(now()).unwrap()
}

/// The entries, of a file without problems.
fn entries(cache: &LocalCache) -> Vec<Entry> {
    let Loaded { entries, problems } = load(cache);
    assert!(problems.is_empty(), "{}", shown(&problems));
    entries
}

fn value(cache: &LocalCache, component: &str) -> Option<Value> {
    load(cache).find(&id(component)).and_then(|entry| entry.value.clone())
}

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { failure_persistence: None, cases, ..ProptestConfig::default() }
}

/// Everything that an error shows.
fn shown<'e>(errors: impl IntoIterator<Item = &'e SourceError>) -> String {
    use std::error::Error as _;

    let show = |error: &SourceError| {
        let cause = error.source().map(ToString::to_string);
        format!("{:?}: {error} ({cause:?}) -> {:?} {error:?}\n", error.kind(), error.hint())
    };
    errors.into_iter().map(show).collect()
}

/// The names of all files in the folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

/// Any value, of any depth that documents have.
pub(super) fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Signed),
        any::<u64>().prop_map(Value::Unsigned),
        any::<u64>().prop_map(|bits| Value::Float(f64::from_bits(bits))),
        any::<f64>().prop_map(Value::Float),
        any::<String>().prop_map(Value::Text),
        any::<String>().prop_map(Value::String),
        any::<Vec<u8>>().prop_map(Value::Bytes),
    ];
    leaf.prop_recursive(5, 64, 8, |inner| {
        let members = || prop::collection::vec((any::<String>(), inner.clone()), 0..6);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::List),
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Rows),
            members().prop_map(Value::Map),
            members().prop_map(Value::Row),
        ]
    })
}
