//! The start of a program that fetches thirty components from six sources, of which three are dead.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use component_model::{
    Answer, Asked, ErrorKind, Fetch, KeyQuery, Policies, Request, RequestSpec, Source, SourceError, Sources, Value,
    prelude::*,
};
use futures_util::future::join_all;
use seq_macro::seq;
use tokio::runtime::Builder;

const DEADLINE: Duration = Duration::from_secs(2);
const TIMEOUT: Duration = Duration::from_millis(250);
/// The retries that a budget always allows.
const FLOOR: u64 = 10;

seq!(N in 0..5 {
    /// Thirty components, five from each source.
    #[derive(AsyncAssign)]
    struct Thirty {
        #(
            #[component(fetch_from = "up0")]
            _a~N: u64,
            #[component(fetch_from = "up1")]
            _b~N: u64,
            #[component(fetch_from = "up2")]
            _c~N: u64,
            #[component(fetch_from = "down0")]
            _d~N: u64,
            #[component(fetch_from = "down1")]
            _e~N: u64,
            #[component(fetch_from = "down2")]
            _f~N: u64,
        )*
    }
});

#[derive(Debug, Clone, Copy)]
enum Health {
    Up,
    Refuses,
    Silent,
}

struct Server {
    health: Health,
    requests: Arc<AtomicU64>,
}

impl Source for Server {
    type Query = KeyQuery;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
        Request::by_key(spec)
    }

    async fn fetch(&self, _: Asked<'_, KeyQuery>) -> Answer {
        self.requests.fetch_add(1, Relaxed);
        match self.health {
            Health::Up => Ok(Value::text("8080").into()),
            Health::Refuses => Err(SourceError::new(ErrorKind::Unreachable, "connection refused")),
            Health::Silent => pending().await,
        }
    }
}

/// What a start came to.
struct Start {
    elapsed: Duration,
    /// The values of all fetches.
    values: usize,
    /// The requests that reached each dead source.
    requests: Vec<u64>,
}

async fn start(dead: Health, fetches: usize) -> Start {
    let requests: [Arc<AtomicU64>; 6] = Default::default();
    let mut sources = Sources::builder();
    for (number, requests) in requests.iter().enumerate() {
        let (name, health) = match number {
            0..3 => (format!("up{number}"), Health::Up),
            _ => (format!("down{}", number - 3), dead),
        };
        let source = Server { health, requests: Arc::clone(requests) };
        sources = sources.source(name.clone(), source).policies(name, Policies::new().timeout(TIMEOUT));
    }
    let sources = sources.build();
    let begun = Instant::now();
    let fetch = || Fetch::<Thirty>::new().sources(&sources).deadline(DEADLINE).resilient().partial();
    let partial = join_all((0..fetches).map(|_| fetch())).await;
    Start {
        elapsed: begun.elapsed(),
        values: partial.iter().map(|partial| 30 - partial.errors().len()).sum(),
        requests: requests[3..].iter().map(|requests| requests.load(Relaxed)).collect(),
    }
}

/// Prints how long a start takes, and what reaches the dead sources.
pub fn print() {
    println!(
        "| dead sources | starts at once | time | of the deadline | values of each | requests to a dead source, at most | budget |"
    );
    println!("| :-- | --: | --: | --: | --: | --: | --: |");
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    for (dead, name) in [(Health::Refuses, "refuse"), (Health::Silent, "do not answer")] {
        for fetches in [1, 10, 100] {
            let start = runtime.block_on(start(dead, fetches));
            let first = 5 * fetches as u64;
            println!(
                "| {name} | {fetches} | {:.0} ms | {:.2} | {} | {} | {} |",
                start.elapsed.as_secs_f64() * 1e3,
                start.elapsed.as_secs_f64() / DEADLINE.as_secs_f64(),
                start.values / fetches,
                start.requests.iter().max().copied().unwrap_or_default(),
                first + FLOOR.max(first / 5),
            );
        }
    }
}
