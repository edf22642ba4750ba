//! Components that come late to a request of their own fetch, and requests that are stuck in another one.

use std::time::Duration;

use component_model::{
    BreakerStatus, CircuitBreaker, ErrorKind, Policies,
    prelude::*,
    test_util::{Script, Scripted},
};
use tokio::time::{Instant, sleep, timeout};

const MS: Duration = Duration::from_millis(1);

fn two(source: &Scripted, slow: Scripted) -> Sources {
    Sources::builder().source("s", source.clone()).source("slow", slow).build()
}

/// A region that takes so long.
fn region(millis: u32) -> Scripted {
    Scripted::new().answers("region", [Script::value("eu").after(MS * millis)])
}

/// Needs the region, and then a key that another component has asked for.
#[derive(Debug, AsyncAssign)]
struct Joined {
    #[component(fetch_from = "slow", key = "region")]
    _region: String,
    #[component(fetch_from = "s", key = "k", retry_attempts = 3, deadline = "700ms", fallback = 1)]
    _hurried: u32,
    #[component(fetch_from = "s", key = "k", depends_on = ["_region"])]
    patient: u32,
}

#[tokio::test]
async fn who_joins_a_call_that_was_held_back_launches_it() {
    let throttled = Script::fails(ErrorKind::Throttled).retry_after(MS * 400);
    let source = Scripted::new().answers("k", [throttled, Script::value(7)]);
    let sources = two(&source, region(600));
    // The timers of the pause, of the deadline and of the region are all late, and are seen in this order.
    let blocks = tokio::spawn(async {
        sleep(MS * 100).await;
        std::thread::sleep(MS * 900);
    });
    let joined = timeout(Duration::from_secs(20), Joined::fetch_all_components_from(&sources)).await;
    assert_eq!(joined.expect("a fetch that never ends").unwrap().patient, 7);
    blocks.await.unwrap();
}

#[derive(Debug, AsyncAssign)]
struct First {
    #[component(fetch_from = "s", key = "limit/eu")]
    _limit: u32,
}

#[derive(Debug, AsyncAssign)]
struct Following {
    #[component(fetch_from = "slow")]
    region: String,
    #[component(fetch_from = "s", key = "limit/eu", fallback = 1)]
    _eu: u32,
    #[component(fetch_from = "s", key = "limit/{region}")]
    own: u32,
}

#[tokio::test(start_paused = true)]
async fn who_joins_a_call_that_has_followed_another_fetch_in_vain_is_served() {
    for takes in (1300..1980).step_by(20) {
        let source = Scripted::new().answers("limit/eu", [Script::hangs(), Script::value(7)]);
        let sources = two(&source, region(takes));
        let others = sources.clone();
        let first = tokio::spawn(async move { First::fetch().sources(&others).cached().value().await });
        sleep(MS * 100).await;
        let fetched = Following::fetch().sources(&sources).cached().value().await;
        assert_eq!(fetched.unwrap_or_else(|errors| panic!("{takes} ms: {errors}")).own, 7);
        let _ = first.await;
    }
}

#[derive(Debug, AsyncAssign)]
struct Cached {
    #[component(fetch_from = "s", key = "k", ttl = "1m", timeout = "1s")]
    _k: u32,
}

