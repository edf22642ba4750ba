//! Watches values: reads again what the server says has changed, and from time to time everything.
//!
//! What always holds: what is told of a value differs from what was told of it last; a value that changes often is told as it
//! is when it is read, so that no more waits to be taken than there are values; after a lost connection everything is read.

use std::{collections::VecDeque, time::Duration};

use component_model_source::{Answer, BoxStream, Change, ErrorKind, News, SourceError, Watched};
use futures_util::{
    StreamExt as _,
    future::{Either, select},
    stream,
};
use tokio::{
    runtime::Handle,
    time::{Instant, sleep_until},
};

use super::{client::Client, feed::Feed, misconfigured, source::RedisQuery};

/// How often the connections are checked.
const CHECK: Duration = Duration::from_secs(1);

/// The pauses between attempts to connect.
const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(10);

pub(super) fn watch(client: &Client, watched: Vec<Watched<RedisQuery>>) -> BoxStream<'static, Change> {
    let watch = Watch::new(client.clone(), watched);
    let changes = stream::unfold(watch, |mut watch| async {
        loop {
            if let Some(change) = watch.changes.pop_front() {
                return Some((change, watch));
            }
            if watch.ended {
                return None;
            }
            watch.advance().await;
        }
    });
    changes.boxed()
}

struct Watch {
    client: Client,
    queries: Vec<RedisQuery>,
    news: Vec<News>,
    /// What has not been taken; filled only when it is empty.
    changes: VecDeque<Change>,
    feed: Option<Feed>,
    /// Whether everything was read at least once.
    is_complete: bool,
    failures: u32,
    /// When to connect again, or to read everything.
    next: Instant,
    ended: bool,
}

impl Watch {
    fn new(client: Client, watched: Vec<Watched<RedisQuery>>) -> Self {
        let (queries, news) = watched.into_iter().map(|watched| (watched.query, News::since(watched.known))).unzip();
        Self {
            client,
            queries,
            news,
            changes: VecDeque::new(),
            feed: None,
            is_complete: false,
            failures: 0,
            next: Instant::now(),
            ended: false,
        }
    }

    async fn advance(&mut self) {
        if Handle::try_current().is_err() {
            self.ended = true;
            let error = misconfigured("the watch runs outside a tokio runtime");
            return self.tell_all(&error);
        }
        let client = self.client.clone();
        let closed = Box::pin(client.closed());
        let step = Box::pin(self.step());
        let is_closed = matches!(select(closed, step).await, Either::Left(_));
        if is_closed {
            self.ended = true;
            self.feed = None;
        }
    }

    async fn step(&mut self) {
        match self.feed.take() {
            None => self.connect().await,
            Some(feed) => self.follow(feed).await,
        }
    }

    /// Reads everything over new connections.
    async fn connect(&mut self) {
        sleep_until(self.next).await;
        let feed = Feed::new(self.client.dialer(), &self.queries);
        let answers = self.read(&feed, None).await;
        if feed.is_broken() {
            self.tell(answers);
            return self.pause();
        }
        if self.is_complete {
            self.changes.push_back(Change::Resynchronised { indices: (0..self.queries.len()).collect() });
            self.news.fill_with(News::default);
        }
        self.tell(answers);
        self.is_complete = true;
        self.feed = Some(feed);
    }

    /// Waits for what changes next, and reads it.
    async fn follow(&mut self, feed: Feed) {
        let due = self.due(&feed).await;
        let due = match due {
            Ok(due) => due,
            Err(error) => {
                self.tell_all(&error);
                return self.pause();
            }
        };
        let answers = self.read(&feed, due).await;
        self.tell(answers);
        if feed.is_broken() { self.pause() } else { self.feed = Some(feed) }
    }

    /// The positions of what has to be read now; none means everything.
    async fn due(&self, feed: &Feed) -> Result<Option<Vec<usize>>, SourceError> {
        let mut check = Instant::now() + CHECK;
        loop {
            let changed = feed.take();
            let now = Instant::now();
            if changed.lost {
                return Err(SourceError::new(ErrorKind::Unreachable, "the connection was lost"));
            }
            if changed.all || now >= self.next {
                return Ok(None);
            }
            if !changed.some.is_empty() {
                return Ok(Some(changed.some.into_iter().collect()));
            }
            if now >= check {
                feed.check().await?;
                check = Instant::now() + CHECK;
                continue;
            }
            select(Box::pin(feed.told()), Box::pin(sleep_until(self.next.min(check)))).await;
        }
    }

    /// Answers with their positions.
    async fn read(&mut self, feed: &Feed, due: Option<Vec<usize>>) -> Vec<(usize, Answer)> {
        let is_all = due.is_none();
        let due = due.unwrap_or_else(|| (0..self.queries.len()).collect());
        let queries: Vec<_> = due.iter().map(|position| &self.queries[*position]).collect();
        let answers = self.client.get_over(feed, &queries).await;
        let is_transient = answers.iter().any(|answer| answer.as_ref().is_err_and(SourceError::is_transient));
        match () {
            () if feed.is_broken() => {}
            // A server that is loading its data does not tell when it is done.
            () if is_transient => self.next = Instant::now() + self.backoff(),
            () if is_all => {
                self.failures = 0;
                self.next = Instant::now() + self.client.config().polling;
            }
            () => {}
        }
        due.into_iter().zip(answers).collect()
    }

    fn pause(&mut self) {
        self.feed = None;
        self.next = Instant::now() + self.backoff();
    }

    /// The pause before the next attempt: doubled after each failure, and anything below that.
    fn backoff(&mut self) -> Duration {
        let longest = SHORTEST.saturating_mul(1 << self.failures.min(10)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        longest.mul_f64(fastrand::f64())
    }

    fn tell(&mut self, answers: Vec<(usize, Answer)>) {
        for (index, answer) in answers {
            self.changes.extend(self.news[index].tell(answer).map(|answer| Change::Answer { index, answer }));
        }
    }

    fn tell_all(&mut self, error: &SourceError) {
        let answers = (0..self.queries.len()).map(|index| (index, Err(error.clone()))).collect();
        self.tell(answers);
    }
}
