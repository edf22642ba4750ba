//! The sources, what is fetched from them, and who fetches it.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use component_model::{
    CacheSettings, CircuitBreaker, Memory, Outcome, Policies, fetchers::api::Api, prelude::*, test_util::Faulty,
};
use fastrand::Rng;
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep_until},
};

use crate::{
    chaos::{Chaos, Odds, PANIC},
    http::{Http, VALUE},
};

const FALLBACK: u64 = 1;
const OTHER: u64 = 2;
const DEFAULT: u64 = 3;

/// How many fetch at once.
const WORKERS: u32 = 64;

/// Of a hundred fetches with every policy so many are dropped within 5 ms.
const CANCELLED: u32 = 30;

/// Every policy at once.
#[derive(Debug, AsyncAssign)]
struct Service {
    #[component(fetch_from = "flaky", ttl = "100ms", stale_for = "1s", refresh_ahead = "20ms", timeout = "20ms")]
    cached: Option<u64>,
    #[component(
        fetch_from = "flaky",
        retry_attempts = 3,
        retry_backoff = "1ms",
        timeout = "20ms",
        fallback = 1,
        fallback_on = "any"
    )]
    retried: u64,
    #[component(fetch_from = "broken", circuit_breaker = true, timeout = "20ms", fallback = 1, fallback_on = "any")]
    guarded: u64,
    #[component(
        fetch_from = "broken",
        circuit_breaker = true,
        timeout = "20ms",
        fallback_to = "other",
        fallback = 1,
        fallback_on = "any",
        default = 3
    )]
    elsewhere: u64,
    #[component(
        fetch_from = "broken",
        ttl = "20ms",
        stale_for = "1h",
        timeout = "20ms",
        fallback = 1,
        fallback_on = "any"
    )]
    stale: u64,
    #[component(
        fetch_from = "api",
        key = "x",
        ttl = "50ms",
        retry_attempts = 2,
        retry_backoff = "1ms",
        timeout = "1s",
        fallback = 1
    )]
    remote: u64,
}

/// What most fetches of a service are: values from the cache.
#[derive(Debug, AsyncAssign)]
struct Cheap {
    #[component(
        fetch_from = "flaky",
        key = "cached",
        ttl = "100ms",
        stale_for = "1s",
        timeout = "20ms",
        fallback = 1,
        fallback_on = "any"
    )]
    cached: u64,
    #[component(
        fetch_from = "wrapped",
        key = "steady",
        ttl = "100ms",
        stale_for = "1s",
        timeout = "20ms",
        fallback = 1,
        fallback_on = "any"
    )]
    steady: u64,
}

pub(crate) struct Load {
    pub(crate) sources: Sources,
    pub(crate) http: Http,
    flaky: Chaos,
    broken: Chaos,
    steady: Chaos,
    outcomes: [AtomicU64; 10],
    fetches: AtomicU64,
    failed: AtomicU64,
    cancelled: AtomicU64,
    panicked: AtomicU64,
    opened: Arc<AtomicU64>,
    wrong: Mutex<Vec<String>>,
}

impl Load {
    pub(crate) async fn start() -> Self {
        let http = Http::start().await;
        let odds = Odds { fails: 100, hangs: 2, panics: 2, absent: 20, late: 300 };
        let flaky = Chaos::new(1, &["cached", "retried"], odds);
        let broken = Chaos::new(2, &["guarded", "elsewhere", "stale"], Odds { fails: 700, ..odds });
        let steady = Chaos::new(3, &["steady"], Odds { fails: 0, hangs: 0, panics: 0, absent: 0, late: 100 });
        let wrapped = Faulty::new(steady.clone());
        wrapped.fail_with_probability(0.1, 4, component_model::ErrorKind::Unavailable);
        let opened = Arc::new(AtomicU64::new(0));
        let figures =
            CircuitBreaker::new().open_for(Duration::from_millis(50)).longest_open(Duration::from_millis(200));
        let sources = Sources::builder()
            .source("flaky", flaky.clone())
            .source("broken", broken.clone())
            .policies("broken", Policies::new().circuit_breaker(figures))
            .source("wrapped", wrapped)
            .source("other", Memory::new([("elsewhere", "2")]))
            .source("api", Api::builder().base(&http.url).unwrap().build().unwrap())
            .cache(CacheSettings::new())
            .observe_breakers({
                let opened = Arc::clone(&opened);
                move |_| count(&opened)
            })
            .build();
        Self {
            sources,
            http,
            flaky,
            broken,
            steady,
            outcomes: Default::default(),
            fetches: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            cancelled: AtomicU64::new(0),
            panicked: AtomicU64::new(0),
            opened,
            wrong: Mutex::default(),
        }
    }

