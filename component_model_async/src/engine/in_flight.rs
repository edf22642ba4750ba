//! The pending calls, and the timer of a fetch.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::{Context, Poll, Waker, ready},
};

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::{
    task::coop::unconstrained,
    time::{Instant, Sleep, sleep_until},
};

use crate::{BoxFuture, SourceError, bind::CallId, cache::Followed, policy::limit::LimitPermit, registry::LocalValues};

pin_project_lite::pin_project! {
    /// One call.
    struct Pending<F> {
        call: CallId,
        #[pin]
        state: State<F>,
        // Once it was polled: what makes it be polled again, so that it can leave.
        waker: Option<Waker>,
    }
}

pin_project_lite::pin_project! {
    #[project = StateProjection]
    enum State<F> {
        /// The wait before an attempt.
        Before { wait: BoxFuture<'static, Before> },
        Sent { #[pin] sent: F },
        /// No component waits for it any more: it ends at the next poll.
        Abandoned,
    }
}

/// How the wait before an attempt ended.
pub(super) enum Before {
    /// The pause after a failure is over.
    Paused,
    /// The limit of the source admits the attempt.
    Admitted(LimitPermit),
    /// The last known good values are there; it is no call that waited for them.
    Loaded(LocalValues),
    /// What another fetch has asked is answered, or left to this one.
    Followed(Followed),
    /// The circuit breaker of the source does not.
    Refused(SourceError),
}

impl Before {
    /// Whether the call sends something next.
    pub(super) fn leads_to_attempt(&self) -> bool {
        matches!(self, Self::Paused | Self::Admitted(_) | Self::Followed(Followed::Lead(_)))
    }
}

/// What happened to a call.
pub(super) enum Happened<T> {
    Before(Before),
    Answered(T),
}

impl<F: Future> Future for Pending<F> {
    type Output = Option<(CallId, Happened<F::Output>)>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // The waker stays the same, since it is that of the set.
        this.waker.get_or_insert_with(|| context.waker().clone());
        let happened = match this.state.project() {
            StateProjection::Sent { sent } => Happened::Answered(ready!(sent.poll(context))),
            StateProjection::Before { wait } => Happened::Before(ready!(wait.as_mut().poll(context))),
            StateProjection::Abandoned => return Poll::Ready(None),
        };
        Poll::Ready(Some((*this.call, happened)))
    }
}

/// What happens next.
pub(super) enum Next<T> {
    Call(CallId, Happened<T>),
    /// The timer has expired.
    TimeIsUp,
}

pub(super) struct InFlight<F> {
    pending: FuturesUnordered<Pending<F>>,
    /// How many of them are still needed.
    live: usize,
    timer: Option<Pin<Box<Sleep>>>,
}

impl<F: Future> InFlight<F> {
    pub(super) fn new() -> Self {
        Self { pending: FuturesUnordered::new(), live: 0, timer: None }
    }

    /// Adds an attempt.
    pub(super) fn send(&mut self, call: CallId, sent: F) {
        self.push(call, State::Sent { sent });
    }

    /// Adds the wait before an attempt.
    pub(super) fn wait(&mut self, call: CallId, wait: BoxFuture<'static, Before>) {
        self.push(call, State::Before { wait });
    }

    /// Adds the wait for the last known good values, which belongs to no call.
    pub(super) fn load(&mut self, load: BoxFuture<'static, Before>) {
        self.push(CallId::NONE, State::Before { wait: load });
    }

    fn push(&mut self, call: CallId, state: State<F>) {
        self.live += 1;
        self.pending.push(Pending { call, state, waker: None });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// Drops the calls for which no component waits any more, all in one pass.
    pub(super) fn abandon(&mut self, mut calls: Vec<CallId>) {
        if calls.is_empty() {
            return;
        }
        calls.sort_unstable();
        let mut wakers = Vec::new();
        for pending in Pin::new(&mut self.pending).iter_pin_mut() {
            let mut pending = pending.project();
            let is_live = !matches!(pending.state.as_mut().project(), StateProjection::Abandoned);
            if is_live && calls.binary_search(pending.call).is_ok() {
                pending.state.set(State::Abandoned);
                self.live -= 1;
                wakers.extend(pending.waker.take());
            }
        }
        wakers.into_iter().for_each(Waker::wake);
    }

    /// The next answer, unless the timer expires before.
    pub(super) async fn next(&mut self, until: Option<Instant>) -> Next<F::Output> {
        let mut is_set = false;
        poll_fn(|context| {
            while let Poll::Ready(Some(ended)) = self.pending.poll_next_unpin(context) {
                if let Some((call, happened)) = ended {
                    self.live -= 1;
                    return Poll::Ready(Next::Call(call, happened));
                }
            }
            // Not before: an answer that is there at once needs no timer.
            if !std::mem::replace(&mut is_set, true) {
                self.set_timer(until);
            }
            match &mut self.timer {
                // Calls that always have something to do may have used up the budget of the task, which time does not need.
                Some(timer) => pin!(unconstrained(timer.as_mut())).poll(context).map(|()| Next::TimeIsUp),
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

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn calls_that_were_abandoned_are_forgotten() {
        let mut in_flight = InFlight::new();
        in_flight.send(CallId::new(0), pending::<()>());
        for number in 1..1000 {
            in_flight.send(CallId::new(number), pending());
            let soon = Some(Instant::now() + std::time::Duration::from_millis(1));
            assert!(matches!(in_flight.next(soon).await, Next::TimeIsUp));
            in_flight.abandon(vec![CallId::new(number)]);
            assert!(in_flight.pending.len() <= 2, "{}", in_flight.pending.len());
        }
        assert!(!in_flight.is_empty());
        in_flight.abandon(vec![CallId::new(0)]);
        assert!(in_flight.is_empty());
    }
}
