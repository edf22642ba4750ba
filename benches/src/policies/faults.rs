//! A source that fails and delays at random, asked by a fetch and by a stack of `tower`.
//!
//! What always holds: both have the same policies, and the same faults: they depend on the number of the request.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use component_model::{
    Answer, Asked, ErrorKind, Fetch, KeyQuery, Policies, Request, RequestSpec, RetryBudget, Source, SourceError,
    Sources, Value, prelude::*,
};
use tokio::{
    runtime::Builder,
    task::JoinSet,
    time::{Sleep, sleep},
};
use tower::{
    BoxError, Service, ServiceBuilder, ServiceExt,
    retry::{
        Policy,
        backoff::{Backoff, ExponentialBackoff, ExponentialBackoffMaker, MakeBackoff},
        budget::{Budget, TpsBudget},
    },
    service_fn,
    util::rng::HasherRng,
};

const TASKS: u64 = 40;
const LOADS: u64 = 100;
const LIMIT: usize = 20;
const ATTEMPTS: u32 = 3;
const TIMEOUT: Duration = Duration::from_millis(20);
const PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(10);
const WINDOW: Duration = Duration::from_secs(10);

/// A source of which 20 % of all requests fail, and 2 % are never answered. The others take 1 to 5 ms.
#[derive(Debug, Default)]
struct Faulty {
    seed: u64,
    requests: AtomicU64,
}

#[derive(Debug)]
struct Refused;

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("refused")
    }
}

impl std::error::Error for Refused {}

impl Faulty {
    async fn ask(&self, _key: &str) -> Result<String, Refused> {
        let random = mixed(self.seed ^ self.requests.fetch_add(1, Relaxed));
        sleep(Duration::from_millis(1 + random % 5)).await;
        match (random >> 32) % 100 {
            0..20 => Err(Refused),
            20..22 => pending().await,
            _ => Ok("8080".to_owned()),
        }
    }
}

