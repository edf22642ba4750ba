//! What is stored for a request, and how its age is judged.

use std::{
    mem::size_of,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::time::Instant;

use super::jitter::Early;
use crate::{
    Record, Reply, Version,
    metrics::{self, Held},
};

/// An answer with the time at which it was stored.
pub(super) struct Entry {
    pub(super) reply: Reply,
    pub(super) stored: Instant,
    /// The number of the request that it answers, see [`Started`](super::Started).
    pub(super) started: u64,
    pub(super) early: Early,
    /// The end of the lease, after which the value is not used at all.
    pub(super) end: Option<Instant>,
    /// About how many bytes it takes.
    pub(super) bytes: u64,
    /// The age in milliseconds before which it is not revalidated in the background, since that failed.
    pub(super) not_before: AtomicU64,
    /// The value that it has replaced, as long as nobody has found this one right.
    pub(super) previous: Option<Arc<Entry>>,
    /// What replaced it was wrong: its source is asked, and it is used only if that cannot answer.
    pub(super) restored: bool,
    _counted: Held,
}

/// How old a value may be for one reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Freshness {
    /// For how long it is used without asking its source.
    pub(crate) ttl: Duration,
    /// For how long after that it is used if its source cannot answer.
    pub(crate) stale_for: Duration,
    /// How long before the end of its time it is revalidated in the background; at most half of that time counts, so that
    /// a value is not revalidated again at once.
    pub(crate) refresh_ahead: Duration,
}

/// A stored answer.
#[derive(Clone)]
pub(crate) struct Hit {
    /// A record or absence, never `Unchanged`.
    pub(crate) reply: Reply,
    /// The time since its source sent or confirmed it.
    pub(crate) age: Duration,
    pub(super) entry: Arc<Entry>,
}

/// What a reader finds.
#[derive(Debug, Clone)]
pub(crate) enum Lookup {
    Fresh(Hit),
    /// The value is used, and revalidated in the background: see [`Cache::lead_refresh`](super::Cache::lead_refresh).
    RefreshAhead(Hit),
    /// There is one, which is too old for the reader.
    Expired,
    Miss,
}

impl Entry {
    pub(super) fn new(reply: Reply, early: Early, started: u64, now: Instant) -> Self {
        let lease = reply.record().and_then(Record::lease);
        let end = lease.and_then(|lease| now.checked_add(lease.duration()));
        let value = reply.record().map_or(0, Record::footprint);
        let bytes = u64::try_from(size_of::<Self>() + value).unwrap_or(u64::MAX);
        Self::of(reply, now, started, early, end, bytes)
    }

    fn of(reply: Reply, stored: Instant, started: u64, early: Early, end: Option<Instant>, bytes: u64) -> Self {
        let (not_before, _counted) = (AtomicU64::new(0), metrics::cache_entry());
        Self { reply, stored, started, early, end, bytes, not_before, previous: None, restored: false, _counted }
    }

    /// Keeps what it replaces, unless the two take more than `most` bytes. A value that nobody has found right is not worth
    /// it, but what that one has replaced is.
    pub(super) fn replacing(mut self, replaced: &Arc<Self>, most: u64) -> Self {
        let previous = replaced.previous.as_ref().unwrap_or(replaced);
        let bytes = self.bytes.saturating_add(previous.bytes);
        if self.reply.record().is_some() && previous.reply.record().is_some() && bytes <= most {
            (self.previous, self.bytes) = (Some(Arc::clone(previous)), bytes);
        }
        self
    }

    /// The same without what it has replaced.
    pub(super) fn approved(&self) -> Self {
        let before = self.previous.as_ref().map_or(0, |previous| previous.bytes);
        let bytes = self.bytes.saturating_sub(before);
        let entry = Self::of(self.reply.clone(), self.stored, self.started, self.early, self.end, bytes);
        Self { not_before: AtomicU64::new(self.not_before.load(Relaxed)), ..entry }
    }

