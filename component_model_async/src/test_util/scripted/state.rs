//! What the clones of a scripted source share: its scripts, and what it was asked.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::{sync::watch, time::Instant};

use super::{super::Script, steps::Steps};
use crate::{Answer, SourceError, registry::memory};

/// The state, and who waits for it to change.
pub(super) struct Shared {
    state: Mutex<State>,
    changed: watch::Sender<()>,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) keys: HashMap<String, Key>,
    pub(super) is_grouped: bool,
    pub(super) is_immediate: bool,
    pub(super) is_watchable: bool,
    pub(super) is_shut_down: bool,
    pub(super) calls: usize,
    pub(super) in_flight: usize,
    pub(super) most_in_flight: usize,
    pub(super) dropped: usize,
}

#[derive(Default)]
pub(super) struct Key {
    pub(super) steps: Steps,
    /// How often the script was replaced.
    pub(super) replaced: u64,
    pub(super) asked_at: Vec<Instant>,
    pub(super) endpoint: Option<String>,
}

impl State {
    pub(super) fn key(&mut self, key: &str) -> &mut Key {
        self.keys.entry(key.to_owned()).or_default()
    }

    /// One call for these keys arrives; their answers.
    fn arrive<'k>(&mut self, keys: impl Iterator<Item = &'k str>) -> Vec<Script> {
        self.calls += 1;
        let now = Instant::now();
        let mut take = |key: &str| {
            let key = self.key(key);
            key.asked_at.push(now);
            key.steps.take().0
        };
        keys.map(&mut take).collect()
    }
}

impl Shared {
    pub(super) fn new() -> Self {
        Self { state: Mutex::default(), changed: watch::Sender::new(()) }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, and wakes everyone who waits for that.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.state());
        self.changed.send_replace(());
        result
    }

    pub(super) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// A call for these keys, which is in flight until it is dropped.
    ///
    /// # Errors
    /// If the source is shut down.
    pub(super) fn call<'k>(&self, keys: impl Iterator<Item = &'k str>) -> Result<Call<'_>, SourceError> {
        let steps = self.change(|state| {
            if state.is_shut_down {
                return Err(SourceError::shut_down());
            }
            state.in_flight += 1;
            state.most_in_flight = state.most_in_flight.max(state.in_flight);
            Ok(state.arrive(keys))
        })?;
        Ok(Call { shared: self, steps, is_answered: false })
    }

    /// An error that names the keys with answers below one that none of those that are `read` reads.
    pub(super) fn deny_unknown(&self, below: &str, read: &[String]) -> Answer {
        let state = self.state();
        let scripted = state.keys.iter().filter(|(_, key)| !key.steps.is_empty());
        memory::deny_unknown(scripted.map(|(key, _)| key.as_str()), below, read)
    }

    /// The answer for a key, if it is there without waiting.
    pub(super) fn immediate(&self, key: &str) -> Option<Script> {
        self.change(|state| {
            let is_ready = state.is_immediate && !state.is_shut_down && state.key(key).steps.peek().is_ready();
            is_ready.then(|| state.arrive(std::iter::once(key)).pop()).flatten()
        })
    }
}

/// A call in flight.
pub(super) struct Call<'s> {
    shared: &'s Shared,
    steps: Vec<Script>,
    is_answered: bool,
}

impl Call<'_> {
    /// The answers, after the slowest of them.
    pub(super) async fn answered(mut self) -> Vec<Script> {
        futures_util::future::join_all(self.steps.iter().map(Script::wait)).await;
        self.is_answered = true;
        std::mem::take(&mut self.steps)
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.shared.change(|state| {
            state.in_flight -= 1;
            state.dropped += usize::from(!self.is_answered);
        });
    }
}
