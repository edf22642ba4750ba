//! A group of many keys that is cached: it costs what its keys cost, and travels as one call.

use std::time::Duration;

use component_model::{
    CacheSettings, Memory, Policies, Value,
    plan::{Component, Layer, Plan},
    prelude::*,
    test_util::{Script, Scripted},
};
use tokio::time::{Instant, sleep};

use crate::support::Slow;

const KEYS: usize = 16_000;
const ROUND_TRIP: Duration = Duration::from_millis(200);

#[tokio::test(start_paused = true)]
async fn a_group_of_many_cached_keys_is_fetched_and_followed_in_one_round_trip() {
    let remote = Slow::taking(ROUND_TRIP).grouped();
    let cache = CacheSettings::new().entries(KEYS * 2).without_jitter();
    let policies = Policies::new().ttl(Duration::from_secs(60));
    let sources = Sources::builder().source("remote", remote.clone()).policies("remote", policies).cache(cache).build();
    let names: Vec<_> = (0..KEYS).map(|key| format!("k{key}")).collect();
    const REMOTE: &[Layer<'static>] = &[Layer { source: "remote", ..Layer::NEW }];
    let component = |name| Component { name, ty: "String", layers: REMOTE, ..Component::NEW };
    let components: Vec<_> = names.iter().map(|name| component(name)).collect();
    let plan = sources.bind(&Plan { name: "Many", components: &components, ..Plan::NEW }).unwrap();

    for round in 1..=2 {
        let begun = Instant::now();
        let (first, second) = tokio::join!(plan.fetch(), plan.fetch());
        for values in [first.unwrap(), second.unwrap()] {
            assert!(names.iter().all(|name| values[name.as_str()] == Value::text(name.as_str())));
        }
        assert_eq!((begun.elapsed(), remote.calls(), remote.requests()), (ROUND_TRIP, round, round * KEYS));
        let hits = plan.fetch().await.unwrap();
        assert_eq!((&hits["k7"], begun.elapsed(), remote.calls()), (&Value::text("k7"), ROUND_TRIP, round));
        sleep(Duration::from_secs(60)).await;
    }
}

/// What is left of a group when its components follow another fetch: a variable had the value of the one that could need it.
#[tokio::test(start_paused = true)]
async fn what_nobody_waits_for_is_not_sent_while_the_others_follow() {
    #[derive(Debug, AsyncAssign)]
    struct Port {
        #[component(fetch_from = "remote", ttl = "1m")]
        port: u16,
    }
    #[derive(Debug, AsyncAssign)]
    struct Config {
        #[component(fetch_from = "remote", ttl = "1m")]
        port: u16,
        #[component(fetch_from = ["local", "remote"])]
        host: String,
    }
    let port = Script::value(8080).after(Duration::from_millis(300));
    let remote = Scripted::new().grouped().answers("port", [port]).answers("host", [Script::hangs()]);
    let local = Memory::new([("host", "localhost")]);
    let sources = Sources::builder().source("remote", remote.clone()).source("local", local).build();
    let first = Port::fetch().sources(&sources).value();
    let second = Config::fetch().sources(&sources).value();
    let both = async { tokio::join!(first, second) };
    let (first, second) = tokio::time::timeout(Duration::from_secs(60), both).await.unwrap();
    let second = second.unwrap();
    assert_eq!((first.unwrap().port, second.port, &*second.host), (8080, 8080, "localhost"));
    assert_eq!((remote.calls(), remote.asked("host"), remote.in_flight()), (1, 0, 0));
}
