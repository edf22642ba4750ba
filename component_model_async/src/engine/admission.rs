//! What admits an attempt of a call: the circuit breaker, the limit on parallel requests, and the budget of retries; and what the
//! circuit breaker learns of it.
//!
//! What always holds: a retry is charged when nothing holds it back any more; a permit of the circuit breaker is told an outcome
//! once, or returned.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{Progress, sending::Launch, sent::Phase};
use crate::{
    SourceError,
    bind::{CallId, Layer},
    log,
    policy::{
        breaker::{BreakerStatus, OwnedPermit, Rejected},
        guard::Guard,
        limit::LimitPermit,
        stack::CallOutcome,
    },
};

/// How long a request waits before it asks again whether the probe of its own fetch has ended.
const PROBING: Duration = Duration::from_millis(5);

/// What the circuit breaker says to an attempt.
pub(super) enum Admission {
    Goes,
    /// Not yet.
    Waits,
    Refused(SourceError),
}

impl Progress<'_, '_> {
    /// Whether an attempt that repeats another one is within the budget of the registration; it is then taken from that. What
    /// another fetch repeats for this one costs nothing.
    pub(super) fn pays_for_retry(&self, call: CallId) -> bool {
        let is_retry = self.states.sent(call).is_some_and(|sent| sent.attempts > 0);
        !is_retry || self.calls.get(call).guard.budget.try_retry(Instant::now())
    }

    /// Ends a call with the failures of its last attempt, since the budget of retries is spent.
    pub(super) fn give_up_retrying(&mut self, call: CallId) -> Vec<Launch> {
        let (known, after) = (Arc::clone(self.calls.get(call)), self.run.started.elapsed());
        if let Some(sent) = self.states.sent_mut(call) {
            sent.give_up(&spent(&known.guard), known.requests.len());
        }
        self.hand_over(call);
        self.end_call(call, after);
        self.states.conclude(call);
        let needed = self.advance_all(call, after);
        self.launch_all(needed)
    }

    pub(super) fn send_when_admitted(&mut self, call: CallId) -> Vec<Launch> {
        match self.calls.get(call).guard.limit.try_acquire() {
            Some(permit) => self.begin_attempt(call, permit),
            None => {
                self.pause_waits(call);
                vec![Launch::Queue(call)]
            }
        }
    }

    /// The limit admits a call that waited for it; the circuit breaker may have opened meanwhile.
    pub(super) fn admitted(&mut self, call: CallId, permit: LimitPermit) -> Vec<Launch> {
        let waiting = self.waiting_for(call);
        let held_back = match self.ask_breaker(call, &waiting) {
            Admission::Goes => return self.begin_attempt(call, permit),
            held_back => held_back,
        };
        drop(permit);
        self.hold_back(call, held_back)
    }

    /// What the circuit breaker does not admit waits, or ends; what it does not apply to goes on.
    pub(super) fn hold_back(&mut self, call: CallId, admission: Admission) -> Vec<Launch> {
        let mut launches = self.let_others_go(call);
        launches.extend(match admission {
            Admission::Goes => Vec::new(),
            Admission::Waits => self.wait_for_probe(call),
            Admission::Refused(error) => vec![Launch::Refuse(call, error)],
        });
        launches
    }

    /// Lets the components without a circuit breaker go on in a call of their own, while that of the others holds theirs back.
    pub(super) fn let_others_go(&mut self, call: CallId) -> Vec<Launch> {
        let (known, mode) = (Arc::clone(self.calls.get(call)), self.run.mode);
        let others = self.waiting_for(call).into_iter();
        let others: Vec<_> = others.filter(|position| !self.components[*position].has_breaker(&known, mode)).collect();
        if others.is_empty() {
            return Vec::new();
        }
        let requested = |position: &usize| self.components[*position].waited_for().map(Layer::request);
        let requests: BTreeSet<_> = others.iter().filter_map(requested).collect();
        let requests: Vec<_> = requests.into_iter().collect();
        let apart = self.move_apart(call, &requests, others, self.run.started.elapsed());
        if let Some(sent) = self.states.sent_mut(apart) {
            sent.phase = Phase::Before;
        }
        self.leave_out_abandoned(call);
        self.launch(apart)
    }

