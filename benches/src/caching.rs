//! What the benchmark `cache` measures: structs that are filled from the cache, beside the same from `moka`, and tasks that
//! want one expired value.
//!
//! What always holds: both caches have the same thousand values, and the fields are parsed from their text each time.

#![allow(clippy::missing_panics_doc, clippy::unwrap_used, clippy::print_stdout)]

use std::{
    fmt::Display,
    hint::black_box,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use component_model::{Fetch, Sources, prelude::*};
use moka::future::Cache;
use seq_macro::seq;
use tokio::runtime::{Builder, Runtime};

use crate::{
    ready::Ready,
    side_by_side::{Timing, measure, median, time},
    sizes::{Hundred, One, Ten, Thousand, values},
};

const TASKS: usize = 1_000;
const ROUNDS: usize = 300;
const MINUTE: Duration = Duration::from_secs(60);
const SLOW: Duration = Duration::from_millis(50);
/// Longer than the `ttl` of a price.
const EXPIRED: Duration = Duration::from_millis(110);

/// What an author fills from `moka`.
type Texts = Cache<String, Arc<str>>;

async fn component<T: FromStr<Err: Display>>(cache: &Texts, key: &str) -> Result<T, String> {
    let text = cache.get(key).await.ok_or_else(|| format!("`{key}` is absent"))?;
    text.parse().map_err(|error| format!("`{key}`: {error}"))
}

async fn one(cache: &Texts) -> Result<One, String> {
    Ok(One { a0: component(cache, "a0").await? })
}

macro_rules! by_hand {
    ($name:ident, $function:ident, $half:tt) => {
        seq!(N in 0..$half {
            async fn $function(cache: &Texts) -> Result<$name, String> {
                Ok($name {
                    #(
                        a~N: component(cache, stringify!(a~N)).await?,
                        b~N: component(cache, stringify!(b~N)).await?,
                    )*
                })
            }
        });
    };
}

by_hand!(Ten, ten, 5);
by_hand!(Hundred, hundred, 50);

/// `moka` with all values.
fn moka(runtime: &Runtime) -> Texts {
    let cache = Cache::builder().max_capacity(10_000).time_to_live(MINUTE).build();
    values().for_each(|(key, text)| runtime.block_on(cache.insert(key, Arc::from(text))));
    cache
}

/// Sources whose cache has all values.
fn sources(runtime: &Runtime) -> Sources {
    let sources = Sources::builder().source("memory", Ready::new()).build();
    runtime.block_on(Fetch::<Thousand>::new().sources(&sources).cached().value()).unwrap();
    sources
}

macro_rules! compare {
    ($struct:ident, $by_hand:ident, $components:literal) => {{
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        let (moka, sources) = (moka(&runtime), sources(&runtime));
        let fetch = || runtime.block_on(Fetch::<$struct>::new().sources(&sources).cached().value()).unwrap();
        assert_eq!(fetch(), runtime.block_on($by_hand(&moka)).unwrap());
        let timings = measure(
            ROUNDS,
            &mut [
                Box::new(|| drop(black_box(runtime.block_on($by_hand(&moka)).unwrap()))),
                Box::new(|| drop(black_box(fetch()))),
            ],
        );
        assert_eq!(sources.cache().state().misses, 1_000, "the first fetch alone misses");
        row($components, &timings);
    }};
}

fn row(components: u32, timings: &[Timing]) {
    let [moka, fetch] = timings else { return };
    let each = |timing: &Timing| timing.median.as_nanos() / u128::from(components);
    println!("| {components} | {} ns | {} ns | {:.2} |", each(moka), each(fetch), fetch.ratio);
}

/// Prints how long a component of a struct takes.
pub fn hits() {
    println!("| components | from `moka::future`, one | by a fetch, one | to `moka::future` |");
    println!("| --: | --: | --: | --: |");
    compare!(One, one, 1);
    compare!(Ten, ten, 10);
    compare!(Hundred, hundred, 100);
}

#[derive(AsyncAssign)]
struct Price {
    #[component(fetch_from = "prices", ttl = "100ms")]
    _today: u64,
}

/// How long a thousand tasks take that want one expired value.
async fn expired(sources: &Sources) -> f64 {
    tokio::time::sleep(EXPIRED).await;
    let begun = Instant::now();
    let tasks: Vec<_> = (0..TASKS).map(|_| tokio::spawn(Fetch::<Price>::new().sources(sources).value())).collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    begun.elapsed().as_secs_f64()
}

async fn alone(sources: &Sources) -> f64 {
    tokio::time::sleep(EXPIRED).await;
    let begun = Instant::now();
    Fetch::<Price>::new().sources(sources).value().await.unwrap();
    begun.elapsed().as_secs_f64()
}

/// Prints how many requests the tasks send, and how long they take beside one fetch.
pub fn one_expired_value() {
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    let requests = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&requests);
    let price = move |_| {
        counter.fetch_add(1, Relaxed);
        async {
            tokio::time::sleep(SLOW).await;
            Ok::<_, std::io::Error>(Some(7))
        }
    };
    let sources = Sources::builder().closure("prices", price).build();
    let (mut most, mut one, mut all) = (0, Vec::new(), Vec::new());
    for _ in 0..15 {
        one.push(runtime.block_on(alone(&sources)));
        let before = requests.load(Relaxed);
        all.push(runtime.block_on(expired(&sources)));
        most = most.max(requests.load(Relaxed) - before);
    }
    let (one, all) = (median(one), median(all));
    println!("| tasks that want one expired value | requests | one fetch | all tasks | ratio | more for each task |");
    println!("| --: | --: | --: | --: | --: | --: |");
    println!(
        "| {TASKS} | {most} | {} | {} | {:.2} | {:.2} µs |",
        time(Duration::from_secs_f64(one)),
        time(Duration::from_secs_f64(all)),
        all / one,
        (all - one) / TASKS as f64 * 1e6,
    );
}
