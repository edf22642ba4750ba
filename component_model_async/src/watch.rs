//! Watching any source: by its own stream, or by asking again and again.
//!
//! What always holds: requests of different groups are never asked together, no poll waits longer than its timeout, and
//! what is told is a change, an error, or the end of errors.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use futures_util::{
    StreamExt,
    stream::{self, SelectAll},
};
use tokio::{
    runtime::Handle,
    time::{Instant, sleep_until, timeout},
};

use crate::{
    Answer, Asked, BoxStream, Change, ErrorKind, Opaque, Record, Reply, Request, Source, SourceError, Version, Watched,
    policy,
};

/// How a source that cannot watch is polled.
///
/// ```
/// use component_model::Polling;
/// use std::time::Duration;
///
/// let polling = Polling::every(Duration::from_secs(30)).timeout(Duration::from_secs(5));
/// # let _ = polling;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Polling {
    every: Duration,
    timeout: Duration,
}

impl Polling {
    /// Waits so long, and at least a millisecond, after each answer before it asks again; longer after an error whose source
    /// [asks for that](crate::SourceError::retry_after). A poll may take 2 s.
    ///
    /// ```
    /// # use component_model::Polling;
    /// # use std::time::Duration;
    /// let polling = Polling::every(Duration::from_secs(30));
    /// # let _ = polling;
    /// ```
    #[must_use]
    pub fn every(every: Duration) -> Self {
        Self { every: every.max(Duration::from_millis(1)), timeout: policy::timeout::DEFAULT }
    }

    /// The longest that a poll may take; one that takes longer is an error of all its requests. With 0 every poll is one.
    ///
    /// ```
    /// # use component_model::Polling;
    /// # use std::time::Duration;
    /// let patient = Polling::every(Duration::from_secs(30)).timeout(Duration::from_secs(10));
    /// # let _ = patient;
    /// ```
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }
}

/// The changes of several requests of a source, each from the version that is known: by its own
/// [watch](Source::watch), one for each group, or, if it cannot watch, by polling each group.
///
/// A poll asks with the versions that are known, so that a source may answer that nothing has changed; a value without a
/// version is compared with the last one. Told is what changed, every error, and the first answer after an error. The first
/// answers come at once. The stream ends when the source is shut down, and stops when it is dropped; one that polls tells
/// the error of its next poll first. Outside of a tokio runtime a source that cannot watch is not polled: the stream tells
/// an error for each request and ends.
///
/// ```
/// use std::{sync::Arc, time::Duration};
/// use component_model::{
///     Change, Memory, Polling, RequestSpec, Source, SourceError,
///     plan::Layer,
///     watch,
/// };
/// use futures_util::StreamExt;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), SourceError> {
/// let settings = Arc::new(Memory::new([("port", "8080")]));
/// let port = Layer { key: Some("port"), ..Layer::NEW };
/// let request = settings.bind(&RequestSpec::new(&port, &[]))?;
///
/// let mut changes = watch(&settings, vec![(request, None)], Polling::every(Duration::from_secs(10)));
/// assert!(matches!(changes.next().await, Some(Change::Answer { index: 0, .. })));
/// # Ok(())
/// # }
/// ```
///
/// # Panics
/// On a runtime without timers, when the stream is polled and the source cannot watch.
///
/// # Cancel safety
/// Dropping the future of `next()` loses no change.
pub fn watch<S: Source>(
    source: &Arc<S>,
    requests: Vec<(Request<S::Query>, Option<Version>)>,
    polling: Polling,
) -> BoxStream<'static, Change> {
    let changes: SelectAll<_> = groups(requests).into_iter().map(|group| watch_group(source, group, polling)).collect();
    changes.boxed()
}

/// Requests that are sent together, and the position of each among all.
struct Group<Q> {
    known_by: Option<Opaque>,
    positions: Vec<usize>,
    watched: Vec<Watched<Q>>,
}

/// The requests by their groups; one without a group is alone.
fn groups<Q: Clone>(requests: Vec<(Request<Q>, Option<Version>)>) -> Vec<Group<Q>> {
    let mut groups: Vec<Group<Q>> = Vec::new();
    for (position, (request, known)) in requests.into_iter().enumerate() {
        let known_by = request.group().cloned();
        let watched = Watched::new(request.query().clone()).since(known);
        match groups.iter_mut().find(|group| known_by.is_some() && group.known_by == known_by) {
            Some(group) => {
                group.positions.push(position);
                group.watched.push(watched);
            }
            None => groups.push(Group { known_by, positions: vec![position], watched: vec![watched] }),
        }
    }
    groups
}

fn watch_group<S: Source>(source: &Arc<S>, group: Group<S::Query>, polling: Polling) -> BoxStream<'static, Change> {
    let Group { positions, watched, .. } = group;
    let changes = match source.watch(watched.clone()) {
        Some(own) => own,
        None => poll(Arc::clone(source), watched, polling),
    };
    let among_all = move |change| match change {
        Change::Answer { index, answer } => {
            let index = positions.get(index).copied();
            index.map(|index| Change::Answer { index, answer })
        }
        other => Some(other),
    };
    changes.filter_map(move |change| std::future::ready(among_all(change))).boxed()
}

fn poll<S: Source>(source: Arc<S>, watched: Vec<Watched<S::Query>>, polling: Polling) -> BoxStream<'static, Change> {
    let watched = watched.into_iter().map(|watched| Polled { query: watched.query, last: watched.known.into() });
    let poll = Poll { source, watched: watched.collect(), polling, next: None, changes: VecDeque::new(), ended: false };
    let changes = stream::unfold(poll, |mut poll| async {
        while poll.changes.is_empty() && !poll.ended {
            poll.next().await;
        }
        poll.changes.pop_front().map(|change| (change, poll))
    });
    changes.boxed()
}

