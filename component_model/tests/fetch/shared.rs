//! What a call does that several components wait for, each as long as its own timeout says. On a paused clock.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use component_model::{
    Answer, Asked, KeyQuery, Memory, Policies, Reply, Request, RequestSpec, Source, SourceError, Sources, Value,
    prelude::*,
};
use tokio::time::{Instant, sleep};

use super::support::Slow;

#[derive(Debug, AsyncAssign)]
struct Two {
    #[component(fetch_from = "slow", timeout = "1s", fallback = "gave up")]
    hasty: String,
    #[component(fetch_from = "slow", timeout = "5s", fallback = "gave up")]
    patient: String,
}

async fn two(slow: &Slow) -> (String, String, Duration) {
    let sources = Sources::builder().source("slow", slow.clone()).build();
    let started = Instant::now();
    let two = Two::fetch_all_components_from(&sources).await.unwrap();
    (two.hasty, two.patient, started.elapsed())
}

#[tokio::test(start_paused = true)]
async fn components_with_different_timeouts_share_a_call_and_each_leaves_at_its_own() {
    let slow = Slow::taking(Duration::from_secs(3)).grouped();
    let (hasty, patient, elapsed) = two(&slow).await;
    assert_eq!((hasty.as_str(), patient.as_str()), ("gave up", "patient"));
    assert_eq!((slow.calls(), elapsed), (1, Duration::from_secs(3)));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_quick_enough_for_all_is_answered_to_all() {
    let slow = Slow::taking(Duration::from_millis(999)).grouped();
    let (hasty, patient, _) = two(&slow).await;
    assert_eq!((hasty.as_str(), patient.as_str(), slow.calls()), ("hasty", "patient", 1));
}

#[tokio::test(start_paused = true)]
async fn the_last_component_that_waits_drops_the_call() {
    let slow = Slow::taking(Duration::from_secs(60)).grouped();
    let (hasty, patient, elapsed) = two(&slow).await;
    assert_eq!((hasty.as_str(), patient.as_str()), ("gave up", "gave up"));
    assert_eq!((slow.calls(), slow.running(), elapsed), (1, 0, Duration::from_secs(5)));
}

#[tokio::test(start_paused = true)]
async fn the_report_says_how_long_each_waited_and_counts_the_call_once() {
    let slow = Slow::taking(Duration::from_secs(3)).grouped();
    let sources = Sources::builder().source("slow", slow).build();
    let report = Two::fetch().sources(&sources).report().await.unwrap().report;
    let elapsed = ["hasty", "patient"].map(|field| report.entry(field).unwrap().elapsed());
    assert_eq!(elapsed, [Duration::from_secs(1), Duration::from_secs(3)]);
    let [call] = report.calls() else { panic!("{report:?}") };
    assert_eq!((call.elapsed(), call.components(), call.attempts()), (Duration::from_secs(3), 2, 1));
    assert!(report.entry("hasty").unwrap().problem().unwrap().message().contains("no answer within 1 s"));
}

#[tokio::test(start_paused = true)]
async fn a_component_that_joins_a_call_later_waits_for_its_own_time() {
    #[derive(Debug, AsyncAssign)]
    struct Late {
        #[component(fetch_from = "slow", timeout = "3s", fallback = "gave up")]
        early: String,
        // The first layer answers after 2 s that it has nothing.
        #[component(fetch_from = ["empty", "slow"], timeout = "3s")]
        late: String,
    }
    let (slow, empty) =
        (Slow::taking(Duration::from_secs(4)).grouped(), Slow::taking(Duration::from_secs(2)).grouped());
    struct Empty(Slow);
    impl Source for Empty {
        type Query = KeyQuery;
        fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
            Request::by_key(spec)
        }
        async fn fetch(&self, asked: Asked<'_, KeyQuery>) -> Answer {
            self.0.fetch(asked).await.map(|_| Reply::ABSENT)
        }
    }
    let sources = Sources::builder().source("slow", slow.clone()).source("empty", Empty(empty)).build();
    let started = Instant::now();
    let fetched = Late::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!((fetched.early.as_str(), fetched.late.as_str()), ("gave up", "late"));
    assert_eq!((slow.calls(), started.elapsed()), (1, Duration::from_secs(4)));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_everybody_gave_up_is_sent_again_for_who_needs_it_later() {
    #[derive(Debug, AsyncAssign)]
    struct Again {
        #[component(fetch_from = "slow", timeout = "1s", fallback = "gave up")]
        early: String,
        #[component(fetch_from = ["empty", "slow"], timeout = "10s")]
        late: String,
    }
    #[derive(Clone)]
    struct Empty;
    impl Source for Empty {
        type Query = KeyQuery;
        fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
            Request::by_key(spec)
        }
        async fn fetch(&self, _: Asked<'_, KeyQuery>) -> Answer {
            sleep(Duration::from_secs(2)).await;
            Ok(Reply::ABSENT)
        }
    }
    let slow = Slow::taking(Duration::from_secs(4)).grouped();
    let sources = Sources::builder().source("slow", slow.clone()).source("empty", Empty).build();
    let started = Instant::now();
    let fetched = Again::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!((fetched.early.as_str(), fetched.late.as_str()), ("gave up", "late"));
    assert_eq!((slow.calls(), started.elapsed()), (2, Duration::from_secs(6)));
}

