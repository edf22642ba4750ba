//! When it opens, and for how long.

use super::*;

const TICK: Duration = Duration::from_nanos(1);

#[test]
fn it_opens_when_half_of_at_least_five_calls_failed() {
    let (breaker, now) = (breaker(), Instant::now());
    (0..4).for_each(|_| fail(&breaker, now));
    assert_eq!(status(&breaker, now), BreakerStatus::Closed);
    fail(&breaker, now);
    let state = breaker.state(now);
    assert_eq!((state.status(), state.calls(), state.failures()), (BreakerStatus::Open, 5, 5));
    assert_eq!(state.last_error(), Some("connection refused"));
}

#[test]
fn successes_keep_it_closed() {
    let (breaker, now) = (breaker(), Instant::now());
    (0..10).for_each(|_| succeed(&breaker, now));
    (0..9).for_each(|_| fail(&breaker, now));
    assert_eq!(status(&breaker, now), BreakerStatus::Closed);
    fail(&breaker, now);
    assert_eq!(status(&breaker, now), BreakerStatus::Open);
}

#[test]
fn a_success_never_opens_it() {
    let (breaker, now) = (breaker(), Instant::now());
    (0..4).for_each(|_| fail(&breaker, now));
    succeed(&breaker, now);
    assert_eq!(status(&breaker, now), BreakerStatus::Closed);
}

#[test]
fn failures_are_forgotten_after_the_window() {
    let (breaker, start) = (breaker(), Instant::now());
    (0..4).for_each(|_| fail(&breaker, start));
    assert_eq!(breaker.state(start + seconds(60) - TICK).failures(), 4);
    fail(&breaker, start + seconds(60));
    let state = breaker.state(start + seconds(60));
    assert_eq!((state.status(), state.failures()), (BreakerStatus::Closed, 1));
}

#[test]
fn the_first_call_after_the_open_period_is_the_probe() {
    let (breaker, now) = (breaker(), Instant::now());
    open(&breaker, now);
    let due = due(&breaker, now);
    assert!(seconds(4) <= due - now && due - now <= seconds(5));

    let rejected = breaker.acquire(due - TICK).unwrap_err();
    assert_eq!((rejected.status, rejected.next_probe), (BreakerStatus::Open, Some(TICK)));
    assert_eq!(rejected.last_error.as_ref().map(ToString::to_string), Some("connection refused".to_owned()));
    assert_eq!(breaker.state(due).next_probe(), Some(Duration::ZERO));

    let probe = permit(&breaker, due);
    let rejected = breaker.acquire(due).unwrap_err();
    assert_eq!((rejected.status, rejected.next_probe), (BreakerStatus::HalfOpen, None));
    probe.succeeded(due);
    let state = breaker.state(due);
    assert_eq!((state.status(), state.calls(), state.failures()), (BreakerStatus::Closed, 0, 0));
}

#[test]
fn each_failed_probe_doubles_the_period_and_a_successful_one_resets_it() {
    let (breaker, mut now) = (breaker(), Instant::now());
    for _ in 0..3 {
        open(&breaker, now);
        for nominal in [5, 10, 20, 40, 80, 160, 300, 300].map(seconds) {
            let period = due(&breaker, now) - now;
            assert!(nominal * 4 / 5 <= period && period <= nominal, "{period:?} of {nominal:?}");
            now += period;
            fail(&breaker, now);
        }
        now = due(&breaker, now);
        succeed(&breaker, now);
    }
}

#[test]
fn a_slow_call_is_a_failure_only_if_asked_for() {
    let now = Instant::now();
    let slow = |settings, took| {
        let breaker = Breaker::new(settings);
        permit(&breaker, now).succeeded(now + took);
        breaker.state(now + took)
    };
    assert_eq!(slow(CircuitBreaker::new(), seconds(50)).failures(), 0);
    assert_eq!(slow(CircuitBreaker::new().slow_call(seconds(1)), seconds(1)).failures(), 0);
    let state = slow(CircuitBreaker::new().slow_call(seconds(1)), seconds(1) + TICK);
    assert_eq!((state.calls(), state.failures()), (1, 1));
    assert_eq!(state.last_error(), Some("the answer took 1.00 s, longer than `slow_call` (1 s)"));
}

#[test]
fn the_time_of_a_slow_call_is_not_rounded_to_nothing() {
    let (breaker, now) = (Breaker::new(CircuitBreaker::new().slow_call(Duration::from_micros(100))), Instant::now());
    permit(&breaker, now).succeeded(now + Duration::from_micros(300));
    let state = breaker.state(now);
    assert_eq!(state.last_error(), Some("the answer took 300 µs, longer than `slow_call` (100 µs)"));
}

#[test]
fn a_slow_probe_opens_it_again() {
    let (breaker, now) = (Breaker::new(CircuitBreaker::new().slow_call(seconds(1))), Instant::now());
    open(&breaker, now);
    let due = due(&breaker, now);
    permit(&breaker, due).succeeded(due + seconds(2));
    assert_eq!(status(&breaker, due + seconds(2)), BreakerStatus::Open);
}

#[tokio::test(start_paused = true)]
async fn a_paused_clock_drives_it() {
    let breaker = breaker();
    open(&breaker, Instant::now());
    assert!(breaker.acquire(Instant::now()).is_err());
    tokio::time::sleep(seconds(5)).await;
    succeed(&breaker, Instant::now());
    assert_eq!(status(&breaker, Instant::now()), BreakerStatus::Closed);
}

#[test]
fn a_rejection_is_an_error_that_says_when_to_try_again_and_why() {
    let (breaker, now) = (breaker(), Instant::now());
    open(&breaker, now);
    let due = due(&breaker, now);
    let error = SourceError::from(breaker.acquire(due - seconds(3)).unwrap_err());
    assert_eq!(error.to_string(), "the source failed too often recently; the next call is in 3s");
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::CircuitOpen, Some(seconds(3))));
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "connection refused");
}
