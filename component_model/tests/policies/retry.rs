//! What is attempted again, when, and for whom.

use std::time::Duration;

use component_model::{
    BoxFuture, ErrorKind, Outcome, Policies, RetryBudget, SourceError,
    prelude::*,
    test_util::{Script, Scripted},
};
use tokio::time::Instant;

use super::{sources, with};

#[derive(Debug, AsyncAssign)]
struct Retried {
    #[component(fetch_from = "remote", retry_attempts = "3")]
    port: u16,
}

#[derive(Debug, AsyncAssign)]
struct Plain {
    #[component(fetch_from = "remote")]
    port: u16,
}

fn failing(kinds: &[ErrorKind]) -> Scripted {
    let failures = kinds.iter().map(|kind| Script::fails(*kind));
    Scripted::new().answers("port", failures.chain([Script::value(8080)]))
}

#[tokio::test(start_paused = true)]
async fn what_failed_for_a_while_is_attempted_again() {
    let remote = failing(&[ErrorKind::Unavailable, ErrorKind::Unreachable]);
    let fetched = Retried::fetch().sources(&sources(&remote)).report().await.unwrap();
    let entry = fetched.report.entry("port").unwrap();
    assert_eq!((fetched.value.port, entry.outcome(), entry.attempts()), (8080, Outcome::Fetched, 3));
    assert_eq!((remote.calls(), fetched.report.calls()[0].attempts()), (3, 3));
}

#[tokio::test(start_paused = true)]
async fn attempts_are_spent_and_the_error_counts_them() {
    let remote = failing(&[ErrorKind::Unavailable; 5]);
    let errors = Retried::fetch().sources(&sources(&remote)).value().await.unwrap_err();
    assert_eq!((errors[0].kind(), errors[0].attempts(), remote.calls()), (ErrorKind::Unavailable, 3, 3));
}

