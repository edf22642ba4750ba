//! Permits that are dropped, come late, or are asked for by many threads.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use super::*;

#[test]
fn a_dropped_permit_counts_as_nothing() {
    let (breaker, now) = (breaker(), Instant::now());
    drop(permit(&breaker, now));
    permit(&breaker, now).neutral();
    assert_eq!(breaker.state(now).calls(), 0);
}

#[test]
fn a_probe_that_is_dropped_lets_the_next_one_through() {
    let (breaker, now) = (breaker(), Instant::now());
    open(&breaker, now);
    let due = due(&breaker, now);
    for _ in 0..3 {
        let probe = permit(&breaker, due);
        assert!(breaker.acquire(due).is_err());
        probe.neutral();
        let state = breaker.state(due);
        assert_eq!((state.status(), state.next_probe()), (BreakerStatus::HalfOpen, Some(Duration::ZERO)));
    }
    succeed(&breaker, due);
    assert_eq!(status(&breaker, due), BreakerStatus::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_probe_returns_its_permit() {
    let breaker = breaker();
    open(&breaker, Instant::now());
    tokio::time::sleep(seconds(5)).await;
    let call = async {
        let _permit = permit(&breaker, Instant::now());
        std::future::pending::<()>().await;
    };
    assert!(tokio::time::timeout(seconds(1), call).await.is_err());
    succeed(&breaker, Instant::now());
    assert_eq!(status(&breaker, Instant::now()), BreakerStatus::Closed);
}

#[test]
fn a_panic_returns_the_permit_of_the_probe() {
    let (breaker, now) = (breaker(), Instant::now());
    open(&breaker, now);
    let due = due(&breaker, now);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _permit = permit(&breaker, due);
        panic!("on purpose");
    }));
    assert!(panicked.is_err());
    succeed(&breaker, due);
    assert_eq!(status(&breaker, due), BreakerStatus::Closed);
}

#[test]
fn a_late_outcome_changes_nothing() {
    let (breaker, now) = (breaker(), Instant::now());
    let late: Vec<_> = (0..12).map(|_| permit(&breaker, now)).collect();
    open(&breaker, now);
    let (opened, due) = (breaker.state(now), due(&breaker, now));
    let mut late = late.into_iter();
    let mut both = || {
        late.next().unwrap().succeeded(now);
        late.next().unwrap().failed(now, &error());
        drop(late.next());
    };

    both();
    assert_eq!(breaker.state(now), opened);
    let probe = permit(&breaker, due);
    both();
    assert!(breaker.acquire(due).is_err());
    assert_eq!(status(&breaker, due), BreakerStatus::HalfOpen);
    probe.succeeded(due);
    (0..2).for_each(|_| both());
    let state = breaker.state(due);
    assert_eq!((state.status(), state.calls()), (BreakerStatus::Closed, 0));
}

#[test]
fn a_probe_of_an_earlier_open_period_is_late() {
    let (breaker, now) = (breaker(), Instant::now());
    open(&breaker, now);
    let probe = permit(&breaker, due(&breaker, now));
    breaker.force_open();
    breaker.automatic();
    open(&breaker, now);
    let again = permit(&breaker, due(&breaker, now));
    drop(probe);
    assert!(breaker.acquire(now + seconds(3600)).is_err());
    again.neutral();
}

/// The interleavings of few steps are those of `breaker_interleavings`; here real threads make many.
#[test]
fn threads_never_get_two_probes_at_once() {
    let settings = CircuitBreaker::new().minimum_calls(1).open_for(Duration::from_nanos(1));
    let breaker = Breaker::new(settings.longest_open(Duration::from_nanos(1)));
    let start = Instant::now();
    fail(&breaker, start);
    let (probes, probing) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for thread in 0..4 {
            let (breaker, probes, probing) = (&breaker, &probes, &probing);
            scope.spawn(move || {
                for step in 0..20_000_u64 {
                    let now = start + Duration::from_micros(step + 1);
                    let Ok(permit) = breaker.acquire(now) else { continue };
                    assert_eq!(probing.fetch_add(1, Ordering::SeqCst), 0);
                    probes.fetch_add(1, Ordering::Relaxed);
                    thread::yield_now();
                    probing.fetch_sub(1, Ordering::SeqCst);
                    match (step + thread) % 2 {
                        0 => permit.failed(now, &error()),
                        _ => drop(permit),
                    }
                }
            });
        }
    });
    assert!(probes.into_inner() > 0);
    succeed(&breaker, start + seconds(1));
    assert_eq!(status(&breaker, start + seconds(1)), BreakerStatus::Closed);
}

#[test]
fn outcomes_of_many_threads_are_all_counted() {
    let (breaker, now) = (Breaker::new(CircuitBreaker::new().failure_rate(0.9)), Instant::now());
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for step in 0..10_000 {
                    if step % 4 == 3 { fail(&breaker, now) } else { succeed(&breaker, now) }
                }
            });
        }
    });
    let state = breaker.state(now);
    assert_eq!((state.calls(), state.failures()), (40_000, 10_000));
}
