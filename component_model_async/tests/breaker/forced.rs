//! Open and closed by hand.

use super::*;

#[test]
fn forced_open_it_lets_no_call_through_however_late() {
    let (breaker, now) = (breaker(), Instant::now());
    breaker.force_open();
    let rejected = breaker.acquire(now + seconds(86_400)).unwrap_err();
    assert_eq!((rejected.status, rejected.next_probe), (BreakerStatus::ForcedOpen, None));
}

#[test]
fn forced_closed_it_counts_failures_but_does_not_open() {
    let (breaker, now) = (breaker(), Instant::now());
    open(&breaker, now);
    breaker.force_closed();
    (0..20).for_each(|_| fail(&breaker, now));
    let state = breaker.state(now);
    assert_eq!((state.status(), state.failures()), (BreakerStatus::ForcedClosed, 25));
}

#[test]
fn automatic_again_it_is_as_a_new_one() {
    let (breaker, now) = (breaker(), Instant::now());
    open(&breaker, now);
    let due = due(&breaker, now);
    fail(&breaker, due);
    for force in [Breaker::force_open, Breaker::force_closed] {
        force(&breaker);
        breaker.automatic();
        let state = breaker.state(now);
        assert_eq!((state.status(), state.calls(), state.failures()), (BreakerStatus::Closed, 0, 0));
        open(&breaker, now);
        assert!(breaker.state(now).next_probe().unwrap() <= seconds(5));
    }
}

#[test]
fn automatic_changes_nothing_that_is_not_forced() {
    let (breaker, now) = (breaker(), Instant::now());
    open(&breaker, now);
    breaker.automatic();
    assert_eq!(status(&breaker, now), BreakerStatus::Open);
}

#[test]
fn outcomes_of_calls_before_it_was_forced_count_as_nothing() {
    let (breaker, now) = (breaker(), Instant::now());
    let (before, other) = (permit(&breaker, now), permit(&breaker, now));
    breaker.force_closed();
    before.failed(now, &error());
    breaker.automatic();
    other.failed(now, &error());
    assert_eq!((breaker.state(now).calls(), breaker.state(now).last_error()), (0, None));
}
