//! The breaker does what a simple model does: a list of all outcomes with their times.

use proptest::prelude::*;

use super::*;

/// A step of a test. Times are whole seconds, and a slot of the window lasts one, so that the model's window is exact.
#[derive(Debug, Clone)]
enum Step {
    Wait(u64),
    /// Moves to where the open period ends, less some nanoseconds.
    WaitForProbe(u64),
    Acquire,
    Succeed(prop::sample::Index),
    Fail(prop::sample::Index),
    Drop(prop::sample::Index),
    ForceOpen,
    ForceClosed,
    Automatic,
}

fn steps() -> impl Strategy<Value = Step> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        3 => (0..8_u64).prop_map(Step::Wait),
        3 => (0..2_u64).prop_map(Step::WaitForProbe),
        12 => Just(Step::Acquire),
        4 => index().prop_map(Step::Succeed),
        8 => index().prop_map(Step::Fail),
        2 => index().prop_map(Step::Drop),
        1 => prop_oneof![Just(Step::ForceOpen), Just(Step::ForceClosed), Just(Step::Automatic)],
    ]
}

const WINDOW: u64 = 20;
const MINIMUM: usize = 4;
const RATE: f64 = 0.4;

struct Model {
    status: BreakerStatus,
    /// Grows with each change of the status.
    generation: u32,
    /// When each outcome was counted, in seconds, and whether it was a failure.
    outcomes: Vec<(u64, bool)>,
    probing: bool,
    failed_probes: u32,
    /// When the open period ends, as the breaker says: it is random.
    due: Instant,
}

impl Model {
    fn change(&mut self, status: BreakerStatus) {
        (self.status, self.probing) = (status, false);
        self.generation += 1;
    }

    fn close(&mut self) {
        self.outcomes.clear();
        self.failed_probes = 0;
        self.change(BreakerStatus::Closed);
    }

    fn in_window(&self, second: u64) -> Vec<bool> {
        self.outcomes.iter().filter(|(at, _)| at + WINDOW > second).map(|(_, failure)| *failure).collect()
    }

    /// Whether a call goes through.
    fn acquire(&mut self, now: Instant) -> bool {
        if self.status == BreakerStatus::Open && now >= self.due {
            self.change(BreakerStatus::HalfOpen);
        }
        match self.status {
            BreakerStatus::Closed | BreakerStatus::ForcedClosed => true,
            BreakerStatus::HalfOpen => !std::mem::replace(&mut self.probing, true),
            _ => false,
        }
    }

    /// Whether it opens.
    fn outcome(&mut self, generation: u32, second: u64, failure: bool) -> bool {
        if generation != self.generation {
            return false;
        }
        let probe = self.status == BreakerStatus::HalfOpen;
        if probe && !failure {
            self.close();
            return false;
        }
        self.outcomes.push((second, failure));
        let calls = self.in_window(second);
        let failures = calls.iter().filter(|failure| **failure).count();
        let too_many = calls.len() >= MINIMUM && failures as f64 / calls.len() as f64 >= RATE;
        let opens = failure && (probe || self.status == BreakerStatus::Closed && too_many);
        if opens {
            self.failed_probes += u32::from(probe);
            self.change(BreakerStatus::Open);
        }
        opens
    }

    fn longest_period(&self) -> Duration {
        (seconds(2) * 2_u32.pow(self.failed_probes.min(10))).min(seconds(30))
    }
}

proptest! {
    #[test]
    fn the_breaker_does_what_the_model_does(steps in prop::collection::vec(steps(), 1..250)) {
        let settings = CircuitBreaker::new().window(seconds(WINDOW)).minimum_calls(MINIMUM as u32).failure_rate(RATE);
        let breaker = Breaker::new(settings.open_for(seconds(2)).longest_open(seconds(30)));
        let start = Instant::now();
        // Begins the first slot.
        prop_assert_eq!(status(&breaker, start), BreakerStatus::Closed);
        let mut now = start;
        let mut model = Model {
            status: BreakerStatus::Closed,
            generation: 0,
            outcomes: Vec::new(),
            probing: false,
            failed_probes: 0,
            due: start,
        };
        let mut permits = Vec::new();
        for step in steps {
            let second = (now - start).as_secs();
            let mut opened = false;
            match step {
                Step::Wait(pause) => now += seconds(pause),
                Step::WaitForProbe(early) if model.status == BreakerStatus::Open => {
                    now = now.max(model.due - Duration::from_nanos(early));
                }
                Step::Acquire => {
                    let permit = breaker.acquire(now);
                    prop_assert_eq!(permit.is_ok(), model.acquire(now));
                    permits.extend(permit.ok().map(|permit| (permit, model.generation)));
                }
                Step::Succeed(index) if !permits.is_empty() => {
                    let (permit, generation) = permits.swap_remove(index.index(permits.len()));
                    permit.succeeded(now);
                    opened = model.outcome(generation, second, false);
                }
                Step::Fail(index) if !permits.is_empty() => {
                    let (permit, generation) = permits.swap_remove(index.index(permits.len()));
                    permit.failed(now, &error());
                    opened = model.outcome(generation, second, true);
                }
                Step::Drop(index) if !permits.is_empty() => {
                    let (permit, generation) = permits.swap_remove(index.index(permits.len()));
                    drop(permit);
                    model.probing &= generation != model.generation;
                }
                Step::ForceOpen => {
                    breaker.force_open();
                    if model.status != BreakerStatus::ForcedOpen {
                        model.change(BreakerStatus::ForcedOpen);
                    }
                }
                Step::ForceClosed => {
                    breaker.force_closed();
                    if model.status != BreakerStatus::ForcedClosed {
                        model.change(BreakerStatus::ForcedClosed);
                    }
                }
                Step::Automatic => {
                    breaker.automatic();
                    if matches!(model.status, BreakerStatus::ForcedOpen | BreakerStatus::ForcedClosed) {
                        model.close();
                    }
                }
                _ => {}
            }
            if opened {
                model.due = due(&breaker, now);
                let (period, longest) = (model.due - now, model.longest_period());
                prop_assert!(longest * 4 / 5 <= period && period <= longest, "{:?} of {:?}", period, longest);
            }
            let (state, counted) = (breaker.state(now), model.in_window((now - start).as_secs()));
            prop_assert_eq!(state.status(), model.status);
            prop_assert_eq!(state.calls(), counted.len() as u64);
            prop_assert_eq!(state.failures(), counted.iter().filter(|failure| **failure).count() as u64);
        }
    }
}
