//! Tests of the cache as a whole.

mod bounded;
mod flights;
mod freshness;
mod invalidation;
mod model;
mod secrets;
mod shuttled;
mod storing;
mod stress;

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{Cache, CacheSettings, Freshness, LeadGuard, Lookup, lead::Flight};
use crate::{Opaque, Record, Reply, Value, Version, bind::Identity};

const SECOND: Duration = Duration::from_secs(1);
/// Just short of a boundary.
const NANO: Duration = Duration::from_nanos(1);

fn cache() -> Cache {
    Cache::new(CacheSettings::new().without_jitter())
}

fn key(name: &str) -> Identity {
    (Arc::from("consul"), Opaque::new(name.to_owned()))
}

fn record(text: &str) -> Record {
    Record::new(Value::text(text))
}

fn found(text: &str) -> Reply {
    record(text).into()
}

fn ttl(seconds: u32) -> Freshness {
    Freshness { ttl: SECOND * seconds, ..Freshness::default() }
}

/// Stores an answer to a request that begins and ends now.
fn store(cache: &Cache, name: &str, reply: impl Into<Reply>, now: Instant) {
    cache.store(&key(name), &reply.into(), cache.start(), now);
}

fn text(reply: &Reply) -> Option<&str> {
    match reply.record()?.value() {
        Value::Text(text) => Some(text),
        other => panic!("{other:?}"),
    }
}

/// The lookup as text: `fresh 1`, `expired absent`, `miss`.
fn look(cache: &Cache, name: &str, freshness: Freshness, now: Instant) -> String {
    let shown = |reply: &Reply| text(reply).unwrap_or("absent").to_owned();
    match cache.lookup(&key(name), freshness, now) {
        Lookup::Fresh(hit) => format!("fresh {}", shown(&hit.reply)),
        Lookup::RefreshAhead(hit) => format!("ahead {}", shown(&hit.reply)),
        Lookup::Expired => format!("expired {}", shown(&cache.get(&key(name), now).unwrap().reply)),
        Lookup::Miss => "miss".to_owned(),
    }
}

fn stale(cache: &Cache, name: &str, freshness: Freshness, now: Instant) -> Option<String> {
    cache.stale(&key(name), freshness, now).map(|hit| text(&hit.reply).unwrap().to_owned())
}

/// Joins the flight for one request.
fn join(cache: &Cache, name: &str) -> Flight {
    let mut joined = cache.join_many([&key(name)]);
    let follow = || joined.follow.pop().map(|(_, follower)| Flight::Follow(follower));
    joined.lead.pop().map(|(_, lead)| Flight::Lead(lead)).or_else(follow).unwrap()
}

fn lead(cache: &Cache, name: &str) -> LeadGuard {
    match join(cache, name) {
        Flight::Lead(lead) => lead,
        Flight::Follow(_) => panic!("somebody else leads"),
    }
}

fn version(text: &str) -> Version {
    Version::new(text)
}
