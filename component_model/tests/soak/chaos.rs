//! A source that answers, fails, hangs and panics at random, and remembers what it has given.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use component_model::{Answer, Asked, ErrorKind, KeyQuery, Reply, Request, RequestSpec, Source, SourceError, Value};
use fastrand::Rng;

/// What a source panics with.
pub(crate) const PANIC: &str = "a panic of the soak";

/// The first number of each key's values; the further ones follow it.
const SPAN: u64 = 1_000_000_000_000;

/// How often of a thousand calls each fault happens; the others are answered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Odds {
    pub(crate) fails: u32,
    pub(crate) hangs: u32,
    pub(crate) panics: u32,
    pub(crate) absent: u32,
    /// With a delay of up to 5 ms.
    pub(crate) late: u32,
}

#[derive(Clone)]
pub(crate) struct Chaos(Arc<State>);

struct State {
    odds: Odds,
    random: Mutex<Rng>,
    keys: &'static [&'static str],
    given: Vec<AtomicU64>,
    in_flight: AtomicUsize,
    calls: AtomicUsize,
    most_in_flight: AtomicUsize,
}

impl Chaos {
    pub(crate) fn new(seed: u64, keys: &'static [&'static str], odds: Odds) -> Self {
        Self(Arc::new(State {
            odds,
            random: Mutex::new(Rng::with_seed(seed)),
            keys,
            given: keys.iter().map(|_| AtomicU64::new(0)).collect(),
            in_flight: AtomicUsize::new(0),
            calls: AtomicUsize::new(0),
            most_in_flight: AtomicUsize::new(0),
        }))
    }

    /// Whether it has given this value for this key.
    pub(crate) fn has_given(&self, key: &str, value: u64) -> bool {
        let at = self.at(key);
        let number = value.checked_sub(first(at));
        number.is_some_and(|number| number < self.0.given[at].load(Ordering::SeqCst))
    }

    pub(crate) fn calls(&self) -> usize {
        self.0.calls.load(Ordering::Relaxed)
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.0.in_flight.load(Ordering::SeqCst)
    }

    pub(crate) fn most_in_flight(&self) -> usize {
        self.0.most_in_flight.load(Ordering::SeqCst)
    }

    fn at(&self, key: &str) -> usize {
        self.0.keys.iter().position(|known| *known == key).unwrap()
    }

    fn rolls(&self) -> (u32, Duration) {
        let mut random = self.0.random.lock().unwrap();
        (random.u32(0..1000), Duration::from_micros(random.u64(0..5000)))
    }
}

fn first(at: usize) -> u64 {
    (u64::try_from(at).unwrap() + 1) * SPAN
}

impl Source for Chaos {
    type Query = KeyQuery;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
        let key = spec.key()?;
        Ok(Request::new(KeyQuery::new(&*key), key))
    }

    async fn fetch(&self, asked: Asked<'_, KeyQuery>) -> Answer {
        let _call = Call::new(&self.0);
        let (roll, delay) = self.rolls();
        let Odds { fails, hangs, panics, absent, late } = self.0.odds;
        if roll >= 1000 - late {
            tokio::time::sleep(delay).await;
        } else {
            tokio::task::yield_now().await;
        }
        let kinds = [ErrorKind::Unavailable, ErrorKind::Unreachable, ErrorKind::Throttled, ErrorKind::Malformed];
        if roll < fails {
            let kind = kinds[usize::try_from(roll).unwrap() % kinds.len()];
            return Err(SourceError::new(kind, "simulated"));
        }
        if roll < fails + hangs {
            std::future::pending::<()>().await;
        }
        assert!(!(fails + hangs..fails + hangs + panics).contains(&roll), "{PANIC}");
        if (fails + hangs + panics..fails + hangs + panics + absent).contains(&roll) {
            return Ok(Reply::ABSENT);
        }
        let at = self.at(asked.query().key());
        let number = self.0.given[at].fetch_add(1, Ordering::SeqCst);
        Ok(Value::text((first(at) + number).to_string()).into())
    }
}

/// A call in flight, also if it is dropped or panics.
struct Call<'s>(&'s State);

impl<'s> Call<'s> {
    fn new(state: &'s State) -> Self {
        state.calls.fetch_add(1, Ordering::Relaxed);
        let in_flight = state.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        state.most_in_flight.fetch_max(in_flight, Ordering::SeqCst);
        Self(state)
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::SeqCst);
    }
}
