//! `lookup`, `stale` and `store` beside a model that keeps every answer in a list.

use proptest::prelude::*;

use super::*;
use crate::Lease;

#[derive(Debug, Clone)]
enum Step {
    /// A request begins, and is answered after some later steps.
    Start {
        key: u8,
    },
    Answer {
        which: usize,
        reply: Answered,
    },
    Invalidate {
        key: u8,
    },
    InvalidateAll,
    Advance(u64),
    Read {
        key: u8,
        freshness: [u64; 3],
    },
}

#[derive(Debug, Clone, Copy)]
enum Answered {
    Found { good_for: Option<u64>, lease: Option<u64> },
    Absent { good_for: Option<u64> },
    Unchanged { good_for: Option<u64> },
}

/// An answer as the model keeps it; all times are seconds from the beginning.
#[derive(Debug, Clone, Copy)]
struct Known {
    request: usize,
    text: Option<usize>,
    at: u64,
    good_for: Option<u64>,
    end: Option<u64>,
}

#[derive(Default)]
struct Model {
    now: u64,
    stored: std::collections::HashMap<u8, Known>,
    /// Each request, and whether something was invalidated since it began.
    requests: Vec<(u8, bool)>,
}

const ABSENT_FOR: u64 = 5;

impl Model {
    fn answer(&mut self, request: usize, text: usize, reply: Answered) {
        let (key, invalidated) = self.requests[request];
        let stored = self.usable(key);
        if invalidated || self.stored.get(&key).is_some_and(|known| known.request > request) {
            return;
        }
        let at = self.now;
        let known = match (reply, stored) {
            (Answered::Found { good_for, lease }, _) => {
                Known { request, text: Some(text), at, good_for, end: lease.map(|lease| at + lease) }
            }
            (Answered::Absent { good_for }, _) => Known { request, text: None, at, good_for, end: None },
            (Answered::Unchanged { good_for }, Some(known)) => {
                Known { request, at, good_for: good_for.or(known.good_for), ..known }
            }
            (Answered::Unchanged { .. }, None) => return,
        };
        self.stored.insert(key, known);
    }

    fn usable(&self, key: u8) -> Option<Known> {
        self.stored.get(&key).copied().filter(|known| known.end.is_none_or(|end| end > self.now))
    }

    fn fresh_for(known: Known, ttl: u64) -> u64 {
        let limit = if known.text.is_some() { u64::MAX } else { ABSENT_FOR };
        ttl.min(limit).min(known.good_for.unwrap_or(u64::MAX))
    }

    fn lookup(&self, key: u8, [ttl, _, ahead]: [u64; 3]) -> String {
        let Some(known) = self.usable(key) else { return "miss".to_owned() };
        let (age, fresh_for) = (self.now - known.at, Self::fresh_for(known, ttl));
        // Twice everything, since half of an odd number of seconds counts.
        let ahead = if known.text.is_some() { (2 * ahead).min(fresh_for) } else { 0 };
        let judged = match () {
            () if age >= fresh_for => "expired",
            () if 2 * age >= 2 * fresh_for - ahead => "ahead",
            () => "fresh",
        };
        format!("{judged} {}", known.text.map_or("absent".to_owned(), |text| text.to_string()))
    }

    fn stale(&self, key: u8, [ttl, stale_for, _]: [u64; 3]) -> Option<String> {
        let known = self.usable(key)?;
        let is_usable = self.now - known.at < Self::fresh_for(known, ttl) + stale_for;
        known.text.filter(|_| is_usable).map(|text| text.to_string())
    }
}

fn seconds() -> impl Strategy<Value = Option<u64>> {
    proptest::option::of(0..12u64)
}

fn step() -> impl Strategy<Value = Step> {
    let reply = prop_oneof![
        (seconds(), seconds()).prop_map(|(good_for, lease)| Answered::Found { good_for, lease }),
        seconds().prop_map(|good_for| Answered::Absent { good_for }),
        seconds().prop_map(|good_for| Answered::Unchanged { good_for }),
    ];
    prop_oneof![
        3 => (0..3u8).prop_map(|key| Step::Start { key }),
        4 => (any::<usize>(), reply).prop_map(|(which, reply)| Step::Answer { which, reply }),
        1 => (0..3u8).prop_map(|key| Step::Invalidate { key }),
        1 => Just(Step::InvalidateAll),
        3 => (0..6u64).prop_map(Step::Advance),
        6 => (0..3u8, prop::array::uniform3(0..15u64)).prop_map(|(key, freshness)| Step::Read { key, freshness }),
    ]
}

fn reply(text: usize, answered: Answered) -> Reply {
    let duration = |seconds: Option<u64>| seconds.map(Duration::from_secs);
    match answered {
        Answered::Found { good_for, lease } => {
            let record = duration(good_for).into_iter().fold(record(&text.to_string()), Record::with_good_for);
            let lease = duration(lease).map(|lease| Lease::new("id", lease));
            lease.into_iter().fold(record, Record::with_lease).into()
        }
        Answered::Absent { good_for } => Reply::Absent { version: None, good_for: duration(good_for), note: None },
        Answered::Unchanged { good_for } => Reply::Unchanged { good_for: duration(good_for) },
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_cache_does_what_the_model_does(steps in prop::collection::vec(step(), 1..60)) {
        let (cache, begin) = (cache(), Instant::now());
        let (mut model, mut started) = (Model::default(), Vec::new());
        for (position, step) in steps.into_iter().enumerate() {
            let now = begin + Duration::from_secs(model.now);
            match step {
                Step::Start { key } => {
                    model.requests.push((key, false));
                    started.push(cache.start());
                }
                Step::Answer { which, reply: answered } if !started.is_empty() => {
                    let request = which % started.len();
                    let name = model.requests[request].0.to_string();
                    cache.store(&key(&name), &reply(position, answered), started[request], now);
                    model.answer(request, position, answered);
                }
                Step::Answer { .. } => {}
                Step::Invalidate { key: which } => {
                    cache.invalidate(&key(&which.to_string()));
                    model.stored.remove(&which);
                    model.requests.iter_mut().for_each(|(_, invalidated)| *invalidated = true);
                }
                Step::InvalidateAll => {
                    cache.invalidate_all();
                    model.stored.clear();
                    model.requests.iter_mut().for_each(|(_, invalidated)| *invalidated = true);
                }
                Step::Advance(by) => model.now += by,
                Step::Read { key, freshness } => {
                    let [ttl, stale_for, refresh_ahead] = freshness.map(Duration::from_secs);
                    let (name, judged) = (key.to_string(), Freshness { ttl, stale_for, refresh_ahead });
                    prop_assert_eq!(look(&cache, &name, judged, now), model.lookup(key, freshness));
                    prop_assert_eq!(stale(&cache, &name, judged, now), model.stale(key, freshness));
                    if model.usable(key).is_none() {
                        // The cache has removed it, with the number of its request.
                        model.stored.remove(&key);
                    }
                }
            }
        }
    }
}
