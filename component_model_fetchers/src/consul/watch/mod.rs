//! Watches requests by blocking queries, which the server answers when something changes.
//!
//! What always holds: a watch has few connections, of its own, and none after it was dropped; nothing is spawned; it keeps at
//! most one change of each request that was not told yet, and asks for no further ones before those are told; a query that
//! failed is asked again from the current state, so that no update is lost for good.

mod last;
mod pace;
mod parts;
mod query;

use std::{collections::VecDeque, pin::pin, sync::Arc};

use component_model_source::{BoxStream, Change, ErrorKind, SourceError, Watched};
use futures_util::{
    FutureExt as _, StreamExt as _,
    future::{BoxFuture, Either, select},
    stream::{self, FuturesUnordered},
};
use tokio::runtime::{Handle, Id};

use self::{
    last::Last,
    parts::divide,
    query::{Query, Turn},
};
use super::{client::Client, query::ConsulQuery};

/// The changes of some requests.
pub(super) fn watch(client: &Client, watched: Vec<Watched<ConsulQuery>>) -> BoxStream<'static, Change> {
    let watching = Watching::new(client.apart(), watched);
    stream::unfold(watching, |mut watching| async { Some((watching.next().await?, watching)) }).boxed()
}

struct Watching {
    client: Client,
    watched: Arc<[ConsulQuery]>,
    last: Vec<Last>,
    running: FuturesUnordered<BoxFuture<'static, (Query, Turn)>>,
    /// The runtime that drives them.
    runtime: Option<Id>,
    /// What was not told yet.
    changes: VecDeque<Change>,
    ended: bool,
}

impl Watching {
    fn new(client: Client, watched: Vec<Watched<ConsulQuery>>) -> Self {
        let (watched, last): (Vec<_>, _) =
            watched.into_iter().map(|watched| (watched.query, Last::known(watched.known))).unzip();
        Self {
            client,
            watched: watched.into(),
            last,
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
                Ok(runtime) => self.turn(runtime.id()).await,
                Err(_) => self.outside(),
            }
        }
    }

    async fn turn(&mut self, runtime: Id) {
        // A connection and a timer work only on the runtime on which they were made.
        if self.runtime.replace(runtime) != Some(runtime) {
            self.start();
        }
        let client = self.client.clone();
        let closed = pin!(client.closed());
        match select(closed, self.running.next()).await {
            Either::Right((Some((query, turn)), _)) => self.take(query, turn),
            // Without a request there is nothing to wait for but the end.
            Either::Right((None, closed)) => {
                closed.await;
                self.end();
            }
            Either::Left(_) => self.end(),
        }
    }

    fn end(&mut self) {
        self.ended = true;
        self.running.clear();
    }

    /// Asks for the current state of everything, and then for changes.
    fn start(&mut self) {
        self.running.clear();
        for part in divide(&self.watched) {
            self.ask(Query::new(self.client.clone(), part, Arc::clone(&self.watched)));
        }
    }

    fn ask(&mut self, mut query: Query) {
        let turn = async move {
            let turn = query.turn().await;
            (query, turn)
        };
        self.running.push(turn.boxed());
    }

    fn take(&mut self, mut query: Query, turn: Turn) {
        if turn.went_back {
            // Another history: equal versions may belong to other values.
            self.last.iter_mut().for_each(|last| *last = Last::default());
            self.changes.push_back(Change::Resynchronised);
            return self.start();
        }
        let before = self.changes.len();
        for (index, answer) in turn.answers {
            let news = self.last.get_mut(index).and_then(|last| last.news(answer));
            self.changes.extend(news.map(|answer| Change::Answer { index, answer }));
        }
        query.was_told(self.changes.len() > before);
        self.ask(query);
    }

    fn outside(&mut self) {
        self.end();
        let error = SourceError::new(ErrorKind::Misconfigured, "the watch runs outside a tokio runtime")
            .with_hint("poll it within `#[tokio::main]`, `#[tokio::test]` or `Runtime::block_on`");
        let answers = (0..self.watched.len()).map(|index| Change::Answer { index, answer: Err(error.clone()) });
        self.changes.extend(answers);
    }
}