    /// What it has replaced, in its place; answers of earlier requests than its own stay older.
    pub(super) fn rejected(&self) -> Option<Self> {
        let previous = self.previous.as_ref()?;
        let (early, end, bytes) = (previous.early, previous.end, previous.bytes);
        let entry = Self::of(previous.reply.clone(), previous.stored, self.started, early, end, bytes);
        Some(Self { restored: true, ..entry })
    }

    /// The same answer, which its source has confirmed. A lease does not become longer by that.
    pub(super) fn renewed(&self, good_for: Option<Duration>, early: Early, started: u64, now: Instant) -> Self {
        let reply = match (self.reply.clone(), good_for) {
            (Reply::Found(record), Some(good_for)) => Reply::Found(record.with_good_for(good_for)),
            (Reply::Absent { version, note, .. }, Some(_)) => Reply::Absent { version, good_for, note },
            (reply, _) => reply,
        };
        let before = self.previous.as_ref().map_or(0, |previous| previous.bytes);
        Self::of(reply, now, started, early, self.end, self.bytes.saturating_sub(before))
    }

    pub(super) fn has_ended(&self, now: Instant) -> bool {
        self.end.is_some_and(|end| end <= now)
    }

    fn not_before(&self) -> Duration {
        Duration::from_millis(self.not_before.load(Relaxed))
    }

    fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.stored)
    }

    /// For how long it is fresh for a reader: the shortest of the reader's `ttl`, what the source said, and for absence
    /// `absent_for`; up to a tenth less, by the entry's jitter.
    fn fresh_for(&self, freshness: &Freshness, absent_for: Duration) -> Duration {
        let (good_for, limit) = match &self.reply {
            Reply::Found(record) => (record.good_for(), Duration::MAX),
            Reply::Absent { good_for, .. } => (*good_for, absent_for),
            _ => (None, Duration::ZERO),
        };
        self.early.of(freshness.ttl.min(limit).min(good_for.unwrap_or(Duration::MAX)))
    }
}

impl Hit {
    pub(super) fn new(entry: Arc<Entry>, now: Instant) -> Self {
        Self { reply: entry.reply.clone(), age: entry.age(now), entry }
    }

    pub(crate) fn version(&self) -> Option<&Version> {
        self.reply.version()
    }

    /// Makes it stay as it is for a while, since it could not be revalidated.
    pub(crate) fn postpone_refresh(&self, pause: Duration, now: Instant) {
        let age = self.entry.age(now).saturating_add(pause);
        self.entry.not_before.store(u64::try_from(age.as_millis()).unwrap_or(u64::MAX), Relaxed);
    }

    /// Whether a reader uses it without asking the source.
    pub(super) fn is_fresh(&self, freshness: &Freshness, absent_for: Duration) -> bool {
        !self.entry.restored && self.age < self.entry.fresh_for(freshness, absent_for)
    }

    /// Whether nobody has found it right since it replaced another value.
    pub(crate) fn is_unproven(&self) -> bool {
        self.entry.previous.is_some()
    }

    pub(super) fn judge(self, freshness: &Freshness, absent_for: Duration) -> Lookup {
        let fresh_for = self.entry.fresh_for(freshness, absent_for);
        let ahead = if self.reply.is_absent() { Duration::ZERO } else { freshness.refresh_ahead.min(fresh_for / 2) };
        if self.entry.restored || self.age >= fresh_for {
            Lookup::Expired
        } else if self.age >= fresh_for - ahead && self.age >= self.entry.not_before() {
            Lookup::RefreshAhead(self)
        } else {
            Lookup::Fresh(self)
        }
    }

    /// Whether a reader uses it after a failure. Absence is never stale.
    pub(super) fn is_usable(&self, freshness: &Freshness) -> bool {
        let fresh_for = self.entry.fresh_for(freshness, Duration::ZERO);
        !self.reply.is_absent() && self.age < fresh_for.saturating_add(freshness.stale_for)
    }
}

impl std::fmt::Debug for Hit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hit").field("age", &self.age).finish_non_exhaustive()
    }
}
