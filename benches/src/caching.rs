//! What the benchmark `cache` measures: hits beside `moka` and `quick_cache`, and tasks that want one expired value.

#![allow(clippy::missing_panics_doc, clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use std::{
    hint::black_box,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use component_model::{KeyQuery, Opaque, Record, Reply, Value};
use futures_util::FutureExt;
use tokio::{runtime::Builder, time::Instant};

use crate::{
    bind,
    cache::{Cache, CacheSettings, Followed, Freshness, Lookup},
    side_by_side::{measure, median},
};

const KEYS: usize = 1_000;
const TASKS: usize = 1_000;
const ROUNDS: usize = 300;
const MINUTE: Duration = Duration::from_secs(60);

fn key(number: usize) -> bind::Identity {
    (Arc::from("consul"), Opaque::new(KeyQuery::new(format!("shop/component/{number}"))))
}

fn reply() -> Reply {
    Record::shared(Value::text("postgres://db.example/shop")).into()
}

/// Calls a function with the next key each time.
fn each<'k>(keys: &'k [bind::Identity], mut get: impl FnMut(&'k bind::Identity) + 'k) -> Box<dyn FnMut() + 'k> {
    let mut next = keys.iter().cycle();
    Box::new(move || next.next().into_iter().for_each(&mut get))
}

/// Prints how long a hit takes.
pub fn hits() {
    let keys: Vec<_> = (0..KEYS).map(key).collect();
    let moka_future = moka::future::Cache::builder().max_capacity(10_000).time_to_live(MINUTE).build();
    let moka_sync = moka::sync::Cache::builder().max_capacity(10_000).time_to_live(MINUTE).build();
    let quick = quick_cache::sync::Cache::new(10_000);
    let own = Cache::new(CacheSettings::new());
    let freshness = Freshness { ttl: MINUTE, ..Freshness::default() };
    let now = Instant::now();
    for key in &keys {
        moka_future.insert(key.clone(), reply()).now_or_never().unwrap();
        moka_sync.insert(key.clone(), reply());
        quick.insert(key.clone(), reply());
        own.store(key, &reply(), own.start(), now);
    }
    let timings = measure(
        ROUNDS,
        &mut [
            each(&keys, |key| drop(black_box(moka_future.get(key).now_or_never().unwrap().unwrap()))),
            each(&keys, |key| drop(black_box(moka_sync.get(key).unwrap()))),
            each(&keys, |key| drop(black_box(quick.get(key).unwrap()))),
            each(&keys, |key| match black_box(own.lookup(key, freshness, now)) {
                Lookup::Fresh(hit) => drop(hit),
                other => panic!("{other:?}"),
            }),
            each(&keys, |key| drop(black_box(own.lookup(key, freshness, Instant::now())))),
        ],
    );
    let names = ["`moka::future`", "`moka::sync`", "`quick_cache`", "the cache", "the cache, with the time"];
    println!("| a hit of | time | to `moka::future` |");
    println!("| --- | --: | --: |");
    for (name, timing) in names.iter().zip(timings) {
        println!("| {name} | {} ns | {:.2} |", timing.median.as_nanos(), timing.ratio);
    }
}

/// The requests that the tasks send, and the seconds that they take beside the request's own.
async fn expired(cache: &Cache, slow: Duration) -> (usize, f64) {
    let requests = Arc::new(AtomicUsize::new(0));
    cache.store(&key(0), &reply(), cache.start(), Instant::now());
    let freshness = Freshness::default();
    let begun = Instant::now();
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            let (cache, requests) = (cache.clone(), Arc::clone(&requests));
            tokio::spawn(async move {
                let key = key(0);
                let Lookup::Expired(_, known) = cache.lookup(&key, freshness, Instant::now()) else { panic!() };
                let mut joined = cache.join_many([&key]);
                match (joined.lead.pop(), joined.follow.pop()) {
                    (Some((_, lead)), _) => {
                        requests.fetch_add(1, Relaxed);
                        tokio::time::sleep(slow).await;
                        lead.finish(&Ok(reply()), Some(&known), Instant::now())
                    }
                    (None, Some((_, follower))) => match follower.await {
                        Followed::Answer(answer) => answer,
                        Followed::Lead(_) => panic!(),
                    },
                    (None, None) => panic!(),
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    (requests.load(Relaxed), (begun.elapsed() - slow).as_secs_f64())
}

/// Prints how many requests the tasks send, and what they cost.
pub fn one_expired_value() {
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    let slow = Duration::from_millis(50);
    let cache = Cache::new(CacheSettings::new());
    let rounds: Vec<_> = (0..15).map(|_| runtime.block_on(expired(&cache, slow))).collect();
    let requests = rounds.iter().map(|(requests, _)| *requests).max().unwrap_or_default();
    let each = median(rounds.iter().map(|(_, seconds)| seconds / TASKS as f64).collect());
    println!("| tasks that want one expired value | requests | beside the request, a task |");
    println!("| --: | --: | --: |");
    println!("| {TASKS} | {requests} | {:.2} µs |", each * 1e6);
}