/// The finalizer of SplitMix64.
fn mixed(number: u64) -> u64 {
    let one = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let two = (one ^ (one >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let three = (two ^ (two >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    three ^ (three >> 31)
}

struct FaultySource(Arc<Faulty>);

impl Source for FaultySource {
    type Query = KeyQuery;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
        Request::by_key(spec)
    }

    async fn fetch(&self, asked: Asked<'_, KeyQuery>) -> Answer {
        let text = self.0.ask(asked.query().key()).await;
        text.map(|text| Value::text(text).into())
            .map_err(|error| SourceError::new(ErrorKind::Unreachable, error.to_string()))
    }
}

#[derive(AsyncAssign)]
struct Settings {
    #[component(fetch_from = "faulty")]
    _port: u16,
}

/// The retries of the hand-written stack.
#[derive(Clone)]
struct Retries {
    budget: Option<Arc<TpsBudget>>,
    backoff: ExponentialBackoff,
    left: u32,
}

impl Policy<String, String, BoxError> for Retries {
    type Future = Sleep;

    fn retry(&mut self, _: &mut String, result: &mut Result<String, BoxError>) -> Option<Sleep> {
        let is_transient = |error: &BoxError| error.is::<Refused>() || error.is::<tower::timeout::error::Elapsed>();
        match result {
            Ok(_) => {
                self.budget.iter().for_each(|budget| budget.deposit());
                None
            }
            Err(error) if !is_transient(error) || self.left == 0 => None,
            Err(_) if self.budget.as_ref().is_some_and(|budget| !budget.withdraw()) => None,
            Err(_) => {
                self.left -= 1;
                Some(self.backoff.next_backoff())
            }
        }
    }

    fn clone_request(&mut self, key: &String) -> Option<String> {
        Some(key.clone())
    }
}

/// What came of all loads.
#[derive(Default)]
struct Totals {
    requests: u64,
    /// How long each load took that succeeded, in seconds.
    succeeded: Vec<f64>,
}

/// Loads the struct often, from as many tasks; `None` is a load that failed.
async fn load_all<L, F>(faulty: &Faulty, load: L) -> Totals
where
    L: Fn() -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Option<u16>> + Send + 'static,
{
    let mut tasks = JoinSet::new();
    for _ in 0..TASKS {
        let load = load.clone();
        tasks.spawn(async move {
            let mut succeeded = Vec::new();
            for _ in 0..LOADS {
                let begun = Instant::now();
                succeeded.extend(load().await.map(|_| begun.elapsed().as_secs_f64()));
            }
            succeeded
        });
    }
    let succeeded = tasks.join_all().await.into_iter().flatten().collect();
    Totals { requests: faulty.requests.load(Relaxed), succeeded }
}

async fn by_fetch(seed: u64, budgeted: bool) -> Totals {
    let faulty = Arc::new(Faulty { seed, ..Faulty::default() });
    let budget = if budgeted { RetryBudget::new() } else { RetryBudget::unlimited() };
    let policies = Policies::new().timeout(TIMEOUT).retry_attempts(ATTEMPTS).limit(LIMIT).retry_budget(budget);
    let policies = policies.retry_backoff(PAUSE).retry_max_backoff(LONGEST_PAUSE);
    let sources = Sources::builder().source("faulty", FaultySource(Arc::clone(&faulty))).policies("faulty", policies);
    let sources = sources.build();
    let load = move || {
        let fetch = Fetch::<Settings>::new().sources(&sources);
        async move { fetch.value().await.ok().map(|settings| settings._port) }
    };
    load_all(&faulty, load).await
}

async fn by_tower(seed: u64, budgeted: bool) -> Totals {
    let faulty = Arc::new(Faulty { seed, ..Faulty::default() });
    let asked = Arc::clone(&faulty);
    let mut backoff = ExponentialBackoffMaker::new(PAUSE, LONGEST_PAUSE, 1.0, HasherRng::default()).unwrap();
    let budget = budgeted.then(|| Arc::new(TpsBudget::new(WINDOW, 1, 0.2)));
    let source = service_fn(move |key: String| {
        let asked = Arc::clone(&asked);
        async move { asked.ask(&key).await }
    });
    let retries = Retries { budget, backoff: backoff.make_backoff(), left: ATTEMPTS - 1 };
    let stack = ServiceBuilder::new().retry(retries).concurrency_limit(LIMIT).timeout(TIMEOUT).service(source);
    let load = move || {
        let mut stack = stack.clone();
        async move {
            let ready = stack.ready().await.ok()?;
            ready.call("port".to_owned()).await.ok()?.parse().ok()
        }
    };
    load_all(&faulty, load).await
}

fn row(name: &str, mut totals: Totals) {
    let loads = (TASKS * LOADS) as f64;
    totals.succeeded.sort_by(f64::total_cmp);
    let percentile = |part: f64| totals.succeeded.get((totals.succeeded.len() as f64 * part) as usize).unwrap_or(&0.0);
    println!(
        "| {name} | {} | {:.2} | {:.2} % | {:.2} ms | {:.1} ms |",
        totals.requests,
        totals.requests as f64 / loads,
        totals.succeeded.len() as f64 / loads * 100.0,
        percentile(0.5) * 1e3,
        percentile(0.99) * 1e3,
    );
}

/// Prints what comes of the same faults.
pub fn print() {
    const SEED: u64 = 0x5eed;
    println!("| {} loads | requests | requests for a load | succeeded | median | 99 % within |", TASKS * LOADS);
    println!("| :-- | --: | --: | --: | --: | --: |");
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    for (budgeted, budget) in [(true, "a budget of 20 %"), (false, "no budget")] {
        row(&format!("`tower`, {budget}"), runtime.block_on(by_tower(SEED, budgeted)));
        row(&format!("a fetch, {budget}"), runtime.block_on(by_fetch(SEED, budgeted)));
    }
}
