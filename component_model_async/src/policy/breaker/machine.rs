//! The states of a breaker and their changes, without locks.
//!
//! What always holds: each change of status begins a new generation, and so does a probe in the place of one that has not
//! ended in time. An outcome of another generation counts as nothing.

use std::time::Duration;

use component_model_source::SourceError;
use fastrand::Rng;
use tokio::time::Instant;

use super::{
    super::{
        backoff::{doubled, fraction},
        window::Window,
    },
    BreakerCause, BreakerState, BreakerStatus, CircuitBreaker,
};

/// The open period is shorter by up to a fifth, at random.
const JITTER: u32 = 5;

#[derive(Debug)]
pub(super) struct Machine {
    settings: CircuitBreaker,
    random: Rng,
    phase: Phase,
    generation: u64,
    /// How often the status has changed.
    changes: u64,
    /// The calls with an outcome, and the failures.
    window: Window,
    /// How often it has opened since it was closed.
    openings: u32,
    last_error: Option<SourceError>,
}

#[derive(Debug, Clone, Copy)]
enum Phase {
    Closed,
    /// Until then; `None` is longer than the clock can count.
    Open(Option<Instant>),
    HalfOpen {
        probing: bool,
        /// When the probe must have ended; `None` if that is not known.
        until: Option<Instant>,
    },
    ForcedOpen,
    ForcedClosed,
}

/// A change of status.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) from: BreakerStatus,
    pub(super) to: BreakerStatus,
    pub(super) cause: BreakerCause,
    pub(super) last_error: Option<SourceError>,
    pub(super) number: u64,
}

/// Why a call may not be made.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: BreakerStatus,
    pub(super) next_probe: Option<Duration>,
    pub(super) last_error: Option<SourceError>,
}

impl Machine {
    pub(super) fn new(settings: CircuitBreaker, random: Rng) -> Self {
        let window = Window::new(settings.window);
        Self {
            settings,
            random,
            phase: Phase::Closed,
            generation: 0,
            changes: 0,
            window,
            openings: 0,
            last_error: None,
        }
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    /// Whether every call goes through.
    pub(super) fn lets_all_through(&self) -> bool {
        matches!(self.phase, Phase::Closed | Phase::ForcedClosed)
    }

    /// Lets a call through if [not all](Self::lets_all_through) go through: it is the probe.
    pub(super) fn acquire_probe(&mut self, now: Instant) -> Result<Option<Change>, Refusal> {
        match self.phase {
            Phase::Open(Some(until)) if until <= now => {
                Ok(self.change(Phase::HalfOpen { probing: true, until: None }, BreakerCause::ProbeStarted))
            }
            Phase::HalfOpen { probing: false, .. } => {
                self.phase = Phase::HalfOpen { probing: true, until: None };
                Ok(None)
            }
            // Whoever holds its permit does not run. A new generation, so that its outcome counts as nothing.
            Phase::HalfOpen { until: Some(until), .. } if until <= now => {
                self.phase = Phase::HalfOpen { probing: true, until: None };
                self.generation += 1;
                Ok(None)
            }
            _ => Err(Refusal {
                status: self.status(),
                next_probe: self.next_probe(now),
                last_error: self.last_error.clone(),
            }),
        }
    }

    /// Counts the success of a call that is not the probe.
    pub(super) fn succeeded(&mut self, generation: u64, now: Instant) {
        if generation == self.generation {
            self.window.add(now, [1, 0]);
        }
    }

    /// Closes, if the probe is of this generation.
    pub(super) fn probe_succeeded(&mut self, generation: u64) -> Option<Change> {
        if generation == self.generation { self.close(BreakerCause::ProbeSucceeded) } else { None }
    }

    /// Counts a failure.
    pub(super) fn failed(&mut self, generation: u64, now: Instant, error: SourceError) -> Option<Change> {
        if generation != self.generation {
            return None;
        }
        self.last_error = Some(error);
        self.window.add(now, [1, 1]);
        let [calls, failures] = self.window.totals(now);
        match self.phase {
            Phase::HalfOpen { .. } => self.open(now, BreakerCause::ProbeFailed),
            Phase::Closed if self.settings.is_too_much(calls, failures) => {
                self.open(now, BreakerCause::Failures { calls, failures })
            }
            _ => None,
        }
    }

    /// Takes back the probe's permit, which had no outcome.
    pub(super) fn return_probe(&mut self, generation: u64) {
        if let (true, Phase::HalfOpen { probing, .. }) = (generation == self.generation, &mut self.phase) {
            *probing = false;
        }
    }

    /// Lets another call be the probe from then on, if the one of this generation has no outcome. It only gets later.
    pub(super) fn limit_probe(&mut self, generation: u64, at: Instant) {
        if let (true, Phase::HalfOpen { probing: true, until }) = (generation == self.generation, &mut self.phase) {
            *until = Some(until.map_or(at, |known| known.max(at)));
        }
    }

    pub(super) fn force_open(&mut self) -> Option<Change> {
        match self.phase {
            Phase::ForcedOpen => None,
            _ => self.change(Phase::ForcedOpen, BreakerCause::Forced),
        }
    }

    pub(super) fn force_closed(&mut self) -> Option<Change> {
        match self.phase {
            Phase::ForcedClosed => None,
            _ => self.change(Phase::ForcedClosed, BreakerCause::Forced),
        }
    }

    pub(super) fn automatic(&mut self) -> Option<Change> {
        match self.phase {
            Phase::ForcedOpen | Phase::ForcedClosed => self.close(BreakerCause::Automatic),
            _ => None,
        }
    }

    pub(super) fn state(&mut self, now: Instant) -> BreakerState {
        let [calls, failures] = self.window.totals(now);
        BreakerState {
            status: self.status(),
            calls,
            failures,
            last_error: self.last_error.as_ref().map(ToString::to_string),
            next_probe: self.next_probe(now),
        }
    }

    fn status(&self) -> BreakerStatus {
        match self.phase {
            Phase::Closed => BreakerStatus::Closed,
            Phase::Open(_) => BreakerStatus::Open,
            Phase::HalfOpen { .. } => BreakerStatus::HalfOpen,
            Phase::ForcedOpen => BreakerStatus::ForcedOpen,
            Phase::ForcedClosed => BreakerStatus::ForcedClosed,
        }
    }

    fn next_probe(&self, now: Instant) -> Option<Duration> {
        match self.phase {
            Phase::Open(until) => until.map(|until| until.saturating_duration_since(now)),
            Phase::HalfOpen { probing: false, .. } => Some(Duration::ZERO),
            Phase::HalfOpen { until: Some(until), .. } if until <= now => Some(Duration::ZERO),
            _ => None,
        }
    }

    fn close(&mut self, cause: BreakerCause) -> Option<Change> {
        self.openings = 0;
        self.window.clear();
        self.change(Phase::Closed, cause)
    }

    fn open(&mut self, now: Instant, cause: BreakerCause) -> Option<Change> {
        let period = doubled(self.settings.open_for, self.openings, self.settings.longest_open);
        self.openings = self.openings.saturating_add(1);
        let period = period - fraction(period / JITTER, self.random.f64());
        self.change(Phase::Open(now.checked_add(period)), cause)
    }

    fn change(&mut self, phase: Phase, cause: BreakerCause) -> Option<Change> {
        let from = self.status();
        self.phase = phase;
        (self.generation, self.changes) = (self.generation + 1, self.changes + 1);
        let last_error = self.last_error.clone();
        Some(Change { from, to: self.status(), cause, last_error, number: self.changes })
    }
}

#[cfg(test)]
mod tests {
    use component_model_source::ErrorKind;