#[tokio::test(start_paused = true)]
async fn what_does_not_heal_is_attempted_once() {
    for kind in [ErrorKind::Denied, ErrorKind::Malformed, ErrorKind::TooLarge, ErrorKind::Absent, ErrorKind::Other] {
        let remote = failing(&[kind]);
        let errors = Retried::fetch().sources(&sources(&remote)).value().await.unwrap_err();
        assert_eq!((errors[0].kind(), remote.calls()), (kind, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_foreign_error_says_whether_it_is_transient() {
    let transient = SourceError::new(ErrorKind::Other, "the leader is being elected").with_transience(true);
    let permanent = SourceError::new(ErrorKind::Unavailable, "retired").with_transience(false);
    for (error, calls) in [(transient, 2), (permanent, 1)] {
        let remote = Scripted::new().answers("port", [Script::error(error), Script::value(8080)]);
        let _ = Retried::fetch().sources(&sources(&remote)).value().await;
        assert_eq!(remote.calls(), calls);
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_retried_unless_somebody_asks_for_it() {
    let remote = failing(&[ErrorKind::Unavailable]);
    Plain::fetch().sources(&sources(&remote)).value().await.unwrap_err();
    assert_eq!(remote.calls(), 1);

    let remote = failing(&[ErrorKind::Unavailable; 2]);
    let config = Plain::fetch().sources(&sources(&remote)).resilient().await.unwrap();
    assert_eq!((config.port, remote.calls()), (8080, 3));

    let remote = failing(&[ErrorKind::Unavailable]);
    Plain::fetch().sources(&with(&remote, Policies::new().retry_attempts(2))).value().await.unwrap();
    assert_eq!(remote.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_attribute_precedes_the_registration_which_precedes_the_mode() {
    let remote = failing(&[ErrorKind::Unavailable; 9]);
    let once = with(&remote, Policies::new().retry_attempts(1));
    Plain::fetch().sources(&once).resilient().value().await.unwrap_err();
    assert_eq!(remote.calls(), 1);
    Retried::fetch().sources(&once).resilient().value().await.unwrap_err();
    assert_eq!(remote.calls(), 1 + 3);
}

#[tokio::test(start_paused = true)]
async fn pauses_grow_within_their_bounds() {
    #[derive(Debug, AsyncAssign)]
    struct Patient {
        #[component(fetch_from = "remote", retry_attempts = 6, retry_backoff = "1s", retry_max_backoff = "4s")]
        port: u16,
    }
    let mut longest = [Duration::ZERO; 5];
    for _ in 0..50 {
        let remote = failing(&[ErrorKind::Unavailable; 5]);
        let sources = with(&remote, Policies::new().retry_budget(RetryBudget::unlimited()));
        Patient::fetch().sources(&sources).value().await.unwrap();
        let asked = remote.asked_at("port");
        for (pair, longest) in asked.windows(2).zip(&mut longest) {
            *longest = (*longest).max(pair[1] - pair[0]);
        }
    }
    for (longest, bound) in longest.into_iter().zip([1, 2, 4, 4, 4]) {
        let bound = Duration::from_secs(bound);
        // Full jitter: of 50 pauses one is in the upper half, and none is beyond the bound but for a timer's millisecond.
        assert!(bound / 2 < longest && longest <= bound + Duration::from_millis(1), "{longest:?} of {bound:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_that_asks_for_time_gets_it() {
    let wait = Duration::from_secs(7);
    let throttled = Script::fails(ErrorKind::Throttled).retry_after(wait);
    let remote = Scripted::new().answers("port", [throttled, Script::value(8080)]);
    Retried::fetch().sources(&sources(&remote)).value().await.unwrap();
    let asked = remote.asked_at("port");
    assert!(asked[1] - asked[0] >= wait);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_asks_for_too_much_time_is_not_asked_again() {
    let throttled = |wait| Scripted::new().answers("port", [Script::fails(ErrorKind::Throttled).retry_after(wait)]);
    let began = Instant::now();
    let remote = throttled(Duration::from_secs(3600));
    let errors = Retried::fetch().sources(&sources(&remote)).value().await.unwrap_err();
    assert_eq!((errors[0].kind(), remote.calls()), (ErrorKind::Throttled, 1));

    // Beyond the deadline it is of no use either.
    let remote = throttled(Duration::from_secs(5));
    let fetch = Retried::fetch().sources(&sources(&remote)).deadline(Duration::from_secs(3));
    assert_eq!(fetch.value().await.unwrap_err()[0].kind(), ErrorKind::Throttled);
    assert_eq!((remote.calls(), began.elapsed()), (1, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn every_attempt_has_its_own_timeout() {
    #[derive(Debug, AsyncAssign)]
    struct Impatient {
        #[component(fetch_from = "remote", retry_attempts = 3, timeout = "1s", retry_backoff = "1ms")]
        port: u16,
    }
    let remote = Scripted::new().answers("port", [Script::hangs()]);
    let began = Instant::now();
    let errors = Impatient::fetch().sources(&sources(&remote)).value().await.unwrap_err();
    assert_eq!((errors[0].kind(), errors[0].attempts(), remote.calls()), (ErrorKind::Timeout, 3, 3));
    assert!(began.elapsed() >= Duration::from_secs(3) && began.elapsed() < Duration::from_millis(3010));
    assert_eq!(remote.dropped(), 3, "no attempt is left behind");

    let remote = Scripted::new().answers("port", [Script::hangs(), Script::value(8080)]);
    assert_eq!(Impatient::fetch().sources(&sources(&remote)).value().await.unwrap().port, 8080);
}

#[derive(Debug, AsyncAssign)]
struct Mixed {
    #[component(fetch_from = "remote", key = "shared", retry_attempts = 4, retry_backoff = "1ms")]
    patient: u16,
    #[component(fetch_from = "remote", key = "shared", fallback = 1)]
    once: u16,
}

#[tokio::test(start_paused = true)]
async fn components_that_share_a_request_leave_when_their_own_attempts_are_spent() {
    let failures = [Script::fails(ErrorKind::Unavailable), Script::fails(ErrorKind::Unavailable), Script::value(2)];
    let remote = Scripted::new().answers("shared", failures);
    let fetched = Mixed::fetch().sources(&sources(&remote)).report().await.unwrap();
    assert_eq!((fetched.value.patient, fetched.value.once), (2, 1));
    let attempts = |name| fetched.report.entry(name).unwrap().attempts();
    assert_eq!((attempts("patient"), attempts("once"), remote.calls()), (3, 1, 3));
}

#[tokio::test(start_paused = true)]
async fn components_that_share_a_request_with_other_timeouts_do_not_split_it() {
    #[derive(Debug, AsyncAssign)]
    struct Timeouts {
        #[component(fetch_from = "remote", key = "shared", timeout = "1s", retry_attempts = 2, fallback = 1)]
        short: u16,
        #[component(fetch_from = "remote", key = "shared", timeout = "5s")]
        long: u16,
    }
    // The short one has two attempts of a second each, and leaves after two seconds.
    let remote = Scripted::new().answers("shared", [Script::value(2).after(Duration::from_secs(3))]);
    let fetched = Timeouts::fetch().sources(&sources(&remote)).report().await.unwrap();
    assert_eq!((fetched.value.short, fetched.value.long, remote.calls()), (1, 2, 1));
    let entry = fetched.report.entry("short").unwrap();
    assert_eq!((entry.elapsed(), entry.attempts()), (Duration::from_secs(2), 2));

    // An answer within its two attempts is for both.
    let remote = Scripted::new().answers("shared", [Script::value(2).after(Duration::from_millis(1500))]);
    let config = Timeouts::fetch().sources(&sources(&remote)).value().await.unwrap();
    assert_eq!((config.short, config.long, remote.calls()), (2, 2, 1));
}

#[derive(Debug, AsyncAssign)]
struct Group {
    #[component(fetch_from = "remote", retry_attempts = 3, retry_backoff = "1ms")]
    first: u16,
    #[component(fetch_from = "remote", retry_attempts = 3, retry_backoff = "1ms")]
    second: u16,
}

#[tokio::test(start_paused = true)]
async fn only_what_failed_of_a_group_is_asked_again() {
    let remote = Scripted::new()
        .grouped()
        .answers("first", [Script::value(1)])
        .answers("second", [Script::fails(ErrorKind::Unavailable), Script::value(2)]);
    let config = Group::fetch().sources(&sources(&remote)).value().await.unwrap();
    assert_eq!((config.first, config.second), (1, 2));
    assert_eq!((remote.asked("first"), remote.asked("second"), remote.calls()), (1, 2, 2));
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_not_multiplied() {
    let remote = Scripted::new().answers("port", [Script::fails(ErrorKind::Unavailable)]);
    let sources = sources(&remote);
    for _ in 0..100 {
        Retried::fetch().sources(&sources).value().await.unwrap_err();
    }
    // 100 requests within a few seconds: a fifth of them, and not 200 retries.
    assert!((110..=121).contains(&remote.calls()), "{} calls", remote.calls());
}

#[tokio::test(start_paused = true)]
async fn dropping_a_fetch_in_a_pause_leaves_nothing() {
    let remote = failing(&[ErrorKind::Unavailable; 9]);
    let sources = sources(&remote);
    let fetch = Retried::fetch().sources(&sources).value();
    tokio::time::timeout(Duration::from_millis(1), fetch).await.ok();
    let calls = remote.calls();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!((remote.calls(), remote.in_flight()), (calls, 0));
}

#[tokio::test(start_paused = true)]
async fn a_component_that_goes_on_does_not_keep_an_attempt_from_being_repeated() {
    #[derive(Debug, AsyncAssign)]
    struct Timeouts {
        #[component(fetch_from = "remote", key = "shared", timeout = "2s", retry_attempts = 3, retry_backoff = "1ms")]
        often: u16,
        #[component(fetch_from = "remote", key = "shared", timeout = "5s", fallback = 1)]
        long: u16,
    }
    let remote = Scripted::new().answers("shared", [Script::hangs(), Script::value(2)]);
    let config = Timeouts::fetch().sources(&sources(&remote)).value().await.unwrap();
    assert_eq!((config.often, config.long, remote.calls()), (2, 1, 2));
}

#[tokio::test(start_paused = true)]
async fn a_timeout_beyond_all_time_is_as_good_as_none() {
    #[derive(Debug, AsyncAssign)]
    struct Endless {
        #[component(fetch_from = "remote", key = "shared", timeout = "500000000000h")]
        endless: u16,
        #[component(fetch_from = "remote", key = "shared", timeout = "1s", retry_attempts = 2, fallback = 1)]
        short: u16,
    }
    let remote = Scripted::new().answers("shared", [Script::value(2).after(Duration::from_secs(60))]);
    let config = Endless::fetch().sources(&sources(&remote)).value().await.unwrap();
    assert_eq!((config.endless, config.short, remote.calls()), (2, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn an_error_says_that_the_budget_is_spent() {
    let none = Policies::new().retry_budget(RetryBudget::new().percent(0).floor(0));
    for (remote, attempts) in
        [(failing(&[ErrorKind::Unavailable]), 1), (Scripted::new().answers("port", [Script::hangs()]), 1)]
    {
        let errors = Retried::fetch().sources(&with(&remote, none.clone())).value().await.unwrap_err();
        assert_eq!((errors[0].attempts(), remote.calls()), (attempts, 1));
        let expected = ", not tried again: the budget of retries of `remote` is spent";
        assert!(errors[0].to_string().ends_with(&format!("{expected})")), "{}", errors[0]);
        assert!(
            errors.to_string().lines().any(|line| line.starts_with("  after    1 attempt") && line.ends_with(expected)),
            "{errors}"
        );
    }
    // Neither if all attempts were made, nor if there was only one to make.
    let all = Retried::fetch().sources(&sources(&failing(&[ErrorKind::Unavailable; 5]))).value().await.unwrap_err();
    let one = Plain::fetch().sources(&with(&failing(&[ErrorKind::Unavailable]), none)).value().await.unwrap_err();
    for errors in [all, one] {
        assert!(!errors.to_string().contains("not tried again"), "{errors}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_longest_pause_that_a_source_asks_for_holds_for_all_of_a_call() {
    #[derive(Debug, AsyncAssign)]
    struct Group {
        #[component(fetch_from = "remote", retry_attempts = 2)]
        one: u16,
        #[component(fetch_from = "remote", retry_attempts = 2)]
        other: u16,
    }
    for (one, other) in [(1, 3), (3, 1)] {
        let throttled = |wait| Script::fails(ErrorKind::Throttled).retry_after(Duration::from_secs(wait));
        let remote = Scripted::new()
            .grouped()
            .answers("one", [throttled(one), Script::value(1)])
            .answers("other", [throttled(other), Script::value(2)]);
        let began = tokio::time::Instant::now();
        let group = Group::fetch().sources(&sources(&remote)).value().await.unwrap();
        assert_eq!((group.one, group.other), (1, 2));
        assert!(began.elapsed() >= Duration::from_secs(3), "{:?}", began.elapsed());
    }
}

/// The budget bounds what is sent: many who wait for one attempt repeat it once.
#[tokio::test(start_paused = true)]
async fn one_failure_that_many_fetches_share_costs_the_budget_one_retry() {
    #[derive(Debug, AsyncAssign)]
    struct Cached {
        #[component(fetch_from = "remote", ttl = "1m", retry_attempts = 3)]
        port: u16,
    }
    let remote = Scripted::new().answers(
        "port",
        [
            Script::fails(ErrorKind::Unavailable).after(Duration::from_millis(200)),
            Script::value(8080).after(Duration::from_millis(200)),
        ],
    );
    let sources = sources(&remote);
    let fetches = (0..1000).map(|_| Cached::fetch().sources(&sources).value());
    let fetched = futures_util::future::join_all(fetches).await;
    assert!(fetched.into_iter().all(|config| config.is_ok_and(|config| config.port == 8080)));
    assert_eq!(remote.calls(), 2);
    // Nothing of the budget is spent but that one.
    remote.set("port", [Script::fails(ErrorKind::Unavailable), Script::value(9090)]);
    sources.cache().invalidate_all();
    assert_eq!(Cached::fetch().sources(&sources).value().await.unwrap().port, 9090);
}

/// A source that gives a number away, and none twice.
struct Tickets(std::sync::atomic::AtomicU32);

impl component_model::Source for Tickets {
    type Query = component_model::KeyQuery;

    fn bind(
        &self,
        spec: &component_model::RequestSpec<'_>,
    ) -> Result<component_model::Request<Self::Query>, SourceError> {
        let request = component_model::Request::by_key(spec)?;
        Ok(if request.query().key() == "next" { request.once() } else { request })
    }

    async fn fetch(&self, _: component_model::Asked<'_, Self::Query>) -> component_model::Answer {
        self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(100)).await;
        Err(SourceError::new(ErrorKind::Unavailable, "sold out"))
    }
}

#[tokio::test(start_paused = true)]
async fn what_must_not_be_repeated_is_neither_retried_nor_hedged() {
    #[derive(Debug, AsyncAssign)]
    struct Next {
        #[component(fetch_from = "remote", retry_attempts = 3)]
        next: u32,
    }
    #[derive(Debug, AsyncAssign)]
    struct Other {
        #[component(fetch_from = "remote", retry_attempts = 3)]
        other: u32,
    }
    let policies = || Policies::new().hedge(component_model::Hedge::after(Duration::from_millis(20)));
    let asked = async |of: fn(Sources) -> BoxFuture<'static, u32>| {
        let tickets = std::sync::Arc::new(Tickets(0.into()));
        let sources = Sources::builder().source("remote", std::sync::Arc::clone(&tickets));
        let attempts = of(sources.policies("remote", policies()).build()).await;
        (attempts, tickets.0.load(std::sync::atomic::Ordering::SeqCst))
    };
    let next = |sources: Sources| -> BoxFuture<'static, u32> {
        Box::pin(async move { Next::fetch().resilient().sources(&sources).value().await.unwrap_err()[0].attempts() })
    };
    let other = |sources: Sources| -> BoxFuture<'static, u32> {
        Box::pin(async move { Other::fetch().sources(&sources).value().await.unwrap_err()[0].attempts() })
    };
    assert_eq!((asked(next).await, asked(other).await), ((1, 1), (3, 6)));
}
