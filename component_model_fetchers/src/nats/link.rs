//! One connection: requests with their replies, and subscriptions.

use std::{
    fmt,
    pin::pin,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use async_nats::{Client, Message, Request, Subscriber, client::RequestErrorKind};
use component_model_source::SourceError;
use futures_util::future::{Either, select};
use tokio::{
    sync::Semaphore,
    time::{Instant, sleep, sleep_until, timeout},
};

use super::{
    events::{Events, Listening, Trouble},
    failure,
};

/// The most requests that may be denied at the same moment. Fewer than the events that the client library keeps.
const AT_ONCE: usize = 120;

/// How long a denial may take. What has no reply by then does not keep others from being sent.
const DENIAL: Duration = Duration::from_millis(250);

/// How long the server that the connection is to may take to say that it is there.
const SIGN_OF_LIFE: Duration = Duration::from_millis(1500);

/// What came of a request.
pub(super) enum Outcome {
    Reply(Message),
    /// Nobody listens to the subject.
    Nobody,
    /// The user may not send it.
    Denied(SourceError),
}

/// Nothing came in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Silence {
    /// The server does not answer anything.
    OfConnection,
    /// The server that the connection is to answers. Others, which have a bucket, may not.
    OfOthers,
}

/// An open connection, which ends when it is dropped.
pub(super) struct Link {
    client: Client,
    events: Arc<Events>,
    permits: Semaphore,
}

impl Link {
    pub(super) fn new(client: Client, events: Arc<Events>) -> Self {
        Self { client, events, permits: Semaphore::new(AT_ONCE) }
    }

    /// Sends one of many requests, and waits for its reply. An error is the connection's.
    ///
    /// # Cancel safety
    /// The reply is dropped when it comes.
    pub(super) async fn request(&self, subject: String, payload: String) -> Result<Outcome, SourceError> {
        // It is never closed.
        let permit = self.permits.acquire().await;
        let reply = pin!(self.ask(subject, payload));
        match select(reply, pin!(sleep(DENIAL))).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right((_, reply)) => {
                drop(permit);
                reply.await
            }
        }
    }

    /// Sends a request beside the others, and waits for its reply. An error is the connection's.
    ///
    /// # Cancel safety
    /// The reply is dropped when it comes.
    pub(super) async fn ask(&self, subject: String, payload: String) -> Result<Outcome, SourceError> {
        let trouble = self.events.trouble(&subject);
        // How long it may take is the caller's matter.
        let request = Request::new().payload(payload.into()).timeout(None);
        let reply = pin!(self.client.send_request(subject, request));
        match select(trouble, reply).await {
            Either::Left((Trouble::Denied(error), _)) => Ok(Outcome::Denied(error)),
            Either::Left((Trouble::Lost(error), _)) => Err(error),
            Either::Right((Ok(reply), _)) => Ok(Outcome::Reply(reply)),
            Either::Right((Err(error), _)) => match error.kind() {
                RequestErrorKind::NoResponders => Ok(Outcome::Nobody),
                RequestErrorKind::InvalidSubject => Ok(Outcome::Denied(super::misconfigured("the key is not valid"))),
                _ => Err(failure::lost()),
            },
        }
    }

    /// A subscription to an inbox of its own, and what ends it.
    pub(super) async fn subscribe(&self) -> Result<(String, Subscriber, Listening), SourceError> {
        let inbox = self.client.new_inbox();
        let trouble = self.events.trouble(&inbox);
        let subscriber = self.client.subscribe(inbox.clone()).await.map_err(|_| failure::lost())?;
        Ok((inbox, subscriber, trouble))
    }

    /// Sends an empty message.
    pub(super) async fn signal(&self, subject: String) -> Result<(), SourceError> {
        self.client.publish(subject, String::new().into()).await.map_err(|_| failure::lost())
    }

    /// Whether the server has at least this version.
    pub(super) fn is_at_least(&self, major: i64, minor: i64) -> bool {
        self.client.is_server_compatible(major, minor, 0)
    }

    /// Ends when nothing was heard for a while from now on.
    pub(super) async fn silence(&self, patience: Duration) {
        let statistics = self.client.statistics();
        let heard = || statistics.in_bytes.load(Ordering::Relaxed);
        let mut before = heard();
        loop {
            sleep(patience).await;
            match heard() {
                now if now == before => return,
                now => before = now,
            }
        }
    }

    /// What comes in time, or else who was silent.
    ///
    /// # Cancel safety
    /// That of what is awaited.
    pub(super) async fn within<T>(&self, limit: Duration, awaited: impl Future<Output = T>) -> Result<T, Silence> {
        let end = Instant::now() + limit;
        let silence = pin!(async {
            sleep_until(end - SIGN_OF_LIFE.min(limit)).await;
            let answers = self.answers(SIGN_OF_LIFE).await;
            sleep_until(end).await;
            if answers { Silence::OfOthers } else { Silence::OfConnection }
        });
        match select(pin!(awaited), silence).await {
            Either::Left((came, _)) => Ok(came),
            Either::Right((silence, _)) => Err(silence),
        }
    }

    /// Whether the server that the connection is to answers in time.
    async fn answers(&self, limit: Duration) -> bool {
        let statistics = self.client.statistics();
        let heard = || statistics.in_bytes.load(Ordering::Relaxed);
        let before = heard();
        // Nobody listens there, which that server says itself, as it does if the user may not send it.
        let asked = self.ask(self.client.new_inbox(), String::new());
        matches!(timeout(limit, asked).await, Ok(Ok(_))) || heard() > before
    }

    /// Gives the connection up: all its requests fail.
    pub(super) fn end(&self, reason: &SourceError) {
        self.events.end(reason);
    }

    pub(super) fn has_ended(&self) -> bool {
        self.events.has_ended()
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").finish_non_exhaustive()
    }
}
