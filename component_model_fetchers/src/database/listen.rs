//! Watches keys of PostgreSQL: a trigger tells on a channel that the table has changed, and the keys are read.
//!
//! What always holds: the keys are read after the channel is listened to, so that no change falls in between; they are read
//! when the stream is polled, so that a burst of changes is one; every failure is told once, and ends with an answer.

use std::{collections::VecDeque, pin::pin, sync::Arc, time::Duration};

use component_model_source::{BoxStream, Change, ErrorKind, Source as _, SourceError, Watched};
use futures_util::{
    StreamExt as _,
    future::{Either, select},
    stream,
};
use sqlx::Postgres;
use tokio::{
    runtime::Handle,
    time::{Instant, sleep, timeout},
};

use super::{
    Database, connections::Connections, failure::classify, names::Names, pool::Any, server::postgres::Listener,
    source::DatabaseQuery,
};
use crate::{
    ended::Ended,
    told::{Told, changes},
};

/// How often the keys are read although nothing was told.
const POLL: Duration = Duration::from_secs(30);

/// How often a connection that carries nothing is tested.
const PING: Duration = Duration::from_secs(3);

/// The longest that reading the keys may take.
const READ: Duration = Duration::from_secs(2);

/// How long a notification must be the last one before the keys are read.
const QUIET: Duration = Duration::from_millis(5);

/// The longest that a notification waits for others.
const BUSY: Duration = Duration::from_millis(100);

/// The first pause after a failure, which doubles, and the longest one.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));

/// The changes of keys; none unless the source has a channel, and all of them are in its database.
pub(super) fn watch(source: &Database, watched: Vec<Watched<DatabaseQuery>>) -> Option<BoxStream<'static, Change>> {
    let channel = source.channel.clone()?;
    let Ok(Any::Postgres(connections)) = source.pool.as_ref().map(|pool| &pool.0) else { return None };
    if !watched.iter().all(|watched| watched.query.is_own_key()) {
        return None;
    }
    let listening = Listening {
        source: source.clone(),
        connections: connections.clone(),
        channel,
        told: watched.into_iter().map(Told::from).collect(),
        listener: None,
        silent: None,
        opened: Instant::now(),
        refused: None,
        failures: None,
        changes: VecDeque::new(),
        ended: false,
    };
    let changes = stream::unfold(listening, |mut listening| async {
        while listening.changes.is_empty() && !listening.ended {
            listening.next().await;
        }
        listening.changes.pop_front().map(|change| (change, listening))
    });
    Some(changes.boxed())
}

struct Listening {
    source: Database,
    connections: Connections<Postgres>,
    channel: Arc<str>,
    told: Vec<Told<DatabaseQuery>>,
    listener: Option<Listener>,
    /// One whose connection has to be closed.
    silent: Option<Listener>,
    /// When it began to listen.
    opened: Instant,
    /// Why the server does not let it listen, which has been told.
    refused: Option<SourceError>,
    /// How many attempts to listen have failed since one that lasted; none before the first one.
    failures: Option<u32>,
    changes: VecDeque<Change>,
    ended: bool,
}

impl Listening {
    async fn next(&mut self) {
        if Handle::try_current().is_err() {
            return self.end(
                SourceError::new(ErrorKind::Misconfigured, "the watch runs outside a tokio runtime")
                    .with_hint("poll it within `#[tokio::main]`, `#[tokio::test]` or `Runtime::block_on`"),
            );
        }
        let mut is_brief = false;
        match (self.listener.take(), self.failures) {
            (Some(listener), _) => {
                self.wait(listener).await;
                // What accepts connections and closes them must not be asked again and again.
                is_brief = self.listener.is_none() && self.opened.elapsed() < PAUSES.1;
                if self.listener.is_none() && !is_brief {
                    self.failures = Some(0);
                }
            }
            (None, Some(failures)) => {
                let (pause, ended) = (pin!(sleep(pause(failures))), pin!(self.source.ended.wait()));
                select(pause, ended).await;
            }
            (None, None) => {}
        }
        let is_read = self.read().await;
        if self.listener.is_none() && !self.ended {
            let opened = is_read && !is_brief && self.open().await;
            let failures = self.failures.map_or(0, |failures| failures.saturating_add(u32::from(!opened)));
            self.failures = Some(failures);
        }
    }

