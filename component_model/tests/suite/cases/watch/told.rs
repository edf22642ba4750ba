//! A watch of some keys, and what it has told.

use std::{sync::Arc, time::Duration};

use component_model::{Answer, BoxStream, Change, ErrorKind, Record, Reply, Version};
use futures_util::StreamExt as _;
use tokio::time::{Instant, timeout, timeout_at};

use crate::member::Watching;

/// What a change may take: the machine may be busy.
const LIMIT: Duration = Duration::from_secs(60);

/// What was told of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Told {
    Text(String),
    /// A value that is not text.
    Other,
    Absent,
    /// What was known holds again, after an error.
    Unchanged,
    Failed(ErrorKind),
}

impl Told {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    fn of(answer: &Answer) -> Self {
        match answer {
            Ok(Reply::Found(record)) => text(record).map_or(Self::Other, Self::Text),
            Ok(Reply::Absent { .. }) => Self::Absent,
            Ok(_) => Self::Unchanged,
            Err(error) if error.kind() == ErrorKind::Absent => Self::Absent,
            Err(error) => Self::Failed(error.kind()),
        }
    }

    /// What a test has written.
    fn number(&self) -> Option<u64> {
        match self {
            Self::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    fn is_error(&self) -> bool {
        matches!(self, Self::Failed(_))
    }
}

fn text(record: &Record) -> Option<String> {
    let mut text = None;
    record.read_into(&mut text, false).ok()?;
    text
}

/// A watch of keys.
pub(super) struct Watch {
    changes: BoxStream<'static, Change>,
    keys: Vec<String>,
    /// The position of a key, and what was told of it.
    told: Vec<(usize, Told)>,
    /// How much of what was told of each key [`Watch::goes_to`] has seen.
    seen: Vec<usize>,
}

impl Watch {
    /// Watches keys, none of which is known.
    pub(super) fn of<M: Watching>(source: &Arc<M::Source>, keys: &[&str]) -> Self {
        let keys: Vec<_> = keys.iter().map(|key| (*key, None)).collect();
        Self::since::<M>(source, &keys)
    }

    /// Watches keys from the versions that are known.
    pub(super) fn since<M: Watching>(source: &Arc<M::Source>, keys: &[(&str, Option<Version>)]) -> Self {
        let requests = keys.iter().map(|(key, known)| (M::request(source, key), known.clone())).collect();
        Self {
            changes: component_model::watch(source, requests, M::polling()),
            keys: keys.iter().map(|(key, _)| (*key).to_owned()).collect(),
            told: Vec::new(),
            seen: vec![0; keys.len()],
        }
    }

    /// Watches keys that have values, all of which have been told.
    pub(super) async fn started<M: Watching>(source: &Arc<M::Source>, keys: &[(&str, &str)]) -> Self {
        let names: Vec<_> = keys.iter().map(|(key, _)| *key).collect();
        let mut watch = Self::of::<M>(source, &names);
        for (key, value) in keys {
            watch.reaches(key, &Told::text(*value)).await;
        }
        watch
    }

    /// Waits for the next change of any key; false if the watch has ended.
    pub(super) async fn next(&mut self) -> bool {
        let Ok(change) = timeout(LIMIT, self.changes.next()).await else { panic!("nothing more was told: {self:?}") };
        self.take(change)
    }

    fn take(&mut self, change: Option<Change>) -> bool {
        match change {
            Some(Change::Answer { index, answer }) => self.told.push((index, Told::of(&answer))),
            Some(_) => {}
            None => return false,
        }
        true
    }

    /// Listens for some time, at the end of which nothing need have been told.
    pub(super) async fn listens(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while let Ok(change) = timeout_at(end, self.changes.next()).await {
            assert!(self.take(change), "the watch has ended: {self:?}");
        }
    }

    /// What was told last of a key.
    fn last(&self, key: &str) -> Option<&Told> {
        self.of_key(key).last()
    }

    /// All that was told of a key.
    pub(super) fn of_key(&self, key: &str) -> impl Iterator<Item = &Told> {
        let position = self.keys.iter().position(|known| known == key);
        self.told.iter().filter(move |(index, _)| Some(*index) == position).map(|(_, told)| told)
    }

    /// Waits until a state is what was told last of a key; returns how many changes of any key came until then.
    pub(super) async fn reaches(&mut self, key: &str, state: &Told) -> usize {
        let before = self.told.len();
        while self.last(key) != Some(state) {
            assert!(self.next().await, "the watch has ended: {self:?}");
        }
        self.told.len() - before
    }

    /// Waits until something else is told of a key.
    pub(super) async fn changes(&mut self, key: &str) {
        let before = self.last(key).cloned();
        while self.last(key) == before.as_ref() {
            assert!(self.next().await, "the watch has ended: {self:?}");
        }
    }

    /// Waits for a state of a key, which follows the one of the last call; either may be told more than once.
    pub(super) async fn goes_to(&mut self, key: &str, state: Told) {
        self.reaches(key, &state).await;
        let position = self.keys.iter().position(|known| known == key).unwrap();
        let told: Vec<_> = self.of_key(key).cloned().collect();
        let seen = std::mem::replace(&mut self.seen[position], told.len());
        let mut states = told[seen.saturating_sub(1)..].to_vec();
        states.dedup();
        let expected = if seen == 0 { &states[..1] } else { &states[..states.len().min(2)] };
        assert!(
            states == expected && states.last() == Some(&state),
            "{key} goes to {state:?} over {states:?}: {self:?}"
        );
    }

    /// Every key that was in error was answered afterwards.
    pub(super) async fn recovers(&mut self) {
        for key in self.keys.clone() {
            while self.last(&key).is_some_and(Told::is_error) {
                assert!(self.next().await, "the watch has ended: {self:?}");
            }
        }
    }

    /// The numbers that were written came in their order.
    pub(super) fn is_in_order(&self) {
        for key in &self.keys {
            let numbers: Vec<_> = self.of_key(key).filter_map(Told::number).collect();
            assert!(numbers.is_sorted(), "{key}: {self:?}");
        }
    }

    /// The kinds of errors that were told of a key.
    pub(super) fn errors(&self, key: &str) -> Vec<ErrorKind> {
        let kind = |told: &Told| if let Told::Failed(kind) = told { Some(*kind) } else { None };
        self.of_key(key).filter_map(kind).collect()
    }

    pub(super) fn keys(&self) -> Vec<String> {
        self.keys.clone()
    }
}

/// The last changes that were told.
impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const SHOWN: usize = 40;
        let told = self.told.iter().rev().take(SHOWN).rev().map(|(index, told)| (&self.keys[*index], told));
        write!(f, "{} changes, the last of them ", self.told.len())?;
        f.debug_list().entries(told).finish()
    }
}
