//! Watches any source: by its own stream, or by polling.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use futures_util::stream;
use tokio::time::{MissedTickBehavior, interval};

use crate::{Answer, Asked, BoxStream, Change, Record, Reply, Source, Value, Version, Watched};

/// The changes of several requests of a source: its own [watch](Source::watch), or, if it cannot watch, the changes
/// found by polling all of them in every interval.
///
/// A poll sends the known version of each request, so that a source may answer that nothing has changed; a record
/// without a version is compared with the last one. Every error is returned. The first answers come at once. The stream
/// never ends by itself, and stops when it is dropped.
///
/// ```
/// use component_model_async::{Change, Memory, KeyQuery, Watched, watch};
/// use futures_util::StreamExt;
/// use std::{sync::Arc, time::Duration};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let settings = Arc::new(Memory::new([("port", "8080")]));
/// let watched = vec![Watched::new(KeyQuery::new("port")), Watched::new(KeyQuery::new("host"))];
/// let mut changes = watch(&settings, watched, Duration::from_secs(10));
/// assert!(matches!(changes.next().await, Some(Change::Answer { index: 0, .. })));
/// # }
/// ```
///
/// # Panics
/// On a runtime without timers, when the stream is polled.
///
/// # Cancel safety
/// A dropped `next()` loses no change.
pub fn watch<S: Source>(
    source: &Arc<S>,
    watched: Vec<Watched<S::Query>>,
    every: Duration,
) -> BoxStream<'static, Change> {
    if let Some(own) = source.watch(watched.clone()) {
        return own;
    }
    let watched = watched.into_iter().map(|watched| Polled { query: watched.query, last: watched.known.into() });
    let poll = Poll { source: Arc::clone(source), watched: watched.collect(), changes: VecDeque::new() };
    // Begins when it is first polled, on the runtime that polls it.
    let polls = stream::unfold((poll, None), move |(mut poll, ticks)| async move {
        let mut ticks = ticks.unwrap_or_else(|| ticker(every));
        let change = loop {
            if let Some(change) = poll.changes.pop_front() {
                break change;
            }
            ticks.tick().await;
            poll.ask().await;
        };
        Some((change, (poll, Some(ticks))))
    });
    Box::pin(polls)
}

fn ticker(every: Duration) -> tokio::time::Interval {
    let mut ticks = interval(every.max(Duration::from_millis(1)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// A source that is polled.
struct Poll<S: Source> {
    source: Arc<S>,
    watched: Vec<Polled<S::Query>>,
    /// The changes of the last answers that have not been returned.
    changes: VecDeque<Change>,
}

struct Polled<Q> {
    query: Q,
    last: Last,
}

/// What was last returned for a request.
enum Last {
    Nothing,
    Absence,
    Version(Version),
    /// A record that has no version.
    Value(Record),
}

impl From<Option<Version>> for Last {
    fn from(known: Option<Version>) -> Self {
        known.map_or(Self::Nothing, Self::Version)
    }
}

impl Last {
    fn version(&self) -> Option<&Version> {
        match self {
            Self::Version(version) => Some(version),
            _ => None,
        }
    }

    fn value(&self) -> Option<&Value> {
        match self {
            Self::Value(record) => Some(record.value()),
            _ => None,
        }
    }

    /// Whether an answer is a change; remembers the answer.
    fn is_changed_by(&mut self, answer: &Answer) -> bool {
        let next = match answer {
            Err(_) => return true,
            Ok(Reply::Absent) => Self::Absence,
            Ok(Reply::Found(record)) => {
                record.version().cloned().map_or_else(|| Self::Value(record.clone()), Self::Version)
            }
            // Unchanged.
            Ok(_) => return false,
        };
        let same = match (&*self, &next) {
            (Self::Absence, Self::Absence) => true,
            (Self::Version(last), Self::Version(next)) => last == next,
            (Self::Value(_), Self::Value(_)) => self.value() == next.value(),
            _ => false,
        };
        *self = next;
        !same
    }
}

impl<S: Source> Poll<S> {
    async fn ask(&mut self) {
        let asked: Vec<_> =
            self.watched.iter().map(|polled| Asked::new(&polled.query).unless(polled.last.version())).collect();
        let answers = self.source.fetch_many(&asked).await;
        for (index, (answer, polled)) in answers.into_iter().zip(&mut self.watched).enumerate() {
            if polled.last.is_changed_by(&answer) {
                self.changes.push_back(Change::Answer { index, answer });
            }
        }
    }
}
