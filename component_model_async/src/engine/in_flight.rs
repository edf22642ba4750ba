//! The pending calls, and the timer of a fetch.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::{
    task::coop::unconstrained,
    time::{Instant, Sleep, sleep_until},
};

use crate::{BoxFuture, SourceError, bind::CallId, cache::Followed, policy::limit::LimitPermit, registry::LocalValues};

pin_project_lite::pin_project! {
    /// One call.
    struct Flight<F> {
        call: CallId,
        #[pin]
        stage: Stage<F>,
    }
}

pin_project_lite::pin_project! {
    #[project = StageProjection]
    enum Stage<F> {
        /// The wait before an attempt.
        Before { wait: BoxFuture<'static, Before> },
        Sent { #[pin] sent: F },
        /// No component waits for it any more.
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

impl<F: Future> Future for Flight<F> {
    type Output = (CallId, Happened<F::Output>);

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let happened = match this.stage.project() {
            StageProjection::Sent { sent } => Happened::Answered(ready!(sent.poll(context))),
            StageProjection::Before { wait } => Happened::Before(ready!(wait.as_mut().poll(context))),
            StageProjection::Abandoned => return Poll::Pending,
        };
        Poll::Ready((*this.call, happened))
    }
}

/// What happens next.
pub(super) enum Next<T> {
    Call(CallId, Happened<T>),
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

    /// Adds an attempt.
    pub(super) fn send(&mut self, call: CallId, sent: F) {
        self.push(call, Stage::Sent { sent });
    }

    /// Adds the wait before an attempt.
    pub(super) fn wait(&mut self, call: CallId, wait: BoxFuture<'static, Before>) {
        self.push(call, Stage::Before { wait });
    }

    /// Adds the wait for the last known good values, which belongs to no call.
    pub(super) fn load(&mut self, load: BoxFuture<'static, Before>) {
        self.push(CallId::NONE, Stage::Before { wait: load });
    }

    fn push(&mut self, call: CallId, stage: Stage<F>) {
        self.live += 1;
        self.flights.push(Flight { call, stage });
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
        for flight in Pin::new(&mut self.flights).iter_pin_mut() {
            let mut flight = flight.project();
            let is_live = !matches!(flight.stage.as_mut().project(), StageProjection::Abandoned);
            if is_live && calls.binary_search(flight.call).is_ok() {
                flight.stage.set(Stage::Abandoned);
                self.live -= 1;
            }
        }
    }

    /// The next answer, unless the timer expires before.
    pub(super) async fn next(&mut self, until: Option<Instant>) -> Next<F::Output> {
        let mut is_set = false;
        poll_fn(|context| {
            if let Poll::Ready(Some((call, happened))) = self.flights.poll_next_unpin(context) {
                self.live -= 1;
                return Poll::Ready(Next::Call(call, happened));
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