    use super::*;

    fn error() -> SourceError {
        SourceError::new(ErrorKind::Unreachable, "connection refused")
    }

    /// The periods for which a breaker is open whose probes all fail.
    fn periods(seed: u64, settings: CircuitBreaker, count: usize) -> Vec<Duration> {
        let mut machine = Machine::new(settings.minimum_calls(1), Rng::with_seed(seed));
        let mut now = Instant::now();
        machine.failed(machine.generation(), now, error());
        let next = |_| {
            let period = machine.next_probe(now).unwrap();
            let early = now + period - Duration::from_nanos(1);
            assert!(machine.acquire_probe(early).is_err());
            now += period;
            machine.acquire_probe(now).unwrap();
            machine.failed(machine.generation(), now, error());
            period
        };
        (0..count).map(next).collect()
    }

    #[test]
    fn the_open_period_doubles_and_is_at_most_a_fifth_shorter() {
        let nominal = [5, 10, 20, 40, 80, 160, 300, 300].map(Duration::from_secs);
        for seed in 0..200 {
            for (period, nominal) in periods(seed, CircuitBreaker::new(), 8).into_iter().zip(nominal) {
                assert!(nominal * 4 / 5 <= period && period <= nominal, "{period:?} of {nominal:?}");
            }
        }
    }

    #[test]
    fn the_jitter_uses_its_whole_range() {
        let first = |seed| periods(seed, CircuitBreaker::new(), 1)[0];
        let all: Vec<_> = (0..200).map(first).collect();
        assert!(all.iter().min().unwrap() < &Duration::from_millis(4050));
        assert!(all.iter().max().unwrap() > &Duration::from_millis(4950));
    }

    #[test]
    fn it_opens_as_often_as_one_likes() {
        let settings = CircuitBreaker::new().longest_open(Duration::from_secs(3600));
        assert!(periods(0, settings, 500)[499] <= Duration::from_secs(3600));
    }

    #[test]
    fn a_period_that_the_clock_cannot_count_does_not_end() {
        let settings = CircuitBreaker::new().minimum_calls(1).open_for(Duration::MAX).longest_open(Duration::MAX);
        let (mut machine, now) = (Machine::new(settings, Rng::with_seed(0)), Instant::now());
        machine.failed(0, now, error()).unwrap();
        let refusal = machine.acquire_probe(now + Duration::from_secs(1 << 33)).unwrap_err();
        assert_eq!((refusal.status, refusal.next_probe), (BreakerStatus::Open, None));
    }
}
