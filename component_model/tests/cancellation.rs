//! Dropping a fetch or a chain at any await leaves nothing behind: no request, no half-assigned struct, no broken source.
#![cfg(feature = "async")]

use std::{
    future::{Future, IntoFuture},
    num::NonZeroU64,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
};

use component_model::{Answer, Asked, KeyQuery, Reply, Request, RequestSpec, Source, SourceError, Value, prelude::*};

/// Pending once. Wakes at once, so that a hand-held poll goes on.
async fn yield_once() {
    let mut yielded = false;
    std::future::poll_fn(|context| {
        context.waker().wake_by_ref();
        if std::mem::replace(&mut yielded, true) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// Answers after `steps` polls, and counts the requests that are under way.
#[derive(Clone)]
struct Stepping {
    steps: usize,
    running: Arc<AtomicUsize>,
    begun: Arc<AtomicUsize>,
}

struct Running(Arc<AtomicUsize>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Stepping {
    fn new(steps: usize) -> Self {
        Self { steps, running: Arc::default(), begun: Arc::default() }
    }

    async fn step(&self) {
        self.begun.fetch_add(1, Ordering::SeqCst);
        self.running.fetch_add(1, Ordering::SeqCst);
        let _running = Running(Arc::clone(&self.running));
        for _ in 0..self.steps {
            yield_once().await;
        }
    }

    fn running(&self) -> usize {
        self.running.load(Ordering::SeqCst)
    }
}

impl Source for Stepping {
    type Query = KeyQuery;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
        Request::by_key(spec)
    }

    async fn fetch(&self, asked: Asked<'_, KeyQuery>) -> Answer {
        self.step().await;
        Ok(match asked.query().key() {
            "absent" => Reply::ABSENT,
            _ => Value::text("7").into(),
        })
    }
}

impl ComponentFetcher<u16> for Stepping {
    type Error = SourceError;

    async fn fetch_component(&self) -> Result<u16, SourceError> {
        self.step().await;
        Ok(7)
    }
}

#[derive(Debug, Default, PartialEq, AsyncAssign)]
struct Three {
    #[component(fetch_from = "a")]
    first: Option<NonZeroU64>,
    #[component(fetch_from = [b(key = "absent"), a(key = "absent")], fallback = 9)]
    second: u16,
    #[component(fetch_from = "b", timeout = "1s")]
    third: String,
}

fn sources() -> (Sources, Stepping, Stepping) {
    let (a, b) = (Stepping::new(2), Stepping::new(5));
    (Sources::builder().source("a", a.clone()).source("b", b.clone()).build(), a, b)
}

/// Polls a future `polls` times and drops it; says whether it was ready before.
fn drop_after<F: Future>(polls: usize, future: F) -> bool {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    (0..polls).any(|_| future.as_mut().poll(&mut context).is_ready())
}

#[tokio::test]
async fn a_fetch_that_is_dropped_at_any_await_leaves_no_request_and_the_next_one_succeeds() {
    let (sources, a, b) = sources();
    let mut polls = 0;
    let mut seen_running = 0;
    while !drop_after(polls, async {
        let mut fetch = pin!(Three::fetch_all_components_from(&sources));
        std::future::poll_fn(|context| {
            let polled = fetch.as_mut().poll(context);
            seen_running = seen_running.max(a.running() + b.running());
            polled
        })
        .await
    }) {
        assert_eq!((a.running(), b.running()), (0, 0), "after {polls} polls");
        polls += 1;
        assert!(polls < 100, "the fetch never ends");
    }
    assert!(polls > 5, "the fetch was dropped at every one of its awaits: {polls}");
    assert!(seen_running >= 2, "requests ran side by side: {seen_running}");
    let three = Three::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!(three, Three { first: NonZeroU64::new(7), second: 9, third: "7".into() });
}

#[tokio::test]
async fn a_dropped_fetch_sends_nothing_before_it_is_polled() {
    let (sources, a, b) = sources();
    drop(Three::fetch_all_components_from(&sources));
    assert_eq!(a.begun.load(Ordering::SeqCst) + b.begun.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_chain_that_is_dropped_at_any_await_leaves_the_struct_as_it_was() {
    let stepping = Stepping::new(4);
    let mut polls = 0;
    loop {
        let mut three = Three::default();
        let chain = three.async_assign(NonZeroU64::new(5)).async_assign(stepping.clone()).async_assign("x");
        if drop_after(polls, chain.into_future()) {
            assert_eq!(three, Three { first: NonZeroU64::new(5), second: 7, third: "x".into() });
            break;
        }
        assert_eq!((stepping.running(), three), (0, Three::default()), "after {polls} polls");
        polls += 1;
        assert!(polls < 100, "the chain never ends");
    }
    assert!(polls > 4, "the chain was dropped at every one of its awaits: {polls}");
}

#[tokio::test]
async fn a_future_assignment_that_is_dropped_leaves_the_struct_as_it_was() {
    let mut three = Three::default();
    assert!(!drop_after(3, three.future_assign(Stepping::new(4))));
    assert_eq!(three, Three::default());
    assert!(drop_after(
        2,
        three.future_assign(async {
            yield_once().await;
            Ok::<_, SourceError>(NonZeroU64::new(3))
        })
    ));
    assert_eq!(three.first, NonZeroU64::new(3));
}

#[tokio::test]
async fn a_failing_chain_assigns_nothing() {
    let mut three = Three::default();
    let failing = async { Err::<Option<NonZeroU64>, _>(std::io::Error::other("no")) };
    let error = three.async_assign(6u16).async_assign(failing).await.unwrap_err();
    assert_eq!(error.component().as_deref(), Some("Three.first"));
    assert_eq!(three, Three::default());
    let errors =
        Three::default().async_assign(6u16).async_assign(Err::<Option<NonZeroU64>, _>("no")).build().await.unwrap_err();
    assert_eq!(errors.len(), 1);
}
