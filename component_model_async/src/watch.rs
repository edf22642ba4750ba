//! Watching any source: by its own stream, or by asking again and again.
//!
//! What always holds: requests of different groups are never asked together, no more polls run at once than the source
//! allows, no poll waits longer than its timeout, and what is told is [news](News).

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use futures_util::{
    StreamExt,
    stream::{self, SelectAll},
};
use tokio::{
    runtime::Handle,
    sync::Semaphore,
    time::{Instant, sleep_until, timeout},
};

use crate::{
    Answer, BoxStream, Change, ErrorKind, News, Opaque, Reply, Request, Source, SourceError, Version, Watched, policy,
    registry::{Answers, DynAsked, DynSource},
};

/// The longest that a source may ask a watch to wait, beyond the interval of its polls.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// What has a lease that is shorter is not polled more often because of that.
const SHORTEST_LEASE: Duration = Duration::from_secs(1);

/// The pause after which something with a lease that has ended is asked for again.
const ENDED: Duration = Duration::from_secs(5);

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
    /// Waits so long, and at least a millisecond, after each answer before it asks again; longer, up to 5 minutes, after an
    /// error whose source [asks for that](crate::SourceError::retry_after), and shorter if a value has a
    /// [lease](crate::Record::lease) that is due before. A poll may take 2 s.
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
/// version is compared with the last one. At most as many polls run at once as [the source allows](Source::limit). What is
/// told is [news](News). The first answers come at once. The stream ends when the source is shut down, and stops when it is dropped; one that polls tells
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
    let source: Arc<dyn DynSource> = Arc::clone(source) as _;
    let requests = requests.into_iter().map(|(request, known)| (request.map(Opaque::new), known));
    watch_registered(&source, requests.collect(), polling)
}

/// As [`watch`], for a source and requests whose types are erased.
pub(crate) fn watch_registered(
    source: &Arc<dyn DynSource>,
    requests: Vec<(Request<Opaque>, Option<Version>)>,
    polling: Polling,
) -> BoxStream<'static, Change> {
    let permits = source.limit().map(|limit| Arc::new(Semaphore::new(limit.clamp(1, Semaphore::MAX_PERMITS))));
    let watch_group = |group| watch_group(source, group, polling, permits.clone());
    let changes: SelectAll<_> = groups(requests).into_iter().map(watch_group).collect();
    changes.boxed()
}

/// Requests that are sent together, and the position of each among all.
struct Group {
    positions: Vec<usize>,
    watched: Vec<Watched<Opaque>>,
}

/// The requests by their groups; one without a group is alone.
fn groups(requests: Vec<(Request<Opaque>, Option<Version>)>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut positions: HashMap<Opaque, usize> = HashMap::new();
    for (position, (request, known)) in requests.into_iter().enumerate() {
        let next = groups.len();
        let group = request.group().map_or(next, |group| *positions.entry(group.clone()).or_insert(next));
        if group == next {
            groups.push(Group { positions: Vec::new(), watched: Vec::new() });
        }
        groups[group].positions.push(position);
        groups[group].watched.push(Watched::new(request.query().clone()).since(known));
    }
    groups
}

fn watch_group(
    source: &Arc<dyn DynSource>,
    group: Group,
    polling: Polling,
    permits: Option<Arc<Semaphore>>,
) -> BoxStream<'static, Change> {
    let Group { positions, watched } = group;
    let changes = match source.watch(watched.clone()) {
        Some(own) => own,
        None => poll(Arc::clone(source), watched, polling, permits),
    };
    let among_all = move |change| match change {
        Change::Answer { index, answer } => {
            let index = positions.get(index).copied();
            index.map(|index| Change::Answer { index, answer })
        }
        Change::Resynchronised { indices } => {
            let indices = indices.iter().filter_map(|index| positions.get(*index).copied()).collect();
            Some(Change::Resynchronised { indices })
        }
        other => Some(other),
    };
    changes.filter_map(move |change| std::future::ready(among_all(change))).boxed()
}

