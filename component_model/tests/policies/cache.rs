//! Values from the cache: fresh, shared, stale, fetched ahead, and forgotten.

use std::time::Duration;

use component_model::{
    CacheSettings, CircuitBreaker, ErrorKind, Outcome, Policies, SourceError,
    prelude::*,
    test_util::{Script, Scripted},
};
use tokio::time::sleep;

#[derive(Debug, AsyncAssign)]
struct Cached {
    #[component(fetch_from = "remote", ttl = "60", stale_for = "1h")]
    port: u16,
}

fn sources(remote: &Scripted) -> Sources {
    let settings = CacheSettings::new().without_jitter();
    Sources::builder().source("remote", remote.clone()).cache(settings).build()
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

async fn port(sources: &Sources) -> u16 {
    Cached::fetch().sources(sources).value().await.unwrap().port
}

#[tokio::test(start_paused = true)]
async fn a_value_is_used_until_it_expires() {
    let remote = Scripted::new().answers("port", [Script::value(1), Script::value(2)]);
    let sources = sources(&remote);
    assert_eq!(port(&sources).await, 1);
    sleep(seconds(59)).await;
    let fetched = Cached::fetch().sources(&sources).report().await.unwrap();
    let entry = fetched.report.entry("port").unwrap();
    assert_eq!((fetched.value.port, entry.outcome(), entry.age()), (1, Outcome::Cached, Some(seconds(59))));
    assert_eq!((entry.attempts(), fetched.report.calls().len(), remote.calls()), (0, 0, 1));
    sleep(seconds(1)).await;
    assert_eq!((port(&sources).await, remote.calls()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn each_reader_judges_by_its_own_time() {
    #[derive(Debug, AsyncAssign)]
    struct Strict {
        #[component(fetch_from = "remote", ttl = "10s")]
        port: u16,
    }
    #[derive(Debug, AsyncAssign)]
    struct Uncached {
        #[component(fetch_from = "remote")]
        port: u16,
    }
    let remote = Scripted::new().answers("port", [Script::value(1), Script::value(2), Script::value(3)]);
    let sources = sources(&remote);
    assert_eq!(port(&sources).await, 1);
    sleep(seconds(20)).await;
    assert_eq!(port(&sources).await, 1);
    assert_eq!(Strict::fetch().sources(&sources).value().await.unwrap().port, 2);
    // A newer value is for all, and one that is not cached asks for itself.
    assert_eq!(port(&sources).await, 2);
    assert_eq!(Uncached::fetch().sources(&sources).value().await.unwrap().port, 3);
    assert_eq!(port(&sources).await, 2);
    assert_eq!(Uncached::fetch().sources(&sources).cached().value().await.unwrap().port, 2);
}

#[tokio::test(start_paused = true)]
async fn a_thousand_tasks_send_one_request() {
    let remote = Scripted::new().answers("port", [Script::value(1).after(seconds(1))]);
    let sources = sources(&remote);
    for round in 1..=3 {
        let fetches: Vec<_> = (0..1000).map(|_| tokio::spawn(Cached::fetch().sources(&sources).value())).collect();
        for fetch in fetches {
            assert_eq!(fetch.await.unwrap().unwrap().port, 1);
        }
        assert_eq!(remote.calls(), round);
        sleep(seconds(60)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_is_cancelled_hands_over() {
    let remote = Scripted::new().answers("port", [Script::hangs(), Script::value(2)]);
    let sources = sources(&remote);
    let leader = tokio::spawn(Cached::fetch().sources(&sources).value());
    sleep(Duration::from_millis(1)).await;
    let followers: Vec<_> = (0..10).map(|_| tokio::spawn(Cached::fetch().sources(&sources).value())).collect();
    sleep(Duration::from_millis(1)).await;
    leader.abort();
    for follower in followers {
        assert_eq!(follower.await.unwrap().unwrap().port, 2);
    }
    assert_eq!(remote.calls(), 2);
}

#[derive(Debug, AsyncAssign)]
struct Hasty {
    #[component(fetch_from = "remote", ttl = "60", timeout = "100ms")]
    port: u16,
}

#[derive(Debug, AsyncAssign)]
struct Patient {
    #[component(fetch_from = "remote", ttl = "60", timeout = "5s")]
    port: u16,
}

#[tokio::test(start_paused = true)]
async fn the_timeout_of_a_leader_ends_its_own_wait_only() {
    let remote = Scripted::new().answers("port", [Script::value(1).after(seconds(1))]);
    let sources = sources(&remote);
    let hasty = tokio::spawn(Hasty::fetch().sources(&sources).value());
    sleep(Duration::from_millis(10)).await;
    let patient = tokio::spawn(Patient::fetch().sources(&sources).value());
    let failed = hasty.await.unwrap().map(|hasty| hasty.port).unwrap_err();
    assert_eq!(failed[0].kind(), ErrorKind::Timeout);
    assert_eq!(patient.await.unwrap().unwrap().port, 1);
    assert_eq!((remote.calls(), remote.in_flight()), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn those_whose_time_ends_soon_after_that_of_the_leader_end_then_and_ask_nothing() {
    let remote = Scripted::new().answers("port", [Script::hangs()]);
    let sources = sources(&remote);
    let began = tokio::time::Instant::now();
    let fetches = (0..100).map(|delay| {
        let sources = sources.clone();
        tokio::spawn(async move {
            sleep(Duration::from_millis(delay)).await;
            Patient::fetch().sources(&sources).value().await.map(|patient| patient.port)
        })
    });
    for fetch in fetches.collect::<Vec<_>>() {
        assert_eq!(fetch.await.unwrap().unwrap_err()[0].kind(), ErrorKind::Timeout);
    }
    assert_eq!((remote.calls(), remote.in_flight()), (1, 0));
    assert!(began.elapsed() < seconds(5) + Duration::from_millis(110), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn the_timeout_of_a_refresh_ends_no_wait_of_others() {
    #[derive(Debug, AsyncAssign)]
    struct Ahead {
        #[component(fetch_from = "remote", ttl = "60", refresh_ahead = "10", timeout = "100ms")]
        port: u16,
    }
    let remote = Scripted::new().answers("port", [Script::value(1), Script::value(2).after(seconds(1))]);
    let sources = sources(&remote);
    assert_eq!(Ahead::fetch().sources(&sources).value().await.unwrap().port, 1);
    sleep(seconds(60) - Duration::from_millis(50)).await;
    assert_eq!(Ahead::fetch().sources(&sources).value().await.unwrap().port, 1);
    sleep(Duration::from_millis(60)).await;
    assert_eq!(Patient::fetch().sources(&sources).value().await.unwrap().port, 2);
    assert_eq!(remote.calls(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_strictest_reader_decides_for_a_request_that_several_share() {
    #[derive(Debug, AsyncAssign)]
    struct Both {
        #[component(fetch_from = "remote", key = "port", ttl = "1h", timeout = "5s")]
        lax: u16,
        #[component(fetch_from = "remote", key = "port", ttl = "1", timeout = "5s")]
        strict: u16,
    }
    #[derive(Debug, AsyncAssign)]
    struct Swapped {
        #[component(fetch_from = "remote", key = "port", ttl = "1", timeout = "5s")]
        strict: u16,
        #[component(fetch_from = "remote", key = "port", ttl = "1h", timeout = "5s")]
        lax: u16,
    }
    #[derive(Debug, AsyncAssign)]
    struct Uncached {
        #[component(fetch_from = "remote", key = "port", ttl = "60")]
        first: u16,
        #[component(fetch_from = "remote", key = "port")]
        second: u16,
    }
    for is_swapped in [false, true] {
        // The first leader leaves; whoever follows finds a value that is 2 s old when it leads.
        let remote = Scripted::new().answers("port", [Script::hangs(), Script::value(1), Script::value(2)]);
        let sources = sources(&remote);
        let leader = tokio::spawn(Patient::fetch().sources(&sources).value());
        sleep(seconds(1) / 10).await;
        let own = sources.clone();
        let follower = tokio::spawn(async move {
            match is_swapped {
                false => Both::fetch().sources(&own).value().await.map(|both| (both.lax, both.strict)),
                true => Swapped::fetch().sources(&own).value().await.map(|both| (both.lax, both.strict)),
            }
        });
        sleep(seconds(9) / 10).await;
        let alone = Uncached::fetch().sources(&sources).value().await.unwrap();
        assert_eq!((alone.first, alone.second), (1, 1));
        sleep(seconds(2)).await;
        leader.abort();
        assert_eq!(follower.await.unwrap().unwrap(), (2, 2), "{is_swapped}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_that_cannot_answer_leaves_the_last_value_for_a_while() {
    let remote = Scripted::new().answers("port", [Script::value(1), Script::fails(ErrorKind::Unavailable)]);
    let sources = sources(&remote);
    assert_eq!(port(&sources).await, 1);
    sleep(seconds(3600)).await;
    let fetched = Cached::fetch().sources(&sources).report().await.unwrap();
    let entry = fetched.report.entry("port").unwrap();
    assert_eq!((fetched.value.port, entry.outcome(), entry.age()), (1, Outcome::Stale, Some(seconds(3600))));
    assert_eq!(entry.problem().unwrap().kind(), ErrorKind::Unavailable);
    sleep(seconds(60)).await;
    let errors = Cached::fetch().sources(&sources).value().await.unwrap_err();
    assert_eq!(errors[0].kind(), ErrorKind::Unavailable);
}

#[tokio::test(start_paused = true)]
async fn what_a_source_says_about_the_value_is_not_covered_by_an_older_one() {
    for kind in [ErrorKind::Denied, ErrorKind::Malformed, ErrorKind::Absent] {
        let remote = Scripted::new().answers("port", [Script::value(1), Script::fails(kind)]);
        let sources = sources(&remote);
        assert_eq!(port(&sources).await, 1);
        sleep(seconds(60)).await;
        assert_eq!(Cached::fetch().sources(&sources).value().await.unwrap_err()[0].kind(), kind);
    }
}

#[tokio::test(start_paused = true)]
async fn an_expired_value_is_asked_for_by_its_version() {
    let remote = Scripted::new().answers("port", [Script::value(1).version("a")]);
    let sources = sources(&remote);
    assert_eq!(port(&sources).await, 1);
    sleep(seconds(60)).await;
    // The source answers that it is unchanged, which is a fresh value.
    let fetched = Cached::fetch().sources(&sources).report().await.unwrap();
    assert_eq!((fetched.value.port, fetched.report.entry("port").unwrap().outcome()), (1, Outcome::Fetched));
    sleep(seconds(59)).await;
    assert_eq!((port(&sources).await, remote.calls()), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn a_value_is_fetched_again_in_the_background_before_it_expires() {
    #[derive(Debug, AsyncAssign)]
    struct Ahead {
        #[component(fetch_from = "remote", ttl = "60s", refresh_ahead = "10s")]
        port: u16,
    }
    let remote = Scripted::new().answers("port", [Script::value(1), Script::value(2).after(seconds(1))]);
    let sources = sources(&remote);
    let fetch = || Ahead::fetch().sources(&sources).value();
    assert_eq!(fetch().await.unwrap().port, 1);
    sleep(seconds(50)).await;
    // Nobody waits for it, and only one does it.
    for _ in 0..5 {
        assert_eq!(fetch().await.unwrap().port, 1);
    }
    sleep(seconds(2)).await;
    assert_eq!((fetch().await.unwrap().port, remote.calls()), (2, 2));
    sleep(seconds(40)).await;
    assert_eq!((fetch().await.unwrap().port, remote.calls()), (2, 2));

    // The task ends with the sources.
    sleep(seconds(12)).await;
    remote.set("port", [Script::hangs()]);
    fetch().await.unwrap();
    sleep(Duration::from_millis(1)).await;
    assert_eq!(remote.in_flight(), 1);
    sources.shutdown().await;
    sleep(Duration::from_millis(1)).await;
    assert_eq!(remote.in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn those_of_a_group_that_are_due_together_are_fetched_again_in_one_call() {
    #[derive(Debug, AsyncAssign)]
    struct Ahead {
        #[component(fetch_from = "remote", ttl = "60s", refresh_ahead = "10s")]
        first: u16,
        #[component(fetch_from = "remote", ttl = "60s", refresh_ahead = "20s", timeout = "3s")]
        second: u16,
        #[component(fetch_from = "remote", key = "second", ttl = "60s", refresh_ahead = "20s")]
        third: u16,
    }
    let answers = || [Script::value(1), Script::value(2).after(seconds(1)), Script::value(3)];
    let remote = Scripted::new().grouped().answers("first", answers()).answers("second", answers());
    let sources = sources(&remote);
    let fetch = async || {
        let Ahead { first, second, third } = Ahead::fetch().sources(&sources).value().await.unwrap();
        (first, second, third)
    };
    assert_eq!(fetch().await, (1, 1, 1));
    sleep(seconds(50)).await;
    for _ in 0..3 {
        assert_eq!(fetch().await, (1, 1, 1));
    }
    sleep(seconds(2)).await;
    assert_eq!((fetch().await, remote.calls()), ((2, 2, 2), 2));
    // Only one of them is due.
    sleep(seconds(39)).await;
    assert_eq!(fetch().await, (2, 2, 2));
    sleep(seconds(1)).await;
    assert_eq!((remote.asked("first"), remote.asked("second"), remote.calls()), (2, 3, 3));

    // What follows a refresh that is not answered takes over.
    remote.set("first", [Script::hangs()]);
    sleep(seconds(15)).await;
    assert_eq!(fetch().await, (2, 3, 3));
    sleep(Duration::from_millis(1)).await;
    assert_eq!(remote.in_flight(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_value_does_not_displace_the_last_good_one_for_those_whose_source_fails() {
    let fails = || Script::fails(ErrorKind::Unavailable);
    let script = [Script::value(1), Script::value("an error page"), fails(), Script::value(2), fails()];
    let remote = Scripted::new().answers("port", script);
    let sources = sources(&remote);
    let entry = async || {
        let fetched = Cached::fetch().sources(&sources).report().await.unwrap();
        let entry = fetched.report.entry("port").unwrap();
        (fetched.value.port, entry.outcome(), entry.age())
    };
    assert_eq!(port(&sources).await, 1);
    sleep(seconds(100)).await;
    // What is there and wrong is covered by nothing.
    let errors = Cached::fetch().sources(&sources).value().await.unwrap_err();
    assert_eq!(errors[0].kind(), ErrorKind::Malformed);
    sleep(seconds(100)).await;
    assert_eq!(entry().await, (1, Outcome::Stale, Some(seconds(200))));
    assert_eq!(port(&sources).await, 2);
    sleep(seconds(100)).await;
    assert_eq!(entry().await, (2, Outcome::Stale, Some(seconds(100))));
}

#[tokio::test(start_paused = true)]
async fn a_value_before_a_wrong_one_is_stale_for_its_own_time_and_never_fresh() {
    let script = [Script::value(1), Script::value("no"), Script::value("no"), Script::fails(ErrorKind::Unavailable)];
    let remote = Scripted::new().answers("port", script);
    let sources = sources(&remote);
    assert_eq!(port(&sources).await, 1);
    for _ in 0..2 {
        sleep(seconds(60)).await;
        Cached::fetch().sources(&sources).value().await.unwrap_err();
    }
    // Its own time has not passed.
    assert_eq!(port(&sources).await, 1);
    assert_eq!(remote.calls(), 4);
    sleep(seconds(3600)).await;
    let errors = Cached::fetch().sources(&sources).value().await.unwrap_err();
    assert_eq!(errors[0].kind(), ErrorKind::Unavailable);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_value_that_was_fetched_ahead_does_not_displace_the_good_one() {
    #[derive(Debug, AsyncAssign)]
    struct Ahead {
        #[component(fetch_from = "remote", ttl = "60s", refresh_ahead = "10s", stale_for = "1h")]
        port: u16,
    }
    let fails = Script::fails(ErrorKind::Unavailable);
    let remote = Scripted::new().answers("port", [Script::value(1), Script::value("no"), fails]);
    let sources = sources(&remote);
    let fetch = || Ahead::fetch().sources(&sources).value();
    assert_eq!(fetch().await.unwrap().port, 1);
    sleep(seconds(50)).await;
    assert_eq!(fetch().await.unwrap().port, 1);
    sleep(seconds(1)).await;
    assert_eq!((fetch().await.unwrap().port, remote.calls()), (1, 3));
}

#[tokio::test(start_paused = true)]
async fn absence_is_remembered_for_a_short_time() {
    #[derive(Debug, AsyncAssign)]
    struct Optional {
        #[component(fetch_from = "remote", ttl = "60s")]
        port: Option<u16>,
    }
    let remote = Scripted::new().answers("port", [Script::absent(), Script::value(1)]);
    let sources = sources(&remote);
    let fetch = || Optional::fetch().sources(&sources).value();
    assert_eq!(fetch().await.unwrap().port, None);
    sleep(seconds(4)).await;
    assert_eq!((fetch().await.unwrap().port, remote.calls()), (None, 1));
    sleep(seconds(1)).await;
    assert_eq!(fetch().await.unwrap().port, Some(1));
}

#[tokio::test(start_paused = true)]
async fn the_rest_of_a_group_is_asked_for_alone() {
    #[derive(Debug, AsyncAssign)]
    struct One {
        #[component(fetch_from = "remote", ttl = "60s")]
        first: u16,
    }
    #[derive(Debug, AsyncAssign)]
    struct Both {
        #[component(fetch_from = "remote", ttl = "60s")]
        first: u16,
        #[component(fetch_from = "remote", ttl = "60s")]
        second: u16,
    }
    let remote = Scripted::new().grouped().answers("first", [Script::value(1)]).answers("second", [Script::value(2)]);
    let sources = sources(&remote);
    One::fetch().sources(&sources).value().await.unwrap();
    let both = Both::fetch().sources(&sources).value().await.unwrap();
    assert_eq!((both.first, both.second), (1, 2));
    assert_eq!((remote.asked("first"), remote.asked("second"), remote.calls()), (1, 1, 2));
    Both::fetch().sources(&sources).value().await.unwrap();
    assert_eq!(remote.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_was_left_out_of_a_call_can_still_be_asked_for() {
    #[derive(Debug, AsyncAssign)]
    struct First {
        #[component(fetch_from = "remote", ttl = "60s")]
        shared: u16,
    }
    #[derive(Debug, AsyncAssign)]
    struct Late {
        #[component(fetch_from = "remote", ttl = "60s")]
        shared: u16,
        #[component(fetch_from = "remote")]
        other: u16,
        // Asks for the same, without the cache, when the call of the group is under way or over.
        #[component(fetch_from = ["slow", remote(key = "shared")])]
        later: u16,
    }
    for delay in [seconds(0), seconds(1)] {
        let remote = Scripted::new()
            .grouped()
            .answers("shared", [Script::value(1), Script::value(3)])
            .answers("other", [Script::value(2).after(delay)]);
        let slow = Scripted::new().answers("later", [Script::absent().after(Duration::from_millis(500))]);
        let settings = CacheSettings::new().without_jitter();
        let sources = Sources::builder().source("remote", remote.clone()).source("slow", slow).cache(settings).build();
        First::fetch().sources(&sources).value().await.unwrap();
        let late = Late::fetch().sources(&sources).value().await.unwrap();
        assert_eq!((late.shared, late.other, late.later), (1, 2, 3));
        assert_eq!((remote.asked("shared"), remote.asked("other")), (2, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_forgotten_is_fetched_again() {
    let remote = Scripted::new().answers("port", (1..9).map(Script::value));
    let sources = sources(&remote);
    assert_eq!(port(&sources).await, 1);
    assert_eq!(sources.cache().invalidate::<Cached>("port").unwrap(), 1);
    assert_eq!(port(&sources).await, 2);
    assert!(sources.cache().invalidate::<Cached>("por").is_err());
    assert_eq!(port(&sources).await, 2);
    assert_eq!(sources.cache().invalidate_source("remote").unwrap(), 1);
    assert_eq!(port(&sources).await, 3);
    sources.cache().invalidate_all();
    assert_eq!(port(&sources).await, 4);
    assert_eq!(sources.cache().state().entries, 1);
}

#[tokio::test(start_paused = true)]
async fn fetch_with_cache_caches_for_a_minute() {
    #[derive(Debug, AsyncAssign)]
    struct Plain {
        #[component(fetch_from = "remote")]
        port: u16,
    }
    let remote = Scripted::new().answers("port", [Script::value(1), Script::value(2)]);
    let sources = sources(&remote);
    let fetch = || Sources::scope(sources.clone(), Plain::fetch_with_cache());
    assert_eq!(fetch().await.unwrap().port, 1);
    sleep(seconds(59)).await;
    assert_eq!(fetch().await.unwrap().port, 1);
    sleep(seconds(1)).await;
    assert_eq!(fetch().await.unwrap().port, 2);
}

#[tokio::test(start_paused = true)]
async fn errors_are_not_cached_and_every_reader_decodes_for_itself() {
    #[derive(Debug, AsyncAssign)]
    struct Narrow {
        #[component(fetch_from = "remote", key = "port", ttl = "60s")]
        port: u8,
    }
    let remote = Scripted::new().answers("port", [Script::fails(ErrorKind::Unavailable), Script::value(8080)]);
    let sources = sources(&remote);
    Cached::fetch().sources(&sources).value().await.unwrap_err();
    assert_eq!(port(&sources).await, 8080);
    let errors = Narrow::fetch().sources(&sources).value().await.unwrap_err();
    assert_eq!((errors[0].kind(), remote.calls()), (ErrorKind::Malformed, 3));
}

#[derive(Debug, AsyncAssign)]
struct Strict {
    #[component(fetch_from = "remote", key = "port", ttl = "5s")]
    port: u16,
}

/// A source with one permit, whose value is 50 s old.
async fn one_at_a_time(remote: &Scripted) -> Sources {
    let settings = CacheSettings::new().without_jitter();
    let policies = component_model::Policies::new().limit(1);
    Sources::builder().source("remote", remote.clone()).policies("remote", policies).cache(settings).build()
}

#[tokio::test(start_paused = true)]
async fn who_refreshes_and_who_follows_do_not_wait_for_each_other() {
    #[derive(Debug, AsyncAssign)]
    struct Both {
        #[component(fetch_from = "remote", key = "port", ttl = "60s", refresh_ahead = "10s")]
        ahead: u16,
        #[component(fetch_from = "remote", key = "port", ttl = "5s")]
        strict: u16,
    }
    let remote = Scripted::new().answers("port", [Script::value(1), Script::value(2).after(Duration::from_millis(10))]);
    let sources = one_at_a_time(&remote).await;
    Strict::fetch().sources(&sources).value().await.unwrap();
    sleep(seconds(55)).await;
    let both = Both::fetch().sources(&sources).value().await.unwrap();
    assert_eq!((both.ahead, both.strict, remote.calls()), (1, 2, 2));
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_the_request_of_another_holds_no_permit() {
    #[derive(Debug, AsyncAssign)]
    struct Other {
        #[component(fetch_from = "remote")]
        other: u16,
    }
    let remote =
        Scripted::new().answers("port", [Script::value(1).after(seconds(1))]).answers("other", [Script::value(2)]);
    let sources = sources(&remote);
    let fetches: Vec<_> = (0..100).map(|_| tokio::spawn(Cached::fetch().sources(&sources).value())).collect();
    sleep(Duration::from_millis(1)).await;
    let begun = tokio::time::Instant::now();
    assert_eq!(Other::fetch().sources(&sources).value().await.unwrap().other, 2);
    assert!(begun.elapsed() < Duration::from_millis(10), "{:?}", begun.elapsed());
    assert_eq!(sources.state().source("remote").unwrap().requests(), 1);
    for fetch in fetches {
        fetch.await.unwrap().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn one_request_that_fails_is_one_failure_however_many_wait_for_it() {
    #[derive(Debug, AsyncAssign)]
    struct Guarded {
        #[component(fetch_from = "remote", ttl = "60s", circuit_breaker = true, timeout = "1s")]
        port: u16,
    }
    for script in [Script::hangs(), Script::fails(ErrorKind::Unavailable).after(Duration::from_millis(500))] {
        let remote = Scripted::new().answers("port", [script]);
        let sources = sources(&remote);
        let fetches: Vec<_> = (0..20).map(|_| tokio::spawn(Guarded::fetch().sources(&sources).value())).collect();
        for fetch in fetches {
            fetch.await.unwrap().unwrap_err();
        }
        let state = sources.state();
        let (_, breaker) = state.source("remote").unwrap().breakers().next().unwrap();
        assert_eq!((breaker.failures(), remote.calls()), (1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_does_not_wait_for_the_request_of_another_fetch() {
    #[derive(Debug, AsyncAssign)]
    struct Slow {
        #[component(fetch_from = "remote", ttl = "60s", timeout = "10s")]
        slow: u16,
    }
    #[derive(Debug, AsyncAssign)]
    struct Both {
        #[component(fetch_from = "remote", ttl = "60s", timeout = "1s")]
        quick: u16,
        #[component(fetch_from = "remote", ttl = "60s", timeout = "1s", fallback = 9)]
        slow: u16,
    }
    let remote = Scripted::new()
        .grouped()
        .answers("quick", [Script::value(1)])
        .answers("slow", [Script::value(2).after(seconds(5))]);
    let sources = sources(&remote);
    let slow = tokio::spawn(Slow::fetch().sources(&sources).value());
    sleep(Duration::from_millis(1)).await;
    let fetched = Both::fetch().sources(&sources).report().await.unwrap();
    assert_eq!((fetched.value.quick, fetched.value.slow), (1, 9));
    assert_eq!(fetched.report.entry("quick").unwrap().elapsed(), Duration::ZERO);
    assert_eq!(slow.await.unwrap().unwrap().slow, 2);
    assert_eq!((remote.asked("slow"), remote.calls()), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_fails_is_not_repeated_at_once() {
    #[derive(Debug, AsyncAssign)]
    struct Ahead {
        #[component(fetch_from = "remote", ttl = "60s", refresh_ahead = "20s")]
        port: u16,
    }
    let remote = Scripted::new().answers("port", [Script::value(1), Script::fails(ErrorKind::Unavailable)]);
    let sources = sources(&remote);
    Ahead::fetch().sources(&sources).value().await.unwrap();
    sleep(seconds(45)).await;
    for _ in 0..100 {
        assert_eq!(Ahead::fetch().sources(&sources).value().await.unwrap().port, 1);
        sleep(Duration::from_millis(50)).await;
    }
    // One for each second of the five.
    assert!((4..=7).contains(&remote.calls()), "{}", remote.calls());
}

#[tokio::test(start_paused = true)]
async fn a_wrong_value_is_not_kept() {
    let remote = Scripted::new().answers("port", [Script::value("an error page"), Script::value(80)]);
    let sources = sources(&remote);
    let errors = Cached::fetch().sources(&sources).value().await.unwrap_err();
    assert_eq!(errors[0].kind(), ErrorKind::Malformed);
    assert_eq!(port(&sources).await, 80);
}

#[derive(Debug, AsyncAssign)]
struct Ahead {
    #[component(fetch_from = "remote", ttl = "60s", refresh_ahead = "10s")]
    port: u16,
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_panics_is_begun_again_after_a_pause() {
    let remote = Scripted::new().answers("port", [Script::value(1), Script::panics()]);
    let sources = sources(&remote);
    let fetch = || Ahead::fetch().sources(&sources).value();
    assert_eq!(fetch().await.unwrap().port, 1);
    sleep(seconds(50)).await;
    for _ in 0..200 {
        assert_eq!(fetch().await.unwrap().port, 1);
        sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(remote.calls(), 2);
    sleep(seconds(1)).await;
    assert_eq!(fetch().await.unwrap().port, 1);
    sleep(Duration::from_millis(1)).await;
    assert_eq!(remote.calls(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_attribute_of_a_component_decides_whether_its_refresh_has_a_circuit_breaker() {
    #[derive(Debug, AsyncAssign)]
    struct With {
        #[component(fetch_from = "remote", ttl = "60s", refresh_ahead = "10s", circuit_breaker = true)]
        port: u16,
    }
    #[derive(Debug, AsyncAssign)]
    struct Without {
        #[component(fetch_from = "remote", ttl = "60s", refresh_ahead = "10s", circuit_breaker = false)]
        port: u16,
    }
    async fn failures<T>(policies: Policies, fetch: impl AsyncFn(&Sources) -> T) -> u64 {
        let failing = Script::fails(ErrorKind::Unavailable);
        let remote = Scripted::new().answers("port", [Script::value(1), failing]);
        let settings = CacheSettings::new().without_jitter();
        let sources = Sources::builder().source("remote", remote.clone()).policies("remote", policies);
        let sources = sources.cache(settings).build();
        fetch(&sources).await;
        sleep(seconds(50)).await;
        fetch(&sources).await;
        sleep(Duration::from_millis(1)).await;
        assert_eq!(remote.calls(), 2);
        let state = sources.state();
        let breakers = state.source("remote").unwrap().breakers();
        breakers.map(|(_, breaker)| breaker.failures()).sum()
    }
    let with = async |sources: &Sources| With::fetch().sources(sources).value().await.unwrap().port;
    let without = async |sources: &Sources| Without::fetch().sources(sources).value().await.unwrap().port;
    assert_eq!(failures(Policies::new(), with).await, 1);
    assert_eq!(failures(Policies::new().circuit_breaker(CircuitBreaker::new()), without).await, 0);
}

#[tokio::test(start_paused = true)]
async fn the_circuit_breaker_learns_no_text_about_a_sensitive_value_from_a_refresh() {
    #[derive(Debug, AsyncAssign)]
    struct Token {
        #[component(fetch_from = "remote", ttl = "60s", refresh_ahead = "10s", sensitive, circuit_breaker = true)]
        token: String,
    }
    let failing = Script::error(SourceError::new(ErrorKind::Unavailable, "c4nary is refused"));
    let remote = Scripted::new().answers("token", [Script::value("c4nary"), failing]);
    let settings = CacheSettings::new().without_jitter();
    let sources = Sources::builder().source("remote", remote.clone()).cache(settings).build();
    let fetch = || Token::fetch().sources(&sources).value();
    assert_eq!(fetch().await.unwrap().token, "c4nary");
    sleep(seconds(50)).await;
    assert_eq!(fetch().await.unwrap().token, "c4nary");
    sleep(Duration::from_millis(1)).await;
    let state = sources.state();
    let (_, breaker) = state.source("remote").unwrap().breakers().next().unwrap();
    assert_eq!(breaker.failures(), 1);
    assert!(breaker.last_error().is_some_and(|error| !error.contains("c4nary")), "{:?}", breaker.last_error());
}