#[tokio::test(start_paused = true)]
async fn who_wants_an_answer_of_its_own_does_not_join_what_another_fetch_has_asked() {
    #[derive(Debug, AsyncAssign)]
    struct Mixed {
        #[component(fetch_from = "slow", key = "region")]
        _region: String,
        #[component(fetch_from = "s", key = "k", ttl = "1m", timeout = "300ms", fallback = 1)]
        cached: u32,
        #[component(fetch_from = "s", key = "k", timeout = "20s", depends_on = ["_region"])]
        own: u32,
    }
    // The first request never ends, and its leader leaves when nobody is left who may use its answer.
    let source = Scripted::new().answers("k", [Script::hangs(), Script::value(7)]);
    let sources = two(&source, region(200));
    let others = sources.clone();
    let first = tokio::spawn(async move { Cached::fetch_all_components_from(&others).await });
    sleep(MS * 100).await;
    let mixed = Mixed::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!(mixed.own, 7);
    first.await.unwrap().unwrap_err();

    // What was asked before the value changed is not its answer.
    let source = Scripted::new().answers("k", [Script::value(1).after(MS * 900), Script::value(2)]);
    let sources = two(&source, region(50));
    let others = sources.clone();
    let first = tokio::spawn(async move { Cached::fetch_all_components_from(&others).await });
    sleep(MS * 700).await;
    let mixed = Mixed::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!((mixed.cached, mixed.own), (1, 2));
    first.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn who_has_followed_a_stuck_request_for_its_timeout_asks_for_itself() {
    #[derive(Debug, AsyncAssign)]
    struct Long {
        #[component(fetch_from = "s", key = "k", ttl = "1m", timeout = "60s")]
        _k: u32,
    }
    #[derive(Debug, AsyncAssign)]
    struct Short {
        #[component(fetch_from = "s", key = "k", ttl = "1m", retry_attempts = 3)]
        k: u32,
    }
    let source = Scripted::new().answers("k", [Script::hangs(), Script::value(2)]);
    let sources = Sources::builder().source("s", source.clone()).build();
    let others = sources.clone();
    let long = tokio::spawn(async move { Long::fetch_all_components_from(&others).await });
    sleep(MS * 500).await;
    let shorts: Vec<_> = (0..100)
        .map(|_| {
            let sources = sources.clone();
            tokio::spawn(async move { Short::fetch_all_components_from(&sources).await.map(|short| short.k) })
        })
        .collect();
    for short in shorts {
        assert_eq!(short.await.unwrap().unwrap(), 2);
    }
    assert_eq!(source.calls(), 2, "one of them asks for all");
    long.abort();
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_is_prolonged_keeps_its_permits() {
    #[derive(Debug, AsyncAssign)]
    struct Prolonged {
        #[component(fetch_from = "slow", key = "region")]
        _region: String,
        #[component(fetch_from = "s", key = "k", timeout = "100ms", circuit_breaker = true, fallback = 1)]
        _hurried: u32,
        #[component(fetch_from = "s", key = "k", circuit_breaker = true, depends_on = ["_region"], fallback = 2)]
        _patient: u32,
    }
    let run = async |sources: &Sources| {
        let fetch = |number: u32| {
            let sources = sources.clone();
            tokio::spawn(async move {
                sleep(MS * 150 * number).await;
                Prolonged::fetch_all_components_from(&sources).await.unwrap();
            })
        };
        for fetched in (0..8).map(fetch).collect::<Vec<_>>() {
            fetched.await.unwrap();
        }
    };
    let source = Scripted::new().answers("k", [Script::value(7).after(MS * 1500)]);
    let limited = Sources::builder().source("s", source.clone()).policies("s", Policies::new().limit(2));
    run(&limited.source("slow", region(50)).build()).await;
    assert_eq!(source.most_in_flight(), 2);

    let source = Scripted::new().answers("k", [Script::fails(ErrorKind::Unavailable)]);
    let breaker = CircuitBreaker::new().minimum_calls(1).open_for(MS * 1000);
    let guarded = Sources::builder().source("s", source.clone());
    let guarded = guarded.policies("s", Policies::new().circuit_breaker(breaker)).source("slow", region(50)).build();
    run(&guarded).await;
    sleep(Duration::from_secs(600)).await;
    source.set("k", [Script::value(7).after(MS * 1500)]);
    let before = source.calls();
    run(&guarded).await;
    assert_eq!((source.most_in_flight(), source.calls() > before), (1, true), "one probe at a time");
}

#[tokio::test(start_paused = true)]
async fn an_old_failure_is_one_attempt_of_who_comes_later() {
    #[derive(Debug, AsyncAssign)]
    struct Later {
        #[component(fetch_from = "s", key = "k", fallback = 1)]
        first: u32,
        #[component(fetch_from = "slow", key = "region")]
        _region: String,
        #[component(fetch_from = "s", key = "k", retry_attempts = 3, depends_on = ["_region"])]
        second: u32,
    }
    let source = Scripted::new().answers("k", [Script::fails(ErrorKind::Unavailable), Script::value(7)]);
    let later = Later::fetch_all_components_from(&two(&source, region(500))).await.unwrap();
    assert_eq!((later.first, later.second, source.calls()), (1, 7, 2));
    // Without further attempts it is the answer.
    #[derive(Debug, AsyncAssign)]
    struct Once {
        #[component(fetch_from = "s", key = "k", fallback = 1)]
        _first: u32,
        #[component(fetch_from = "slow", key = "region")]
        _region: String,
        #[component(fetch_from = "s", key = "k", fallback = 2, depends_on = ["_region"])]
        second: u32,
    }
    let source = Scripted::new().answers("k", [Script::fails(ErrorKind::Unavailable), Script::value(7)]);
    let once = Once::fetch_all_components_from(&two(&source, region(500))).await.unwrap();
    assert_eq!((once.second, source.calls()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn what_has_to_wait_longer_goes_on_apart() {
    #[derive(Debug, AsyncAssign)]
    struct Group {
        #[component(fetch_from = "s", retry_attempts = 3, fallback = 0)]
        throttled: u32,
        #[component(fetch_from = "s", retry_attempts = 3)]
        other: u32,
    }
    for (wait, expected) in [(Duration::from_secs(5), 9), (Duration::from_secs(3600), 0)] {
        let throttled = Script::fails(ErrorKind::Throttled).retry_after(wait);
        let source = Scripted::new()
            .grouped()
            .answers("throttled", [throttled, Script::value(9)])
            .answers("other", [Script::fails(ErrorKind::Unavailable), Script::value(7)]);
        let sources = Sources::builder().source("s", source.clone()).build();
        let fetched = Group::fetch().sources(&sources).report().await.unwrap();
        assert_eq!((fetched.value.throttled, fetched.value.other), (expected, 7), "{}", fetched.report);
        let took = fetched.report.entry("other").unwrap().elapsed();
        assert!(took < Duration::from_secs(1), "{took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_other_requests_of_a_fetch_wait_for_its_probe() {
    #[derive(Debug, AsyncAssign)]
    struct Several {
        #[component(fetch_from = "s")]
        a: u32,
        #[component(fetch_from = "s")]
        _b: u32,
        #[component(fetch_from = "s")]
        _c: u32,
    }
    let source = ["a", "b", "c"].into_iter().fold(Scripted::new(), |source, key| {
        let key = if key == "a" { key.to_owned() } else { format!("_{key}") };
        source.answers(&key, [Script::fails(ErrorKind::Unavailable)])
    });
    let sources = Sources::builder().source("s", source.clone()).build();
    let fetch = || Several::fetch().sources(&sources).resilient().value();
    for _ in 0..6 {
        fetch().await.unwrap_err();
    }
    sleep(Duration::from_secs(3600)).await;
    for key in ["a", "_b", "_c"] {
        source.set(key, [Script::value(1).after(MS * 50)]);
    }
    assert_eq!(fetch().await.unwrap().a, 1);
    // If the probe fails, they are refused.
    for key in ["a", "_b", "_c"] {
        source.set(key, [Script::fails(ErrorKind::Unavailable).after(MS * 50)]);
    }
    for _ in 0..6 {
        fetch().await.unwrap_err();
    }
    let state = sources.state();
    let status = state.source("s").unwrap().breakers().next().unwrap().1.status();
    assert_eq!(status, BreakerStatus::Open);
    sleep(Duration::from_secs(3600)).await;
    let (before, begun) = (source.calls(), Instant::now());
    fetch().await.unwrap_err();
    assert_eq!(source.calls() - before, 1);
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn many_that_come_late_to_a_request_share_another_one() {
    #[derive(Debug, AsyncAssign)]
    struct Many {
        #[component(fetch_from = "slow", ttl = "1s", key = "region")]
        _region: String,
        #[component(fetch_from = "s", key = "k", fallback = 0)]
        _first: u32,
        #[component(fetch_from = "s", key = "k", retry_attempts = 2, depends_on = ["_region"])]
        second: u32,
        #[component(fetch_from = "s", key = "k", retry_attempts = 2, depends_on = ["_region"])]
        third: u32,
    }
    let source =
        Scripted::new().answers("k", [Script::fails(ErrorKind::Unavailable), Script::value(7).after(MS * 100)]);
    let many = Many::fetch_all_components_from(&two(&source, region(100))).await.unwrap();
    assert_eq!((many.second, many.third, source.calls()), (7, 7, 2));
}

/// Two requests of one group, of which one has a secret in it, which the error of the source repeats.
mod secret {
    use component_model::{
        Answer, Asked, OptionSpec, Request, RequestSpec, SecretString, Source, SourceError, Value, fetchers::env::Env,
    };

    use super::*;

    const CANARY: &str = "c4naryXyz";

    #[derive(Clone, Debug, PartialEq, Eq, Hash)]
    struct Query {
        key: String,
        token: Option<String>,
    }

    struct Repeats {
        takes: Duration,
    }

    impl Source for Repeats {
        type Query = Query;

        const OPTIONS: &'static [OptionSpec] = &[OptionSpec::KEY, OptionSpec::text("token").to_connect()];

        fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<Query>, SourceError> {
            let token = spec.option_to_connect("token")?.map(|token| token.into_owned());
            let query = Query { key: spec.key()?.into_owned(), token };
            let locator = query.key.clone();
            Ok(Request::new(query, locator).with_group(()))
        }

        async fn fetch(&self, asked: Asked<'_, Query>) -> Answer {
            self.fetch_many(&[asked]).await.pop().unwrap()
        }

        async fn fetch_many(&self, asked: &[Asked<'_, Query>]) -> Vec<Answer> {
            sleep(self.takes).await;
            let failed = |text: String| Err(SourceError::new(ErrorKind::Unavailable, text));
            let answer = |asked: &Asked<'_, Query>| match &asked.query().token {
                Some(token) => failed(format!("the token {token} is not known yet")),
                None if asked.query().key == "down" => failed("it is down".to_owned()),
                None => Ok(Some(Value::Unsigned(1)).into()),
            };
            asked.iter().map(answer).collect()
        }
    }

    fn sources(takes: Duration) -> Sources {
        Sources::builder().source("env", Env::of([("TOKEN", CANARY)])).source("s", Repeats { takes }).build()
    }

    fn shown(value: &impl std::fmt::Debug) -> String {
        format!("{value:?} {value:#?}")
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_of_a_secret_although_who_has_it_left_before() {
        #[derive(Debug, AsyncAssign)]
        struct Left {
            #[component(fetch_from = "env", key = "TOKEN")]
            token: SecretString,
            #[component(fetch_from = "s", token = "{token}", timeout = "50ms", circuit_breaker = true, fallback = 0)]
            _secret: u32,
            #[component(fetch_from = "s", key = "down", depends_on = ["token"], circuit_breaker = true, fallback = 0)]
            _other: u32,
        }
        let sources = sources(MS * 200);
        for _ in 0..6 {
            let fetched = Left::fetch().sources(&sources).report().await.unwrap();
            assert!(!shown(&fetched.report).contains(CANARY), "{}", fetched.report);
        }
        let state = serde_json::to_string(&sources.state()).unwrap();
        assert!(state.contains("open") && !state.contains(CANARY), "{state}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_deadline_has_the_failure_of_its_own_request_as_cause() {
        #[derive(Debug, AsyncAssign)]
        struct Paused {
            #[component(fetch_from = "env", key = "TOKEN")]
            token: SecretString,
            #[component(
                fetch_from = "s",
                key = "down",
                depends_on = ["token"],
                retry_attempts = 3,
                retry_backoff = "10s",
                deadline = "3s"
            )]
            _other: u32,
            #[component(fetch_from = "s", token = "{token}", retry_attempts = 3, retry_backoff = "10s", fallback = 0)]
            _secret: u32,
        }
        let errors = Paused::fetch().sources(&sources(MS)).value().await.unwrap_err();
        let text = format!("{errors} {}", shown(&errors));
        assert!(text.contains("it is down") && !text.contains(CANARY), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_component_that_only_waits_for_others_is_forgotten_by_name() {
    #[derive(Debug, AsyncAssign)]
    struct Waits {
        #[component(fetch_from = "slow", key = "region")]
        _region: String,
        #[component(fetch_from = "s", ttl = "1h", depends_on = ["_region"])]
        limit: u32,
    }
    let source = Scripted::new().answers("limit", [Script::value(1), Script::value(2)]);
    let sources = two(&source, region(1));
    assert_eq!(Waits::fetch_all_components_from(&sources).await.unwrap().limit, 1);
    assert_eq!(sources.cache().invalidate::<Waits>("limit").unwrap(), 1);
    assert_eq!(Waits::fetch_all_components_from(&sources).await.unwrap().limit, 2);
}

#[tokio::test(start_paused = true)]
async fn fetches_of_one_struct_a_moment_apart_end_although_the_source_never_answers() {
    #[derive(Debug, AsyncAssign)]
    struct Silent {
        #[component(fetch_from = "s", key = "k", ttl = "1m", retry_attempts = 2, deadline = "3s", fallback = 1)]
        _first: u32,
        #[component(fetch_from = "slow", key = "region", timeout = "3s")]
        _region: String,
        #[component(fetch_from = "s", key = "k", ttl = "1m", depends_on = ["_region"], fallback = 2)]
        _second: u32,
    }
    for gap in (5..250).step_by(15) {
        let sources = two(&Scripted::new().answers("k", [Script::hangs()]), region(2300));
        let fetch = |number: u32| {
            let sources = sources.clone();
            tokio::spawn(async move {
                sleep(MS * gap * number).await;
                let begun = Instant::now();
                let fetched = timeout(Duration::from_secs(3600), Silent::fetch_all_components_from(&sources)).await;
                assert!(fetched.expect("a fetch that never ends").is_ok());
                begun.elapsed()
            })
        };
        for fetched in (0..3).map(fetch).collect::<Vec<_>>() {
            let took = fetched.await.unwrap();
            assert!(took < MS * 4500, "{gap} ms apart: {took:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_that_is_slow_is_not_asked_by_all_who_do_not_wait_for_it() {
    #[derive(Debug, AsyncAssign)]
    struct Patient {
        #[component(fetch_from = "s", key = "k", ttl = "1m", timeout = "20s")]
        k: u32,
    }
    #[derive(Debug, AsyncAssign)]
    struct Usual {
        #[component(fetch_from = "s", key = "k", ttl = "1m", fallback = 1)]
        k: u32,
    }
    #[derive(Debug, AsyncAssign)]
    struct Hasty {
        #[component(fetch_from = "s", key = "k", ttl = "1m", timeout = "200ms", fallback = 1)]
        k: u32,
    }
    for takes in [2500, 3000, 7000] {
        let source = Scripted::new().answers("k", [Script::value(7).after(MS * takes)]);
        let sources = Sources::builder().source("s", source.clone()).build();
        let fetch = |number: u32| {
            let sources = sources.clone();
            tokio::spawn(async move {
                sleep(MS * 300 * number).await;
                match number % 3 {
                    0 => Patient::fetch_all_components_from(&sources).await.map(|patient| patient.k),
                    1 => Usual::fetch_all_components_from(&sources).await.map(|usual| usual.k),
                    _ => Hasty::fetch_all_components_from(&sources).await.map(|hasty| hasty.k),
                }
            })
        };
        let mut served = 0;
        for fetched in (0..100).map(fetch).collect::<Vec<_>>() {
            served += u32::from(fetched.await.unwrap().unwrap() == 7);
        }
        // Whoever comes once it is known gets it; until then it is asked once in two seconds at most.
        let (wanted, most) = (100 - takes / 300, 1 + takes as usize / 2000);
        assert!(served >= wanted && source.calls() <= most, "{takes}: {served}, {} requests", source.calls());
    }
}

#[tokio::test(start_paused = true)]
async fn what_has_to_wait_about_as_long_stays_together() {
    #[derive(Debug, AsyncAssign)]
    struct Group {
        #[component(fetch_from = "s", retry_attempts = 3)]
        _a: u32,
        #[component(fetch_from = "s", retry_attempts = 3)]
        _b: u32,
        #[component(fetch_from = "s", retry_attempts = 3)]
        _c: u32,
        #[component(fetch_from = "s", retry_attempts = 3)]
        _d: u32,
    }
    for (waits, calls) in [
        ([Some(1000), Some(1000), Some(1000), Some(1000)], 2),
        ([None, Some(1000), Some(1000), Some(1000)], 2),
        ([Some(3000), Some(3001), Some(3002), Some(3900)], 2),
        ([Some(1000), Some(8000), Some(9000), Some(1000)], 3),
    ] {
        let mut source = Scripted::new().grouped();
        for (key, wait) in ["_a", "_b", "_c", "_d"].into_iter().zip(waits) {
            let failed = Script::fails(ErrorKind::Throttled);
            let failed = wait.map_or(failed.clone(), |wait| failed.retry_after(MS * wait));
            source = source.answers(key, [failed, Script::value(1)]);
        }
        let sources = Sources::builder().source("s", source.clone()).build();
        Group::fetch_all_components_from(&sources).await.unwrap();
        assert_eq!(source.calls(), calls, "{waits:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_probe_waits_no_longer_than_its_timeout() {
    #[derive(Debug, AsyncAssign)]
    struct Probed {
        #[component(fetch_from = "s", timeout = "1h")]
        _slow: u32,
        #[component(fetch_from = "s", timeout = "100ms", fallback = 9)]
        quick: u32,
    }
    #[derive(Debug, AsyncAssign)]
    struct Trip {
        #[component(fetch_from = "s", fallback = 0)]
        _trip: u32,
    }
    let source = Scripted::new()
        .answers("_trip", [Script::fails(ErrorKind::Unavailable)])
        .answers("_slow", [Script::value(1).after(Duration::from_secs(600))])
        .answers("quick", [Script::value(2)]);
    let breaker = CircuitBreaker::new().minimum_calls(1).open_for(MS * 1000);
    let sources = Sources::builder().source("s", source).policies("s", Policies::new().circuit_breaker(breaker));
    let sources = sources.build();
    Trip::fetch_all_components_from(&sources).await.unwrap();
    sleep(Duration::from_secs(2)).await;
    let fetched = Probed::fetch().sources(&sources).report().await.unwrap();
    assert_eq!(fetched.value.quick, 9);
    assert_eq!(fetched.report.entry("quick").unwrap().elapsed(), MS * 100);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_another_fetch_has_asked_for_before_is_not_that_of_a_request_of_its_own() {
    #[derive(Debug, AsyncAssign)]
    struct Own {
        #[component(fetch_from = "s", key = "k", ttl = "1m")]
        cached: u32,
        #[component(fetch_from = "slow", key = "region")]
        _region: String,
        #[component(fetch_from = "s", key = "k", depends_on = ["_region"])]
        own: u32,
    }
    let source = Scripted::new().answers("k", [Script::value(1).after(MS * 200), Script::value(2)]);
    let sources = two(&source, region(300));
    let others = sources.clone();
    let first = tokio::spawn(async move { Cached::fetch_all_components_from(&others).await });
    sleep(MS * 100).await;
    let own = Own::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!((own.cached, own.own), (1, 2));
    first.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_hedge_keeps_its_permit_as_long_as_its_attempt_lasts() {
    #[derive(Debug, AsyncAssign)]
    struct Hedged {
        #[component(fetch_from = "slow", key = "region")]
        _region: String,
        #[component(fetch_from = "s", key = "k", timeout = "100ms", fallback = 1)]
        _hurried: u32,
        #[component(fetch_from = "s", key = "k", depends_on = ["_region"])]
        patient: u32,
    }
    for limit in [2, 4] {
        let source = Scripted::new().answers("k", [Script::value(7).after(MS * 1500)]);
        let hedge = component_model::Hedge::after(MS * 30);
        let policies =
            Policies::new().limit(limit).retry_budget(component_model::RetryBudget::unlimited()).hedge(hedge);
        let sources = Sources::builder().source("s", source.clone()).policies("s", policies);
        let sources = sources.source("slow", region(50)).build();
        let fetch = |number: u32| {
            let sources = sources.clone();
            tokio::spawn(async move {
                sleep(MS * 60 * number).await;
                Hedged::fetch_all_components_from(&sources).await.unwrap().patient
            })
        };
        for fetched in (0..12).map(fetch).collect::<Vec<_>>() {
            assert_eq!(fetched.await.unwrap(), 7);
        }
        assert!(source.most_in_flight() <= limit, "{limit}: {}", source.most_in_flight());
    }
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_fails_is_no_success_although_a_part_of_its_group_was_answered_before() {
    #[derive(Debug, AsyncAssign)]
    struct Group {
        #[component(fetch_from = "s", circuit_breaker = true, fallback = 0)]
        _a: u32,
        #[component(fetch_from = "s", circuit_breaker = true, retry_attempts = 2, fallback = 0)]
        _b: u32,
    }
    #[derive(Debug, AsyncAssign)]
    struct Trip {
        #[component(fetch_from = "s", circuit_breaker = true, fallback = 0)]
        _c: u32,
    }
    let source = Scripted::new()
        .grouped()
        .answers("_a", [Script::value(1)])
        .answers("_b", [Script::fails(ErrorKind::Unavailable).retry_after(MS * 3000)])
        .answers("_c", [Script::fails(ErrorKind::Unavailable)]);
    let breaker = CircuitBreaker::new().minimum_calls(1).open_for(MS * 1000);
    let sources = Sources::builder().source("s", source).policies("s", Policies::new().circuit_breaker(breaker));
    let sources = sources.build();
    let others = sources.clone();
    let group = tokio::spawn(async move { Group::fetch_all_components_from(&others).await });
    sleep(MS * 1000).await;
    for _ in 0..2 {
        Trip::fetch_all_components_from(&sources).await.unwrap();
    }
    group.await.unwrap().unwrap();
    let state = sources.state();
    let status = state.source("s").unwrap().breakers().next().unwrap().1.status();
    assert_eq!(status, BreakerStatus::Open);
}

#[tokio::test(start_paused = true)]
async fn readers_with_any_timeout_are_served_although_one_request_is_stuck() {
    #[derive(Debug, AsyncAssign)]
    struct Long {
        #[component(fetch_from = "s", key = "k", ttl = "1m", timeout = "10m")]
        _k: u32,
    }
    #[derive(Debug, AsyncAssign)]
    struct Short {
        #[component(fetch_from = "s", key = "k", ttl = "1m", timeout = "500ms", retry_attempts = 3, fallback = 1)]
        k: u32,
    }
    let source = Scripted::new().answers("k", [Script::hangs(), Script::value(7)]);
    let sources = Sources::builder().source("s", source.clone()).build();
    let others = sources.clone();
    let long = tokio::spawn(async move { Long::fetch_all_components_from(&others).await });
    sleep(MS).await;
    let mut served = 0;
    for _ in 0..50 {
        served += u32::from(Short::fetch_all_components_from(&sources).await.unwrap().k == 7);
        sleep(MS * 200).await;
    }
    assert!(served >= 48 && source.calls() == 2, "{served}, {} requests", source.calls());
    long.abort();
}

#[tokio::test(start_paused = true)]
async fn what_has_waited_for_a_probe_has_the_time_of_an_attempt() {
    #[derive(Debug, AsyncAssign)]
    struct Probed {
        #[component(fetch_from = "s", timeout = "10s")]
        _probe: u32,
        #[component(fetch_from = "s", fallback = 9)]
        quick: u32,
    }
    let source = Scripted::new()
        .answers("_probe", [Script::fails(ErrorKind::Unavailable)])
        .answers("quick", [Script::fails(ErrorKind::Unavailable)]);
    let breaker = CircuitBreaker::new().minimum_calls(1).open_for(MS * 1000);
    let sources = Sources::builder().source("s", source.clone());
    let sources = sources.policies("s", Policies::new().circuit_breaker(breaker)).build();
    Probed::fetch_all_components_from(&sources).await.unwrap_err();
    sleep(Duration::from_secs(600)).await;
    source.set("_probe", [Script::value(1).after(MS * 1980)]);
    source.set("quick", [Script::value(2).after(MS * 50)]);
    assert_eq!(Probed::fetch_all_components_from(&sources).await.unwrap().quick, 2);
    let state = sources.state();
    let status = state.source("s").unwrap().breakers().next().unwrap().1.status();
    assert_eq!(status, BreakerStatus::Closed);
}

#[tokio::test(start_paused = true)]
async fn those_who_want_an_answer_of_their_own_fetch_share_one() {
    #[derive(Debug, AsyncAssign)]
    struct Several {
        #[component(fetch_from = "s", key = "k", ttl = "1m")]
        _cached: u32,
        #[component(fetch_from = "slow", key = "region")]
        _region: String,
        #[component(fetch_from = "s", key = "k", depends_on = ["_region"])]
        first: u32,
        #[component(fetch_from = "slow", key = "later", depends_on = ["first"])]
        _later: u32,
        #[component(fetch_from = "s", key = "k", depends_on = ["_later"])]
        second: u32,
    }
    let source = Scripted::new().answers("k", [Script::value(1).after(MS * 200), Script::value(2), Script::value(3)]);
    let slow = region(300).answers("later", [Script::value(1).after(MS * 100)]);
    let sources = two(&source, slow);
    let others = sources.clone();
    let first = tokio::spawn(async move { Cached::fetch_all_components_from(&others).await });
    sleep(MS * 100).await;
    let several = Several::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!((several.first, several.second, source.calls()), (2, 2, 2));
    first.await.unwrap().unwrap();
}