    fn end(&mut self, error: SourceError) {
        self.ended = true;
        let answers = (0..self.told.len()).map(|index| Change::Answer { index, answer: Err(error.clone()) });
        self.changes.extend(answers);
    }

    /// Waits for a notification, the time of the next poll, the end of the source, or the loss of the connection.
    async fn wait(&mut self, mut listener: Listener) {
        let poll = Instant::now() + POLL;
        while Instant::now() < poll {
            match event(&mut listener, &self.source.ended).await {
                Event::Nothing if listener.answers().await => {}
                Event::Nothing => {
                    self.silent = Some(listener);
                    return;
                }
                Event::Lost => return,
                Event::Notified | Event::Ended => break,
            }
        }
        self.listener = Some(listener);
    }

    /// Reads the keys; whether the server answered.
    async fn read(&mut self) -> bool {
        let asked: Vec<_> = self.told.iter().map(Told::asked).collect();
        let answers = timeout(READ, self.source.fetch_many(&asked)).await.unwrap_or_else(|_| {
            let error = SourceError::new(ErrorKind::Timeout, format!("no answer within {} s", READ.as_secs()));
            asked.iter().map(|_| Err(error.clone())).collect()
        });
        let kinds = || answers.iter().filter_map(|answer| answer.as_ref().err().map(SourceError::kind));
        self.ended = kinds().any(|kind| kind == ErrorKind::ShutDown);
        let is_read = !kinds().any(ErrorKind::is_transient);
        self.changes.extend(changes(&mut self.told, answers));
        is_read
    }

    /// Listens, and reads what has changed until then.
    async fn open(&mut self) -> bool {
        let options = self.connections.options();
        match Listener::open(&options, &self.channel).await {
            Ok(listener) => {
                (self.listener, self.opened, self.refused) = (Some(listener), Instant::now(), None);
                if let Some(silent) = self.silent.take() {
                    self.silent = silent.end_silent(&options).await;
                }
                self.read().await;
                true
            }
            Err(error) => {
                let error = match error {
                    // A pool of its own, which tries again until then: the server may have no room for it.
                    sqlx::Error::PoolTimedOut => {
                        SourceError::new(ErrorKind::Timeout, "no connection for notifications could be opened in time")
                    }
                    error => classify(&self.connections, &Names::default(), &error),
                };
                self.refuse(error);
                false
            }
        }
    }

    /// Tells why the server does not let it listen, once: the keys are still read from time to time.
    fn refuse(&mut self, error: SourceError) {
        let is_known = |known: &SourceError| known.kind() == error.kind() && known.to_string() == error.to_string();
        if self.refused.as_ref().is_some_and(is_known) {
            return;
        }
        let answers = self.told.iter().map(|_| Err(error.clone())).collect();
        self.changes.extend(changes(&mut self.told, answers));
        self.refused = Some(error);
    }
}

/// What happens to a listener.
enum Event {
    Notified,
    /// The source was shut down.
    Ended,
    /// The connection has ended.
    Lost,
    /// Nothing for a while.
    Nothing,
}

/// Waits for what happens next; further notifications that follow at once are a part of it.
async fn event(listener: &mut Listener, ended: &Ended) -> Event {
    {
        let (notified, ended) = (pin!(listener.is_notified()), pin!(ended.wait()));
        match timeout(PING, select(notified, ended)).await {
            Ok(Either::Left((true, _))) => {}
            Ok(Either::Left((false, _))) => return Event::Lost,
            Ok(Either::Right(_)) => return Event::Ended,
            Err(_) => return Event::Nothing,
        }
    }
    let quiet = async { while let Ok(true) = timeout(QUIET, listener.is_notified()).await {} };
    // The keys are read in any case.
    let _ = timeout(BUSY, quiet).await;
    Event::Notified
}

/// A random pause that grows.
fn pause(failures: u32) -> Duration {
    let longest = PAUSES.0.saturating_mul(2_u32.saturating_pow(failures)).min(PAUSES.1);
    longest.mul_f64(fastrand::f64())
}