fn poll(
    source: Arc<dyn DynSource>,
    watched: Vec<Watched<Opaque>>,
    polling: Polling,
    permits: Option<Arc<Semaphore>>,
) -> BoxStream<'static, Change> {
    let watched = watched.into_iter().map(|watched| Polled::new(watched.query, News::since(watched.known)));
    let watched = watched.collect();
    let poll = Poll { source, watched, polling, permits, next: None, changes: VecDeque::new(), ended: false };
    let changes = stream::unfold(poll, |mut poll| async {
        while poll.changes.is_empty() && !poll.ended {
            poll.next().await;
        }
        poll.changes.pop_front().map(|change| (change, poll))
    });
    changes.boxed()
}

/// One group of requests that is polled.
struct Poll {
    source: Arc<dyn DynSource>,
    watched: Vec<Polled>,
    polling: Polling,
    /// Shared by the polls of a watch; none if the source has a limit of its own.
    permits: Option<Arc<Semaphore>>,
    /// When to ask again; at once, the first time.
    next: Option<Instant>,
    /// The changes that have not been told.
    changes: VecDeque<Change>,
    /// Whether the source was shut down.
    ended: bool,
}

struct Polled {
    query: Opaque,
    news: News,
    /// Whether its last record had a lease, and until when the source says that it is good.
    leased: bool,
    good_until: Option<Instant>,
}

impl Polled {
    fn new(query: Opaque, news: News) -> Self {
        Self { query, news, leased: false, good_until: None }
    }

    /// Notes until when a lease has to be looked after, also if the record is as before.
    fn note(&mut self, answer: &Answer, now: Instant) {
        let Ok(reply) = answer else {
            // One that could not be looked after in time has ended, and is asked for again soon.
            self.good_until = self.good_until.map(|until| until.max(now + ENDED));
            return;
        };
        match reply {
            Reply::Found(record) => self.leased = record.lease().is_some(),
            Reply::Absent { .. } => self.leased = false,
            _ => {}
        }
        self.good_until = reply.good_for().filter(|_| self.leased).and_then(|good_for| now.checked_add(good_for));
    }
}

impl Poll {
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
        let (answers, now) = (self.answers().await, Instant::now());
        self.watched.iter_mut().zip(&answers).for_each(|(polled, answer)| polled.note(answer, now));
        // One that is too far away never comes.
        let later = now.checked_add(self.pause_after(&answers, now));
        self.next = Some(later.unwrap_or_else(|| Instant::now() + Duration::from_secs(86_400 * 365 * 30)));
        self.take(answers);
    }

    /// The pause before the next poll: as long as the source asks for, within reason, and not beyond the end of a lease.
    fn pause_after(&self, answers: &[Answer], now: Instant) -> Duration {
        let asked_for = answers.iter().filter_map(|answer| answer.as_ref().err()?.retry_after()).max();
        let leased = self.watched.iter().filter_map(|polled| polled.good_until).min();
        let leased = leased.map_or(Duration::MAX, |until| until.saturating_duration_since(now).max(SHORTEST_LEASE));
        let every = self.polling.every.min(leased);
        every.max(asked_for.unwrap_or_default().min(LONGEST_PAUSE))
    }

    async fn answers(&self) -> Vec<Answer> {
        if let Err(error) = policy::timeout::check(self.polling.timeout, "poll") {
            return self.watched.iter().map(|_| Err(error.clone())).collect();
        }
        // Never closed.
        let _permit = match &self.permits {
            Some(permits) => permits.acquire().await.ok(),
            None => None,
        };
        let asked = self.watched.iter().map(|polled| DynAsked { query: &polled.query, known: polled.news.version() });
        match timeout(self.polling.timeout, self.source.call(asked.collect())).await {
            Ok(Answers::One(answer)) => vec![answer],
            Ok(Answers::Many(answers)) => answers,
            Err(_) => {
                let error = policy::timeout::no_answer(self.polling.timeout, "`Polling::timeout` allows more time");
                self.watched.iter().map(|_| Err(error.clone())).collect()
            }
        }
    }

    fn take(&mut self, answers: Vec<Answer>) {
        self.ended = answers.iter().any(|answer| matches!(answer, Err(error) if error.kind() == ErrorKind::ShutDown));
        for (index, (answer, polled)) in answers.into_iter().zip(&mut self.watched).enumerate() {
            self.changes.extend(polled.news.tell(answer).map(|answer| Change::Answer { index, answer }));
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
