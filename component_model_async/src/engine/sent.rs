//! The state of each call: what was asked, how often, and what came of it.
//!
//! What always holds: a request that was answered is not asked again, even if others of its call are.

use std::{
    ops::{Index, IndexMut},
    sync::Arc,
    time::Duration,
};

use tokio::{sync::oneshot, time::Instant};

use crate::{
    ErrorKind,
    bind::CallId,
    cache::{FollowedLead, LeadGuard},
    observed,
    policy::{
        breaker::{Breaker, OwnedPermit},
        caching::{Stored, Storing},
        limit::Loan,
        stack::{CallOutcome, RequestOutcome},
        timeout,
    },
};

/// The state of a call.
pub(super) enum CallState {
    /// Not sent.
    Idle,
    /// No component waited for it any more. A later one asks for its own request alone.
    Dropped,
    /// Boxed, and so is the next: most calls to a source that is available at once get to neither.
    Sent(Box<Sent>),
    Answered(Box<CallOutcome>),
}

/// The states of all calls, by their numbers. Those of calls that are answered without I/O are never stored.
#[derive(Default)]
pub(super) struct CallStates(Vec<CallState>);

impl CallStates {
    /// A call that was sent and is not answered.
    pub(super) fn sent(&self, call: CallId) -> Option<&Sent> {
        if let CallState::Sent(sent) = &self[call] { Some(sent) } else { None }
    }

    /// A call that was sent and is not answered.
    pub(super) fn sent_mut(&mut self, call: CallId) -> Option<&mut Sent> {
        if let Some(CallState::Sent(sent)) = self.0.get_mut(call.number()) { Some(sent) } else { None }
    }

    /// Ends a call that was sent: it is answered, or as if it had not been sent if there is no outcome.
    pub(super) fn conclude(&mut self, call: CallId) {
        let Some(sent) = self.sent_mut(call) else { return };
        let sent = std::mem::take(sent);
        self[call] = match sent.has_outcomes() {
            true => CallState::Answered(Box::new(sent.into_outcome())),
            false => CallState::Dropped,
        };
    }

    /// The calls that were sent and are not answered.
    fn all_sent(&self) -> impl Iterator<Item = &Sent> {
        self.0.iter().filter_map(|state| if let CallState::Sent(sent) = state { Some(&**sent) } else { None })
    }

    /// Whether a request of this fetch is the probe of a circuit breaker.
    pub(super) fn has_probe(&self, breaker: &Arc<Breaker>) -> bool {
        self.all_sent().filter_map(|sent| sent.permit.as_ref()).any(|permit| permit.is_probe_of(breaker))
    }

    /// The requests that this fetch leads.
    pub(super) fn leads(&self) -> impl Iterator<Item = &LeadGuard> {
        self.all_sent().flat_map(|sent| &sent.stored).filter_map(|stored| match &stored.storing {
            Storing::Lead(lead, _) => Some(lead),
            Storing::Store(..) => None,
        })
    }

    /// Hands over what this fetch leads.
    pub(super) fn hand_over(&mut self) {
        for state in &mut self.0 {
            if let CallState::Sent(sent) = state {
                sent.stored.clear();
            }
        }
    }
}

impl Index<CallId> for CallStates {
    type Output = CallState;

    fn index(&self, call: CallId) -> &CallState {
        self.0.get(call.number()).unwrap_or(const { &CallState::Idle })
    }
}

impl IndexMut<CallId> for CallStates {
    fn index_mut(&mut self, call: CallId) -> &mut CallState {
        let number = call.number();
        if number >= self.0.len() {
            self.0.resize_with(number + 1, || CallState::Idle);
        }
        &mut self.0[number]
    }
}

/// A call that was sent.
#[derive(Default)]
pub(super) struct Sent {
    /// When, from the beginning of the fetch.
    pub(super) since: Duration,
    /// How many components have waited for it.
    pub(super) joined: usize,
    /// How many attempts have begun, also those of other fetches that are followed.
    pub(super) attempts: u32,
    /// How often the source was asked.
    pub(super) sends: u32,
    pub(super) phase: Phase,
    /// When the current attempt began.
    pub(super) began: Option<Instant>,
    /// When the current attempt has lasted as long as the most patient component allows.
    pub(super) ends: Option<Instant>,
    /// That is out of range for one of them.
    pub(super) is_endless: bool,
    /// What is asked in the current attempt; everything in the first one.
    pub(super) asked: Selection,
    /// The outcomes of earlier attempts, by request; empty in the first one.
    outcomes: Vec<Option<RequestOutcome>>,
    /// What becomes of the answers that are cached; whoever leads a request hands over if the call is dropped.
    pub(super) stored: Vec<Stored>,
    /// The permit of the circuit breaker for the current attempt.
    pub(super) permit: Option<OwnedPermit>,
    /// The current attempt, as others see it.
    pub(super) observed: Option<observed::Request>,
    /// Whether the call pauses after a failure.
    pub(super) is_paused: bool,
    /// The lead that it follows.
    pub(super) follows: Option<FollowedLead>,
    /// What keeps the permit of the limit for the current attempt.
    pub(super) loan: Option<Loan>,
    /// Launches the call again. It is held, since the time of all that waited for it was over.
    pub(super) held: Option<oneshot::Sender<()>>,
}

/// Whether the source is asked at the moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Phase {
    #[default]
    Running,
    /// A pause, or the wait for a permit.
    Before,
    /// Another fetch has asked.
    Following,
    /// Another request of this fetch is the probe of the circuit breaker.
    Probing,
}

