//! A watch that consists of parts, each of which asks the server again and again.
//!
//! What always holds: nothing is spawned; a watch keeps at most one change of each request that was not told yet, and a part is
//! not asked for more before those are told; only news is told; the watch ends when the source is closed.

pub(crate) mod pace;

use std::{collections::VecDeque, pin::pin};

use component_model_source::{Answer, BoxStream, Change, ErrorKind, News, SourceError, Version};
use futures_util::{
    FutureExt as _, StreamExt as _,
    future::{BoxFuture, Either, select},
    stream::{self, FuturesUnordered},
};
use tokio::runtime::{Handle, Id};

/// What a watch does for the requests of a source.
pub(crate) trait Watch: Send + 'static {
    type Part: Part;

    /// Its parts, which begin with the current state of all their requests.
    fn parts(&self) -> Vec<Self::Part>;

    /// Waits until the source is closed.
    fn closed(&self) -> impl Future<Output = ()> + Send;
}

/// Some requests that are watched together.
pub(crate) trait Part: Send + 'static {
    /// Waits for the next answers.
    ///
    /// # Cancel safety
    /// The part is dropped with the future.
    fn round(&mut self) -> impl Future<Output = Round> + Send;

    /// Whether any of the last answers was news.
    fn was_told(&mut self, _news: bool) {}
}

/// What a part brought.
pub(crate) struct Round {
    /// Each with the position of its request.
    pub(crate) answers: Vec<(usize, Answer)>,
    /// Whether changes may have been missed, or equal versions may belong to other values: all parts start again, and
    /// everything is told again.
    pub(crate) starts_over: bool,
}

/// The changes of some requests, each with the version that the caller has.
pub(crate) fn watch<W: Watch>(watch: W, known: Vec<Option<Version>>) -> BoxStream<'static, Change> {
    let watching = Watching::new(watch, known);
    stream::unfold(watching, |mut watching| async { Some((watching.next().await?, watching)) }).boxed()
}

struct Watching<W: Watch> {
    watch: W,
    news: Vec<News>,
    running: FuturesUnordered<BoxFuture<'static, (W::Part, Round)>>,
    /// The runtime that drives them.
    runtime: Option<Id>,
    /// What was not told yet.
    changes: VecDeque<Change>,
    ended: bool,
}

impl<W: Watch> Watching<W> {
    fn new(watch: W, known: Vec<Option<Version>>) -> Self {
        Self {
            watch,
            news: known.into_iter().map(News::since).collect(),
            running: FuturesUnordered::new(),
            runtime: None,
            changes: VecDeque::new(),
            ended: false,
        }
    }

    /// The next change; `None` once the source is closed.
    async fn next(&mut self) -> Option<Change> {
        loop {
            if let Some(change) = self.changes.pop_front() {
                return Some(change);
            }
            if self.ended {
                return None;
            }
            match Handle::try_current() {
                Ok(runtime) => self.round(runtime.id()).await,
                Err(_) => self.outside(),
            }
        }
    }

    async fn round(&mut self, runtime: Id) {
        // A connection and a timer work only on the runtime on which they were made.
        if self.runtime.replace(runtime) != Some(runtime) {
            self.start();
        }
        let came = {
            let closed = pin!(self.watch.closed());
            match select(closed, self.running.next()).await {
                Either::Right((Some(came), _)) => Some(came),
                // Without a request there is nothing to wait for but the end.
                Either::Right((None, closed)) => {
                    closed.await;
                    None
                }
                Either::Left(_) => None,
            }
        };
        match came {
            Some((part, round)) => self.take(part, round),
            None => self.end(),
        }
    }

    fn end(&mut self) {
        self.ended = true;
        self.running.clear();
    }

    /// Asks for the current state of everything, and then for changes.
    fn start(&mut self) {
        self.running.clear();
        for part in self.watch.parts() {
            self.ask(part);
        }
    }

    fn ask(&mut self, mut part: W::Part) {
        let round = async move {
            let round = part.round().await;
            (part, round)
        };
        self.running.push(round.boxed());
    }

    fn take(&mut self, mut part: W::Part, round: Round) {
        if round.starts_over {
            self.news.fill_with(News::default);
            self.changes.push_back(Change::Resynchronised { indices: (0..self.news.len()).collect() });
            return self.start();
        }
        let before = self.changes.len();
        for (index, answer) in round.answers {
            let news = self.news.get_mut(index).and_then(|news| news.tell(answer));
            self.changes.extend(news.map(|answer| Change::Answer { index, answer }));
        }
        part.was_told(self.changes.len() > before);
        self.ask(part);
    }

    fn outside(&mut self) {
        self.end();
        let error = SourceError::new(ErrorKind::Misconfigured, "the watch runs outside a tokio runtime")
            .with_hint("poll it within `#[tokio::main]`, `#[tokio::test]` or `Runtime::block_on`");
        let answers = (0..self.news.len()).map(|index| Change::Answer { index, answer: Err(error.clone()) });
        self.changes.extend(answers);
    }
}