    /// Asks the circuit breaker of the call, if it applies to a component that waits.
    pub(super) fn ask_breaker(&mut self, call: CallId, waiting: &[usize]) -> Admission {
        let known = self.calls.get(call);
        let applies = |component: &usize| self.components[*component].has_breaker(known, self.run.mode);
        if !waiting.iter().any(applies) {
            return Admission::Goes;
        }
        let endpoint = known.requests.first().and_then(|request| request.endpoint()).unwrap_or_default();
        let breaker = known.guard.breaker(endpoint);
        match OwnedPermit::acquire(&breaker, Instant::now()) {
            Ok(permit) => {
                if let Some(sent) = self.states.sent_mut(call) {
                    sent.permit = Some(permit);
                }
                Admission::Goes
            }
            Err(Rejected { status: BreakerStatus::HalfOpen, .. }) if self.states.has_probe(&breaker) => {
                Admission::Waits
            }
            Err(rejected) => {
                known.guard.metrics.rejected();
                Admission::Refused(rejected.into())
            }
        }
    }

    /// Another request of this fetch is the probe, which tells whether this one may be sent. Its time runs meanwhile, since
    /// a probe may take longer than its components wait; that of its attempt begins afterwards.
    pub(super) fn wait_for_probe(&mut self, call: CallId) -> Vec<Launch> {
        if self.states.sent(call).is_some_and(|sent| sent.phase == Phase::Before) {
            self.begin_waits(call, Instant::now());
        }
        if let Some(sent) = self.states.sent_mut(call) {
            sent.phase = Phase::Probing;
        }
        vec![Launch::Pause(call, PROBING)]
    }

    /// Tells the circuit breaker of the end of an attempt.
    pub(super) fn tell_breaker(&mut self, call: CallId, failure: Option<&SourceError>) {
        let Some(sent) = self.states.sent_mut(call) else { return };
        let Some(permit) = sent.permit.take() else { return };
        let now = Instant::now();
        match failure {
            // A part of its answers came in an earlier attempt: that is neither a failure nor a success of the endpoint.
            Some(_) if sent.has_answers() && !permit.is_probe() => drop(permit),
            // Its state shows the failure.
            Some(error) if self.has_secret(call) => permit.failed(now, &error.clone().without_foreign_text()),
            Some(error) => permit.failed(now, error),
            None => permit.succeeded(now),
        }
    }

    /// Tells the circuit breaker of an attempt that a deadline ends. It is the source's failure if it had half of its timeout;
    /// otherwise nothing is known of it.
    pub(super) fn blame(&mut self, call: CallId, error: &SourceError) {
        let Some(sent) = self.states.sent(call) else { return };
        let Some(began) = sent.began.filter(|_| sent.phase == Phase::Running && sent.permit.is_some()) else { return };
        let had = Instant::now().saturating_duration_since(began);
        if had >= self.longest_timeout(call) / 2 {
            self.tell_breaker(call, Some(error));
        }
    }

    /// The circuit breaker holds the attempt back.
    pub(super) fn refused(&mut self, call: CallId, error: &SourceError) -> Vec<Launch> {
        // Some may have joined it meanwhile.
        let mut launches = self.let_others_go(call);
        let after = self.run.started.elapsed();
        let outcome = CallOutcome::refused(self.asked(call), error);
        launches.extend(self.attempted(call, outcome, after));
        launches
    }

    /// The same failure for all requests of the current attempt.
    pub(super) fn failed_attempt(&self, call: CallId, error: &SourceError) -> CallOutcome {
        CallOutcome::failed(self.asked(call), error)
    }

    /// How many requests the current attempt asks.
    fn asked(&self, call: CallId) -> usize {
        let requests = self.calls.get(call).requests.len();
        if let Some(sent) = self.states.sent(call) { sent.asked.count(requests) } else { requests }
    }

    /// Whether a component with a secret is in a call, even if it waits no longer: the failure may be that of its request.
    pub(super) fn has_secret(&mut self, call: CallId) -> bool {
        self.calls.asked_by(call).any(|position| self.components[position].has_secret(self.stage))
    }
}

/// Why an attempt is not repeated, which is counted and logged.
pub(super) fn spent(guard: &Guard) -> String {
    guard.metrics.budget_exhausted();
    log::budget_exhausted(guard.name());
    format!("the budget of retries of `{}` is spent", guard.name())
}