/// Which requests of a call an attempt asks.
#[derive(Debug, Clone, Default)]
pub(crate) enum Selection {
    #[default]
    All,
    Some(Box<[usize]>),
}

impl Sent {
    pub(super) fn at(since: Duration) -> Self {
        Self { since, ..Self::default() }
    }

    /// Whether an outcome ends the call, since nothing of it can be retried.
    pub(super) fn is_ended_by(&self, outcome: &CallOutcome) -> bool {
        self.outcomes.is_empty()
            && matches!(self.asked, Selection::All)
            && outcome.all().iter().all(|outcome| outcome.transient_failure().is_none())
    }

    /// Takes the outcomes of the current attempt, for a call with this many requests.
    pub(super) fn take(&mut self, outcome: CallOutcome, requests: usize) {
        self.outcomes.resize_with(requests, || None);
        let attempts = self.attempts;
        for (position, outcome) in outcome.into_all().into_iter().enumerate() {
            if let Some(known) = self.asked.request(position).and_then(|request| self.outcomes.get_mut(request)) {
                let attempts = if outcome.attempts == 0 { 0 } else { attempts };
                *known = Some(RequestOutcome { attempts, ..outcome });
            }
        }
    }

    /// Lets the current attempt last until then; `None` if that is out of range.
    pub(super) fn prolong(&mut self, until: Option<Instant>) {
        self.ends = self.ends.max(until);
        self.is_endless |= until.is_none();
        self.keep_permits(self.ends.filter(|_| !self.is_endless));
    }

    /// Keeps the permits of the current attempt until then; those that are not taken back if that is out of range.
    pub(super) fn keep_permits(&self, until: Option<Instant>) {
        let Some(ends) = until.and_then(|until| until.checked_add(timeout::GRACE)) else { return };
        if let Some(permit) = &self.permit {
            permit.lasts_until(ends);
        }
        if let Some(loan) = &self.loan {
            loan.prolong(ends);
        }
    }

    /// Whether the source has answered a request of an earlier attempt.
    pub(super) fn has_answers(&self) -> bool {
        self.outcomes.iter().flatten().any(RequestOutcome::is_answered)
    }

    /// The outcome of a request so far.
    pub(super) fn outcome(&self, request: usize) -> Option<&RequestOutcome> {
        self.outcomes.get(request)?.as_ref()
    }

    /// The current attempt has ended with answers, or with a failure of this kind.
    pub(super) fn end_attempt(&mut self, failure: Option<ErrorKind>) {
        if let Some(observed) = self.observed.take() {
            observed.end(failure);
        }
    }

    /// What tells the current attempt from others.
    pub(super) fn attempt(&self) -> (u32, Option<Instant>, Phase) {
        (self.attempts, self.began, self.phase)
    }

    pub(super) fn is_running(&self) -> bool {
        self.phase != Phase::Before
    }

    /// Whether the current attempt has lasted as long as anybody allows.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        !self.is_endless && self.ends.is_some_and(|ends| ends <= now)
    }

    /// Leaves some requests out of the next attempt, of a call with this many.
    pub(super) fn leave_out(&mut self, mut left_out: Vec<usize>, requests: usize) {
        if left_out.is_empty() {
            return;
        }
        left_out.sort_unstable();
        let asked = std::mem::take(&mut self.asked).positions(requests).into_iter();
        self.asked = Selection::Some(asked.filter(|asked| left_out.binary_search(asked).is_err()).collect());
    }

    /// Sets the outcome of a request that is not asked, of a call with this many.
    pub(super) fn give(&mut self, request: usize, requests: usize, outcome: RequestOutcome) {
        self.outcomes.resize_with(requests, || None);
        if let Some(given) = self.outcomes.get_mut(request) {
            *given = Some(outcome);
        }
    }

    /// Adds to the failures of the requests that were to be asked why they are not attempted again, of a call with this many.
    pub(super) fn give_up(&mut self, why: &str, requests: usize) {
        for request in std::mem::take(&mut self.asked).positions(requests) {
            if let Some(Some(RequestOutcome { answer: Err(error), .. })) = self.outcomes.get_mut(request) {
                *error = error.clone().not_retried(why.to_owned());
            }
        }
    }

    /// Whether the next attempt asks for anything.
    pub(super) fn asks_for_something(&self) -> bool {
        !matches!(&self.asked, Selection::Some(asked) if asked.is_empty())
    }

    /// Whether there is an outcome of any request.
    pub(super) fn has_outcomes(&self) -> bool {
        self.outcomes.iter().any(Option::is_some)
    }

    /// Whether the current or the next attempt asks a request.
    pub(super) fn asks(&self, request: usize) -> bool {
        match &self.asked {
            Selection::All => true,
            Selection::Some(asked) => asked.binary_search(&request).is_ok(),
        }
    }

    /// The outcomes of all attempts.
    pub(super) fn into_outcome(self) -> CallOutcome {
        CallOutcome::Many(self.outcomes.into_iter().map(Option::unwrap_or_default).collect())
    }
}

impl Selection {
    /// The request at a position of the attempt.
    fn request(&self, position: usize) -> Option<usize> {
        match self {
            Self::All => Some(position),
            Self::Some(asked) => asked.get(position).copied(),
        }
    }

    /// The requests of an attempt, of a call with this many.
    pub(crate) fn positions(self, requests: usize) -> Vec<usize> {
        match self {
            Self::All => (0..requests).collect(),
            Self::Some(asked) => asked.into_vec(),
        }
    }

    /// How many requests an attempt asks, of a call with this many.
    pub(crate) fn count(&self, requests: usize) -> usize {
        match self {
            Self::All => requests,
            Self::Some(asked) => asked.len(),
        }
    }
}
