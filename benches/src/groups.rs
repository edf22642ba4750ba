//! What a group of many cached keys costs, for each key.
//!
//! What always holds: the source answers all keys in one call, and the time does not depend on how many others there are.

#![allow(clippy::missing_panics_doc, clippy::unwrap_used, clippy::print_stdout)]

use std::time::{Duration, Instant};

use component_model::{
    Answer, Asked, CacheSettings, KeyQuery, Policies, Request, RequestSpec, Source, SourceError, Sources, Value,
    plan::{Component, Layer, Plan},
};
use tokio::{
    runtime::{Builder, Runtime},
    task::yield_now,
};

use crate::side_by_side::{median, time};

const ROUNDS: usize = 15;

/// Answers all keys in one call, and not at once.
struct Grouped;

impl Source for Grouped {
    type Query = KeyQuery;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
        Ok(Request::by_key(spec)?.with_group(()))
    }

    async fn fetch(&self, asked: Asked<'_, KeyQuery>) -> Answer {
        self.fetch_many(&[asked]).await.remove(0)
    }

    async fn fetch_many(&self, asked: &[Asked<'_, KeyQuery>]) -> Vec<Answer> {
        yield_now().await;
        asked.iter().map(|asked| Ok(Value::text(asked.query().key()).into())).collect()
    }
}

/// How long a fetch of so many keys takes for each, and two of them at once, after a first one.
fn for_each(runtime: &Runtime, keys: usize, ttl: Duration) -> [Duration; 2] {
    let cache = CacheSettings::new().entries(keys * 2).without_jitter();
    let policies = Policies::new().ttl(ttl);
    let sources = Sources::builder().source("remote", Grouped).policies("remote", policies).cache(cache).build();
    let names: Vec<_> = (0..keys).map(|key| format!("k{key}")).collect();
    let layers = [Layer { source: "remote", ..Layer::NEW }];
    let component = |name| Component { name, ty: "String", layers: &layers, ..Component::NEW };
    let components: Vec<_> = names.iter().map(|name| component(name)).collect();
    let plan = sources.bind(&Plan { name: "Many", components: &components, ..Plan::NEW }).unwrap();
    let fetch = |both: bool| {
        let begun = Instant::now();
        runtime.block_on(async {
            if both {
                let (one, other) = tokio::join!(plan.fetch(), plan.fetch());
                drop((one.unwrap(), other.unwrap()));
            } else {
                drop(plan.fetch().await.unwrap());
            }
        });
        begun.elapsed().as_secs_f64() / keys as f64
    };
    fetch(false);
    [false, true].map(|both| Duration::from_secs_f64(median((0..ROUNDS).map(|_| fetch(both)).collect())))
}

/// Prints the times.
pub fn many_keys() {
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    println!("| keys of one cached group | hot, for each key | expired, for each key | two fetches at once, expired |");
    println!("| --: | --: | --: | --: |");
    for keys in [1_000, 8_000] {
        let [hot, _] = for_each(&runtime, keys, Duration::from_secs(3600));
        let [expired, both] = for_each(&runtime, keys, Duration::from_nanos(1));
        println!("| {keys} | {} | {} | {} |", time(hot), time(expired), time(both));
    }
}
