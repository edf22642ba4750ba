//! Threads that share a breaker, in many interleavings: the breaker's own source, compiled with the locks and atomics of
//! shuttle, which decides at each of them which thread runs next.
#![allow(dead_code, unreachable_pub, unused_imports, clippy::unwrap_used)]

#[path = "../src/policy/backoff.rs"]
mod backoff;
#[path = "../src/policy/breaker/mod.rs"]
mod breaker;
#[path = "../src/policy/window.rs"]
mod window;

/// Instead of `policy/sync.rs`.
mod sync {
    pub(crate) use shuttle::sync::{
        Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    };
}

use std::time::Duration;

use component_model_source::{ErrorKind, SourceError};
use shuttle::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};
use tokio::time::Instant;

use self::breaker::{Breaker, BreakerStatus, CircuitBreaker};

/// How many interleavings a test runs.
const RUNS: usize = 1000;
/// How often a scheduler that searches the rare ones switches threads at unusual places.
const SWITCHES: usize = 3;

fn error() -> SourceError {
    SourceError::new(ErrorKind::Unreachable, "connection refused")
}

/// A breaker that opens with the first failure.
fn breaker() -> Breaker {
    Breaker::new(CircuitBreaker::new().minimum_calls(1))
}

/// A breaker that lets a probe through at the returned time.
fn due() -> (Breaker, Instant) {
    let (breaker, now) = (breaker(), Instant::now());
    breaker.acquire(now).unwrap().failed(now, &error());
    (breaker, now + Duration::from_secs(5))
}

fn in_all_orders(test: impl Fn() + Send + Sync + Copy + 'static) {
    shuttle::check_random(test, RUNS);
    shuttle::check_pct(test, RUNS, SWITCHES);
}

#[test]
fn one_of_many_calls_is_the_probe() {
    in_all_orders(|| {
        let (breaker, now) = due();
        let probes = AtomicUsize::new(0);
        let call = || {
            if let Ok(permit) = breaker.acquire(now) {
                probes.fetch_add(1, Ordering::SeqCst);
                permit.failed(now, &error());
            }
        };
        thread::scope(|scope| (0..3).for_each(|_| drop(scope.spawn(call))));
        assert_eq!(probes.load(Ordering::SeqCst), 1);
        assert_eq!(breaker.state(now).status(), BreakerStatus::Open);
    });
}

#[test]
fn a_returned_permit_is_never_lost_and_never_doubled() {
    in_all_orders(|| {
        let (breaker, now) = due();
        let probing = AtomicUsize::new(0);
        let call = || {
            if let Ok(permit) = breaker.acquire(now) {
                assert_eq!(probing.fetch_add(1, Ordering::SeqCst), 0);
                probing.fetch_sub(1, Ordering::SeqCst);
                drop(permit);
            }
        };
        let calls = || (0..2).for_each(|_| call());
        thread::scope(|scope| (0..3).for_each(|_| drop(scope.spawn(calls))));
        breaker.acquire(now).unwrap().succeeded(now);
        assert_eq!(breaker.state(now).status(), BreakerStatus::Closed);
    });
}

#[test]
fn late_outcomes_neither_close_it_nor_open_it_again() {
    in_all_orders(|| {
        let (breaker, now) = (breaker(), Instant::now());
        let due = now + Duration::from_secs(5);
        let late = [(); 2].map(|()| breaker.acquire(now).unwrap());
        breaker.acquire(now).unwrap().failed(now, &error());
        thread::scope(|scope| {
            let [succeeds, fails] = late;
            scope.spawn(move || succeeds.succeeded(due));
            scope.spawn(move || fails.failed(due, &error()));
            scope.spawn(|| {
                let probe = breaker.acquire(due).unwrap();
                assert!(breaker.acquire(due).is_err());
                assert_eq!(breaker.state(due).status(), BreakerStatus::HalfOpen);
                probe.succeeded(due);
                assert_eq!(breaker.state(due).status(), BreakerStatus::Closed);
            });
        });
        let state = breaker.state(due);
        assert_eq!((state.status(), state.calls()), (BreakerStatus::Closed, 0));
    });
}

#[test]
fn a_call_counts_if_no_change_came_between() {
    in_all_orders(|| {
        let (breaker, now) = (breaker(), Instant::now());
        let succeed = || {
            if let Ok(permit) = breaker.acquire(now) {
                permit.succeeded(now);
            }
        };
        let force = || {
            breaker.force_open();
            assert!(breaker.acquire(now).is_err());
        };
        thread::scope(|scope| {
            scope.spawn(succeed);
            scope.spawn(succeed);
            scope.spawn(force);
        });
        assert_eq!(breaker.state(now).status(), BreakerStatus::ForcedOpen);
        breaker.automatic();
        succeed();
        assert_eq!(breaker.state(now).calls(), 1);
    });
}

#[test]
fn forced_closed_every_later_call_goes_through() {
    in_all_orders(|| {
        let (breaker, now) = due();
        let force = || {
            breaker.force_closed();
            drop(breaker.acquire(now).unwrap());
        };
        let fail = || match breaker.acquire(now) {
            Ok(permit) => permit.failed(now, &error()),
            Err(rejected) => assert_eq!(rejected.status, BreakerStatus::Open),
        };
        thread::scope(|scope| {
            scope.spawn(force);
            scope.spawn(fail);
        });
        assert_eq!(breaker.state(now).status(), BreakerStatus::ForcedClosed);
    });
}

#[test]
fn the_last_of_two_that_force_it_wins_for_all_calls() {
    in_all_orders(|| {
        let (breaker, now) = (breaker(), Instant::now());
        thread::scope(|scope| {
            scope.spawn(|| breaker.force_open());
            scope.spawn(|| breaker.force_closed());
        });
        let closed = breaker.state(now).status() == BreakerStatus::ForcedClosed;
        assert_eq!(breaker.acquire(now).is_ok(), closed);
    });
}