    /// One fetch of a service.
    async fn service(&self) {
        let Ok(fetched) = Service::fetch().sources(&self.sources).report().await else {
            return count(&self.failed);
        };
        for entry in fetched.report.entries() {
            count(&self.outcomes[entry.outcome() as usize]);
        }
        let Service { cached, retried, guarded, elsewhere, stale, remote } = fetched.value;
        if let Some(cached) = cached {
            self.check("cached", cached, self.flaky.has_given("cached", cached));
        }
        self.check("retried", retried, retried == FALLBACK || self.flaky.has_given("retried", retried));
        self.check("guarded", guarded, guarded == FALLBACK || self.broken.has_given("guarded", guarded));
        let is_other = [FALLBACK, OTHER, DEFAULT].contains(&elsewhere);
        self.check("elsewhere", elsewhere, is_other || self.broken.has_given("elsewhere", elsewhere));
        self.check("stale", stale, stale == FALLBACK || self.broken.has_given("stale", stale));
        self.check("remote", remote, [FALLBACK, VALUE].contains(&remote));
    }

    async fn cheap(&self) {
        let Ok(Cheap { cached, steady }) = Cheap::fetch().sources(&self.sources).value().await else {
            return count(&self.failed);
        };
        self.check("cached", cached, cached == FALLBACK || self.flaky.has_given("cached", cached));
        self.check("steady", steady, steady == FALLBACK || self.steady.has_given("steady", steady));
    }

    fn check(&self, name: &str, value: u64, is_right: bool) {
        if !is_right {
            self.wrong.lock().unwrap().push(format!("{name} = {value}"));
        }
    }

    pub(crate) fn wrong(&self) -> Vec<String> {
        self.wrong.lock().unwrap().clone()
    }

    pub(crate) fn in_flight(&self) -> usize {
        [&self.flaky, &self.broken, &self.steady].map(Chaos::in_flight).iter().sum()
    }

    pub(crate) fn most_in_flight(&self) -> usize {
        [&self.flaky, &self.broken, &self.steady].map(Chaos::most_in_flight).into_iter().max().unwrap()
    }

    /// Whether everything that may happen did.
    pub(crate) fn has_happened(&self) -> bool {
        use Outcome::{Absent, Cached, Default, Fallback, Fetched, OtherSource, Stale};
        let outcomes = [Absent, Cached, Default, Fallback, Fetched, OtherSource, Stale];
        outcomes.iter().all(|outcome| self.outcomes[*outcome as usize].load(Ordering::Relaxed) > 0)
            && [&self.cancelled, &self.panicked, &*self.opened].iter().all(|count| count.load(Ordering::Relaxed) > 0)
            && self.http.accepted() > 1
    }

    pub(crate) fn summary(&self, elapsed: f64) -> String {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let fetches = read(&self.fetches);
        #[allow(clippy::cast_precision_loss)]
        let rate = fetches as f64 / elapsed;
        format!(
            "{fetches} fetches in {elapsed:.1} s, {rate:.0} a second: {} failed, {} cancelled, {} panicked; \
             {} calls of the sources; {} changes of breakers; {} connections\n\
             outcomes, from fetched to failed: {:?}",
            read(&self.failed),
            read(&self.cancelled),
            read(&self.panicked),
            self.flaky.calls() + self.broken.calls() + self.steady.calls(),
            read(&self.opened),
            self.http.accepted(),
            self.outcomes.each_ref().map(read),
        )
    }
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// Fetches at this rate until then, or as fast as the machine can.
pub(crate) fn work(load: &Arc<Load>, rate: u32, until: Instant) -> Vec<JoinHandle<()>> {
    let period = Duration::from_secs(1) * WORKERS / rate;
    (0..WORKERS).map(|number| tokio::spawn(worker(Arc::clone(load), number, period, until))).collect()
}

async fn worker(load: Arc<Load>, number: u32, period: Duration, until: Instant) {
    let mut random = Rng::with_seed(number.into());
    let mut due = Instant::now() + period * number / WORKERS;
    while due < until {
        sleep_until(due).await;
        // What cannot be caught up with is left out.
        due = (due + period).max(Instant::now());
        count(&load.fetches);
        let is_service = random.u32(0..10) == 0;
        let fetch = tokio::spawn({
            let load = Arc::clone(&load);
            async move { if is_service { load.service().await } else { load.cheap().await } }
        });
        if is_service && random.u32(0..100) < CANCELLED {
            sleep_until(Instant::now() + Duration::from_micros(random.u64(0..5000))).await;
            fetch.abort();
        }
        match fetch.await {
            Ok(()) => {}
            Err(error) if error.is_cancelled() => count(&load.cancelled),
            Err(_) => count(&load.panicked),
        }
    }
}

/// Prints no panic that a source was asked for.
pub(crate) fn silence_panics() {
    let others = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if panic.payload_as_str() != Some(PANIC) {
            others(panic);
        }
    }));
}
