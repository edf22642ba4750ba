//! What the server tells of a connection besides replies: its end, and which requests are denied, which get no reply.

use std::{
    collections::HashMap,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use async_nats::Event;
use component_model_source::SourceError;
use tokio::sync::oneshot;

use super::failure;

/// Why a request gets no reply.
#[derive(Debug, Clone)]
pub(super) enum Trouble {
    /// The user has no permission for it.
    Denied(SourceError),
    /// The connection ended.
    Lost(SourceError),
}

/// The events of one connection.
pub(super) struct Events {
    has_login: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    ended: Option<SourceError>,
    /// Requests by their numbers.
    waiting: HashMap<u64, Waiting>,
    next: u64,
}

struct Waiting {
    subject: String,
    told: oneshot::Sender<Trouble>,
}

impl Events {
    pub(super) fn new(has_login: bool) -> Arc<Self> {
        Arc::new(Self { has_login, state: Mutex::default() })
    }

    /// Takes what the client library tells.
    pub(super) fn hear(&self, event: &Event) {
        match event {
            Event::Disconnected | Event::Closed => self.end(&failure::lost()),
            Event::ServerError(error) => match failure::denied_subject(error) {
                Some(Some(subject)) => self.deny(subject),
                // No reply comes any more.
                Some(None) => self.end(&failure::deaf()),
                None => {
                    if let Some(reason) = failure::of_server(error, self.has_login) {
                        self.end(&reason);
                    }
                }
            },
            _ => {}
        }
    }

    /// No request gets a reply any more. The first reason counts.
    pub(super) fn end(&self, reason: &SourceError) {
        let mut state = self.lock();
        let reason = state.ended.get_or_insert_with(|| reason.clone()).clone();
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        waiting.into_values().for_each(|one| _ = one.told.send(Trouble::Lost(reason.clone())));
    }

    pub(super) fn has_ended(&self) -> bool {
        self.lock().ended.is_some()
    }

    fn deny(&self, subject: &str) {
        let mut state = self.lock();
        let denied: Vec<_> = state.waiting.extract_if(|_, one| one.subject == subject).collect();
        drop(state);
        denied.into_iter().for_each(|(_, one)| _ = one.told.send(Trouble::Denied(failure::denied(&one.subject))));
    }

    /// Waits for what keeps a request to a subject from being answered; to be called before it is sent.
    pub(super) fn trouble(self: &Arc<Self>, subject: &str) -> Listening {
        let (told, hears) = oneshot::channel();
        let mut state = self.lock();
        let number = state.next;
        state.next += 1;
        match &state.ended {
            Some(reason) => _ = told.send(Trouble::Lost(reason.clone())),
            None => _ = state.waiting.insert(number, Waiting { subject: subject.to_owned(), told }),
        }
        drop(state);
        Listening { events: Arc::clone(self), number, hears }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The trouble of one request; never ready if it has none.
pub(super) struct Listening {
    events: Arc<Events>,
    number: u64,
    hears: oneshot::Receiver<Trouble>,
}

impl Future for Listening {
    type Output = Trouble;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Trouble> {
        Pin::new(&mut self.hears).poll(context).map(|told| told.unwrap_or_else(|_| Trouble::Lost(failure::lost())))
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.events.lock().waiting.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use async_nats::ServerError;
    use component_model_source::ErrorKind;
    use futures_util::FutureExt as _;

    use super::*;

    fn kind(trouble: Option<Trouble>) -> Option<(bool, ErrorKind)> {
        trouble.map(|trouble| match trouble {
            Trouble::Denied(error) => (false, error.kind()),
            Trouble::Lost(error) => (true, error.kind()),
        })
    }

    fn denies(text: &str) -> Event {
        Event::ServerError(ServerError::Other(format!("Permissions Violation for {text}")))
    }

    #[test]
    fn a_denial_is_of_the_requests_for_its_subject_only() {
        let events = Events::new(true);
        let (mut a, mut other) = (events.trouble("a"), events.trouble("A"));
        events.hear(&denies("Publish to \"a\""));
        assert_eq!(kind((&mut a).now_or_never()), Some((false, ErrorKind::Denied)));
        assert_eq!(kind((&mut other).now_or_never()), None);
        drop(other);
        assert!(events.lock().waiting.is_empty() && !events.has_ended());
    }

    #[test]
    fn the_end_of_a_connection_is_of_all_requests_also_of_later_ones() {
        let events = Events::new(true);
        let early = events.trouble("a");
        events.hear(&denies("Subscription to \"_INBOX.x.*\""));
        events.hear(&Event::Disconnected);
        for trouble in [early, events.trouble("b")] {
            assert_eq!(kind(trouble.now_or_never()), Some((true, ErrorKind::Denied)), "the first reason counts");
        }
    }
}
