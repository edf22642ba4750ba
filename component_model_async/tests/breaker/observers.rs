//! What observers receive, and what they may do.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, OnceLock, Weak},
};

use component_model_async::{BreakerCause, BreakerEvent, BreakerObserver};

use super::*;

fn observed(observer: impl Fn(&BreakerEvent) + Send + Sync + 'static) -> Breaker {
    breaker().named("consul", "10.0.0.7:8500").observe(BreakerObserver::new(observer))
}

#[test]
fn observers_receive_each_change_with_its_cause() {
    let events = Arc::new(Mutex::new(Vec::new()));
    let breaker = observed({
        let events = events.clone();
        move |event| events.lock().unwrap().push(event.clone())
    });
    let now = Instant::now();
    open(&breaker, now);
    let due = due(&breaker, now);
    assert!(breaker.acquire(now).is_err());
    fail(&breaker, due);
    let due = super::due(&breaker, due);
    drop(permit(&breaker, due));
    succeed(&breaker, due);
    breaker.force_open();
    breaker.force_open();
    breaker.force_closed();
    breaker.automatic();
    breaker.automatic();

    use BreakerStatus::{Closed, ForcedClosed, ForcedOpen, HalfOpen, Open};
    let expected = [
        (Closed, Open, BreakerCause::Failures { calls: 5, failures: 5 }),
        (Open, HalfOpen, BreakerCause::ProbeStarted),
        (HalfOpen, Open, BreakerCause::ProbeFailed),
        (Open, HalfOpen, BreakerCause::ProbeStarted),
        (HalfOpen, Closed, BreakerCause::ProbeSucceeded),
        (Closed, ForcedOpen, BreakerCause::Forced),
        (ForcedOpen, ForcedClosed, BreakerCause::Forced),
        (ForcedClosed, Closed, BreakerCause::Automatic),
    ];
    let events = events.lock().unwrap();
    let changes: Vec<_> = events.iter().map(|event| (event.from, event.to, event.cause)).collect();
    assert_eq!(changes, expected);
    assert!(events.iter().map(|event| event.number).eq(1..=8));
    assert_eq!((&events[0].source[..], &events[0].endpoint[..]), ("consul", "10.0.0.7:8500"));
    assert_eq!(events[0].last_error.as_deref(), Some("connection refused"));
}

#[test]
fn an_event_is_data() {
    let text = Arc::new(Mutex::new(String::new()));
    let breaker = observed({
        let text = text.clone();
        move |event| *text.lock().unwrap() = serde_json::to_string(event).unwrap()
    });
    open(&breaker, Instant::now());
    let text = text.lock().unwrap();
    let expected = r#"{"source":"consul","endpoint":"10.0.0.7:8500","from":"closed","to":"open","cause":{"failures":{"calls":5,"failures":5}},"last_error":"connection refused","number":1}"#;
    assert_eq!(*text, expected);
    assert_eq!(serde_json::from_str::<BreakerEvent>(&text).unwrap().to, BreakerStatus::Open);
}

#[test]
fn an_observer_may_use_the_breaker() {
    let own = Arc::new(OnceLock::<Weak<Breaker>>::new());
    let breaker = Arc::new(observed({
        let own = own.clone();
        move |event| {
            let breaker = own.get().and_then(Weak::upgrade).unwrap();
            assert_eq!(status(&breaker, Instant::now()), event.to);
            if event.to == BreakerStatus::Open {
                breaker.force_closed();
                succeed(&breaker, Instant::now());
            }
        }
    }));
    own.set(Arc::downgrade(&breaker)).unwrap();
    let now = Instant::now();
    (0..5).for_each(|_| fail(&breaker, now));
    assert_eq!(status(&breaker, now), BreakerStatus::ForcedClosed);
}

#[test]
fn a_panic_of_an_observer_leaves_the_breaker_as_it_should_be() {
    let breaker = observed(|event| panic!("on purpose, at {:?}", event.to));
    let now = Instant::now();
    let panics = |act: &dyn Fn()| assert!(catch_unwind(AssertUnwindSafe(act)).is_err());

    (0..4).for_each(|_| fail(&breaker, now));
    panics(&|| fail(&breaker, now));
    assert_eq!(status(&breaker, now), BreakerStatus::Open);
    let due = due(&breaker, now);
    // The probe's permit is lost with the panic, and returned.
    panics(&|| drop(breaker.acquire(due)));
    assert_eq!(breaker.state(due).next_probe(), Some(Duration::ZERO));
    panics(&|| succeed(&breaker, due));
    assert_eq!(status(&breaker, due), BreakerStatus::Closed);
    succeed(&breaker, due);
    assert_eq!(breaker.state(due).calls(), 1);
}