#[tokio::test(start_paused = true)]
async fn the_answer_of_another_request_does_not_prolong_a_wait() {
    /// Each key is a call of its own, which takes so many seconds.
    #[derive(Clone)]
    struct Seconds;
    impl Source for Seconds {
        type Query = KeyQuery;
        fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
            Request::by_key(spec)
        }
        async fn fetch(&self, asked: Asked<'_, KeyQuery>) -> Answer {
            sleep(Duration::from_secs(asked.query().key().parse().unwrap())).await;
            Ok(Value::text("there").into())
        }
    }
    #[derive(Debug, AsyncAssign)]
    struct Many {
        #[component(fetch_from = "seconds", key = "1", timeout = "60s")]
        _one: String,
        #[component(fetch_from = "seconds", key = "2", timeout = "60s")]
        _two: String,
        #[component(fetch_from = "seconds", key = "3600", timeout = "3s", fallback = "gave up")]
        never: String,
    }
    let sources = Sources::builder().source("seconds", Seconds).build();
    let started = Instant::now();
    let many = Many::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!((many.never.as_str(), started.elapsed()), ("gave up", Duration::from_secs(3)));
}

#[tokio::test(start_paused = true)]
async fn the_attribute_s_timeout_goes_before_the_registration_s_and_that_before_the_default() {
    #[derive(Debug, AsyncAssign)]
    struct Three {
        #[component(fetch_from = "mine", timeout = "1s", fallback = "x")]
        _attribute: String,
        #[component(fetch_from = "mine", fallback = "x")]
        _registration: String,
        #[component(fetch_from = "other", fallback = "x")]
        _default: String,
    }
    let never = || Slow::taking(Duration::from_secs(3600)).grouped();
    let sources = Sources::builder()
        .policies("mine", Policies::new().timeout(Duration::from_secs(7)))
        .source("mine", never())
        .source("other", never())
        .build();
    let report = Three::fetch().sources(&sources).report().await.unwrap().report;
    let elapsed: Vec<_> = report.entries().map(|entry| entry.elapsed().as_secs()).collect();
    assert_eq!(elapsed, [1, 7, 2]);
}

#[tokio::test(start_paused = true)]
async fn the_longest_timeout_there_is_waits_for_the_deadline() {
    #[derive(Debug, AsyncAssign)]
    struct Patient {
        #[component(fetch_from = "slow")]
        _value: String,
    }
    let sources = Sources::builder()
        .source("slow", Slow::taking(Duration::from_secs(1 << 30)).grouped())
        .policies("slow", Policies::new().timeout(Duration::MAX))
        .build();
    let fetch = Patient::fetch().sources(&sources).deadline(Duration::from_secs(9));
    assert!(fetch.await.unwrap_err()[0].to_string().contains("the fetch did not end within 9 s"));
}

#[tokio::test(start_paused = true)]
async fn a_wait_without_end_goes_on_when_that_of_another_component_is_over() {
    #[derive(Debug, AsyncAssign)]
    struct Both {
        #[component(fetch_from = "quick")]
        _quick: String,
        #[component(fetch_from = "endless")]
        endless: String,
    }
    // The first timeout passes while the second source is still to answer.
    let sources = Sources::builder()
        .source("quick", Slow::taking(Duration::from_secs(1)).grouped())
        .source("endless", Slow::taking(Duration::from_secs(10)).grouped())
        .policies("endless", Policies::new().timeout(Duration::MAX))
        .build();
    let both = tokio::time::timeout(Duration::from_secs(60), Both::fetch_all_components_from(&sources)).await;
    assert_eq!(both.unwrap().unwrap().endless, "endless");
}

/// Counts how often it binds; a clone counts with it.
#[derive(Clone, Default)]
struct CountsBinds(Arc<AtomicUsize>);

impl Source for CountsBinds {
    type Query = KeyQuery;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Request::by_key(spec)
    }

    async fn fetch(&self, asked: Asked<'_, KeyQuery>) -> Answer {
        Ok(Value::text(asked.query().key()).into())
    }
}

#[tokio::test]
async fn a_plan_is_bound_once_for_all_fetches_from_the_same_sources() {
    #[derive(Debug, AsyncAssign)]
    struct One {
        #[component(fetch_from = "counts")]
        _a: String,
        #[component(fetch_from = "counts", key = "_a")]
        _same: String,
    }
    #[derive(Debug, AsyncAssign)]
    struct Other {
        #[component(fetch_from = "counts")]
        _c: String,
    }
    let counts = CountsBinds::default();
    let binds = || counts.0.load(Ordering::SeqCst);
    let new = || Sources::builder().source("counts", counts.clone()).build();
    let sources = new();
    assert_eq!(binds(), 0, "registering binds nothing");
    for _ in 0..3 {
        One::fetch_all_components_from(&sources).await.unwrap();
        One::fetch().sources(&sources.clone()).report().await.unwrap();
    }
    futures_util::future::join_all((0..10).map(|_| One::fetch_all_components_from(&sources))).await;
    assert_eq!(binds(), 2, "once for each of the two components");
    Other::fetch_all_components_from(&sources).await.unwrap();
    Other::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!(binds(), 3, "another plan");
    One::fetch_all_components_from(&new()).await.unwrap();
    assert_eq!(binds(), 5, "other sources");
}

#[tokio::test]
async fn policies_of_a_name_that_is_not_registered_are_found() {
    let sources = Sources::builder()
        .source("settings", Memory::new([("a", "1")]))
        .policies("setings", Policies::new().timeout(Duration::from_secs(1)))
        .build();
    let state = sources.state();
    let problem = state.source("setings").unwrap().problem().unwrap();
    assert_eq!(problem.hint(), Some("did you mean `settings`?"));
    assert!(state.source("settings").unwrap().problem().is_none());
}
