//! One entry: the last known good value of a component.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use crate::{Value, Version};

/// What a value belongs to. It is used only for the same component with the same source and locator: a component that
/// now asks for another key does not get the value of the former one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct EntryId {
    /// The path of the struct and the field: `AppConfig.pool.max`.
    pub(crate) component: String,
    /// The name of the registration.
    pub(crate) source: String,
    /// The source's locator, with whatever else tells one value of the component from another, such as the parameters
    /// of a query. It is written in plain text.
    pub(crate) locator: String,
}

impl EntryId {
    pub(crate) fn new(component: impl Into<String>, source: impl Into<String>, locator: impl Into<String>) -> Self {
        Self { component: component.into(), source: source.into(), locator: locator.into() }
    }
}

/// The last known good value of a component.
#[derive(Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) id: EntryId,
    /// None: the source had no value.
    pub(crate) value: Option<Value>,
    pub(crate) version: Option<Version>,
    /// When the value was fetched; milliseconds are kept.
    pub(crate) fetched: SystemTime,
    /// Whether the value must be encrypted.
    pub(crate) sensitive: bool,
    /// The entries that count no more, if they are older: those of the other sources of the component. They are not stored.
    pub(crate) instead_of: Vec<EntryId>,
    /// Since when those count no more.
    pub(crate) instead_since: SystemTime,
}

impl Entry {
    /// How old the value is; none if it is from the future, since the clock was changed.
    pub(crate) fn age(&self, now: SystemTime) -> Option<Duration> {
        now.duration_since(self.fetched).ok()
    }

    /// Whether the two differ at most in when they were fetched.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        self.id == other.id
            && self.value == other.value
            && self.version == other.version
            && self.sensitive == other.sensitive
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = self.version.as_ref().filter(|_| !self.sensitive);
        f.debug_struct("Entry")
            .field("id", &self.id)
            .field("value", &self.value)
            .field("version", &version)
            .field("fetched", &self.fetched)
            .field("sensitive", &self.sensitive)
            .finish()
    }
}