/// One group of requests that is polled.
struct Poll<S: Source> {
    source: Arc<S>,
    watched: Vec<Polled<S::Query>>,
    polling: Polling,
    /// When to ask again; at once, the first time.
    next: Option<Instant>,
    /// The changes that have not been told.
    changes: VecDeque<Change>,
    /// Whether the source was shut down.
    ended: bool,
}

struct Polled<Q> {
    query: Q,
    last: Last,
}

impl<S: Source> Poll<S> {
    /// Waits until it is time, and asks. Both need a runtime, and the stream may have been moved out of one.
    async fn next(&mut self) {
        if let Some(next) = self.next
            && runtime().is_ok()
        {
            sleep_until(next).await;
        }
        match runtime() {
            Ok(()) => self.ask().await,
            Err(error) => self.end(error),
        }
    }

    fn end(&mut self, error: SourceError) {
        self.ended = true;
        let answers = (0..self.watched.len()).map(|index| Change::Answer { index, answer: Err(error.clone()) });
        self.changes.extend(answers);
    }

    async fn ask(&mut self) {
        let answers = self.answers().await;
        let asked_for = answers.iter().filter_map(|answer| answer.as_ref().err()?.retry_after()).max();
        // One that is too far away never comes.
        let later = Instant::now().checked_add(self.polling.every.max(asked_for.unwrap_or_default()));
        self.next = Some(later.unwrap_or_else(|| Instant::now() + Duration::from_secs(86_400 * 365 * 30)));
        self.take(answers);
    }

    async fn answers(&self) -> Vec<Answer> {
        if let Err(error) = policy::timeout::check(self.polling.timeout, "poll") {
            return self.watched.iter().map(|_| Err(error.clone())).collect();
        }
        let asked: Vec<_> =
            self.watched.iter().map(|polled| Asked::new(&polled.query).unless(polled.last.version())).collect();
        let answers = match asked[..] {
            [one] => timeout(self.polling.timeout, self.source.fetch(one)).await.map(|answer| vec![answer]),
            _ => timeout(self.polling.timeout, self.source.fetch_many(&asked)).await,
        };
        let error = match &answers {
            Ok(answers) if answers.len() == asked.len() => None,
            Ok(answers) => Some(SourceError::wrong_number_of_answers(answers.len(), asked.len())),
            Err(_) => Some(policy::timeout::no_answer(self.polling.timeout, "`Polling::timeout` allows more time")),
        };
        match error {
            Some(error) => self.watched.iter().map(|_| Err(error.clone())).collect(),
            None => answers.unwrap_or_default(),
        }
    }

    fn take(&mut self, answers: Vec<Answer>) {
        self.ended = answers.iter().any(|answer| matches!(answer, Err(error) if error.kind() == ErrorKind::ShutDown));
        for (index, (answer, polled)) in answers.into_iter().zip(&mut self.watched).enumerate() {
            if polled.last.is_changed_by(&answer) {
                self.changes.push_back(Change::Answer { index, answer });
            }
        }
    }
}

fn runtime() -> Result<(), SourceError> {
    match Handle::try_current() {
        Ok(_) => Ok(()),
        Err(_) => Err(SourceError::new(ErrorKind::Misconfigured, "the watch runs outside a tokio runtime")
            .with_hint("poll it within `#[tokio::main]`, `#[tokio::test]` or `Runtime::block_on`")),
    }
}

/// What was told of a request.
struct Last {
    told: Told,
    /// Whether the last answer was an error; the first one after it is told whatever it is.
    failed: bool,
}

enum Told {
    Nothing,
    /// Absence, and its version.
    Absence(Option<Version>),
    Version(Version),
    /// A record that has no version.
    Value(Record),
}

impl From<Option<Version>> for Last {
    fn from(known: Option<Version>) -> Self {
        Self { told: known.map_or(Told::Nothing, Told::Version), failed: false }
    }
}

impl Last {
    fn version(&self) -> Option<&Version> {
        match &self.told {
            Told::Version(version) | Told::Absence(Some(version)) => Some(version),
            Told::Nothing | Told::Absence(None) | Told::Value(_) => None,
        }
    }

    /// Whether an answer tells something new; remembers it.
    fn is_changed_by(&mut self, answer: &Answer) -> bool {
        let next = match answer {
            // Absence is not a failure that is told again and again, even if the source returns it as an error.
            Err(error) if error.kind() == ErrorKind::Absent => Told::Absence(None),
            Err(_) => {
                self.failed = true;
                return true;
            }
            Ok(Reply::Absent { version, .. }) => Told::Absence(version.clone()),
            Ok(Reply::Found(record)) => {
                record.version().cloned().map_or_else(|| Told::Value(record.clone()), Told::Version)
            }
            // Unchanged.
            Ok(_) => return std::mem::replace(&mut self.failed, false),
        };
        let is_news = std::mem::replace(&mut self.failed, false) || !self.told.is_same(&next);
        self.told = next;
        is_news
    }
}

impl Told {
    fn is_same(&self, next: &Self) -> bool {
        match (self, next) {
            (Self::Absence(_), Self::Absence(_)) => true,
            (Self::Version(last), Self::Version(next)) => last == next,
            (Self::Value(last), Self::Value(next)) => last.value() == next.value(),
            _ => false,
        }
    }
}
