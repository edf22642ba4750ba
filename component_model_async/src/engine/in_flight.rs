//! The pending calls, and the timer of a fetch.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::time::{Instant, Sleep, sleep_until};

pin_project_lite::pin_project! {
    /// One call.
    struct Flight<F> {
        call: usize,
        // None if no component waits for it any more.
        #[pin]
        sent: Option<F>,
    }
}

impl<F: Future> Future for Flight<F> {
    type Output = (usize, F::Output);

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        match this.sent.as_pin_mut() {
            Some(sent) => Poll::Ready((*this.call, ready!(sent.poll(context)))),
            None => Poll::Pending,
        }
    }
}

/// What happens next.
pub(super) enum Next<T> {
    Answered(usize, T),
    /// The timer has expired.
    TimeIsUp,
}

pub(super) struct InFlight<F> {
    flights: FuturesUnordered<Flight<F>>,
    /// How many of them are still needed.
    live: usize,
    timer: Option<Pin<Box<Sleep>>>,
}

impl<F: Future> InFlight<F> {
    pub(super) fn new() -> Self {
        Self { flights: FuturesUnordered::new(), live: 0, timer: None }
    }

    pub(super) fn send_all(&mut self, calls: Vec<(usize, F)>) {
        self.live += calls.len();
        self.flights.extend(calls.into_iter().map(|(call, sent)| Flight { call, sent: Some(sent) }));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// Drops the calls for which no component waits any more, all in one pass.
    pub(super) fn abandon(&mut self, mut calls: Vec<usize>) {
        if calls.is_empty() {
            return;
        }
        calls.sort_unstable();
        for flight in Pin::new(&mut self.flights).iter_pin_mut() {
            let mut flight = flight.project();
            if flight.sent.is_some() && calls.binary_search(flight.call).is_ok() {
                flight.sent.set(None);
                self.live -= 1;
            }
        }
    }

    /// The next answer, unless the timer expires before.
    pub(super) async fn next(&mut self, until: Option<Instant>) -> Next<F::Output> {
        self.set_timer(until);
        poll_fn(|context| {
            if let Poll::Ready(Some((call, answered))) = self.flights.poll_next_unpin(context) {
                self.live -= 1;
                return Poll::Ready(Next::Answered(call, answered));
            }
            match &mut self.timer {
                Some(timer) => timer.as_mut().poll(context).map(|()| Next::TimeIsUp),
                None => Poll::Pending,
            }
        })
        .await
    }

    /// Usually all components have the same timeout, and the timer does not change.
    fn set_timer(&mut self, until: Option<Instant>) {
        match (&mut self.timer, until) {
            (Some(timer), Some(until)) if timer.deadline() != until => timer.as_mut().reset(until),
            (None, Some(until)) => self.timer = Some(Box::pin(sleep_until(until))),
            // One that has fired would fire at every poll.
            (_, None) => self.timer = None,
            (Some(_), Some(_)) => {}
        }
    }
}
