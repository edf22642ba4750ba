//! The columns: one component under nine policies.

#![allow(dead_code, reason = "the derive writes more than is used here")]

use std::{path::Path, time::Duration};

use component_model::{CircuitBreaker, ErrorKind, LocalCache, LocalCacheKey, Memory, Outcome, Policies, prelude::*};

use crate::{
    bed::{Bed, NAME},
    fault::Fault,
    gate::Gate,
};

/// The timeout of an attempt: more than a source needs on a busy machine.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(1);

/// For what has to succeed, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(30);

/// What each column is called in the table.
pub(crate) const COLUMNS: [&str; 9] = [
    "no policy",
    "`fallback`",
    "`default`",
    "`retry_attempts = 3`",
    "the same, over after the first attempt",
    "`circuit_breaker`",
    "`ttl` and `stale_for`",
    "`fallback_to` another source",
    "`fallback_to = \"local_cache\"`",
];

/// A struct with one port.
pub(crate) trait Port: Components {
    fn port(&self) -> u16;
}

macro_rules! config {
    ($name:ident, $($setting:tt)*) => {
        #[derive(Debug, AsyncAssign)]
        pub(crate) struct $name {
            #[component(fetch_from = "source", $($setting)*)]
            port: u16,
        }

        impl Port for $name {
            fn port(&self) -> u16 {
                self.port
            }
        }
    };
}

config!(Plain, key = "plain");
config!(WithFallback, key = "fallback", fallback = 1);
config!(WithDefault, key = "default", default = 2);
config!(Retried, key = "retry", retry_attempts = 3, retry_backoff = "10ms");
config!(Healed, key = "heals", retry_attempts = 3, retry_backoff = "10ms");
config!(Guarded, key = "breaker", circuit_breaker = true);
// What happens before the fault does not count.
config!(Unguarded, key = "breaker", circuit_breaker = false);
config!(Cached, key = "stale", ttl = "20ms", stale_for = "1h");
config!(WithOther, key = "other", fallback_to = "other");
config!(Stored, key = "stored", fallback_to = "local_cache");

/// How one fetch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) outcome: Outcome,
    /// Why there is no fresh value.
    pub(crate) cause: Option<ErrorKind>,
    pub(crate) value: Option<u16>,
    /// How often the source was called.
    pub(crate) calls: usize,
    /// How many requests arrived at the server, where it tells.
    pub(crate) arrived: Option<usize>,
}

/// A component under one policy, with sources and so with connections, breaker and cache of its own.
pub(crate) struct Cell {
    pub(crate) sources: Sources,
    pub(crate) gate: Gate,
    key: &'static str,
}

impl Cell {
    pub(crate) fn new(bed: &Bed, fault: Fault, key: &'static str, stored: &Path) -> Self {
        let gate = Gate::new();
        // A restart takes longer than a timeout, and a killed server needs none to be noticed.
        let timeout = if (key, fault) == ("heals", Fault::Killed) { PATIENCE } else { TIMEOUT };
        let figures = CircuitBreaker::new().minimum_calls(2).open_for(Duration::from_secs(1));
        let mut policies = Policies::new().timeout(timeout);
        if key == "breaker" {
            policies = policies.circuit_breaker(figures);
        }
        let builder = bed.register(Sources::builder(), gate.clone()).policies(NAME, policies);
        let builder = builder.source("other", Memory::new([("port", "3")]));
        // With a key, since a secret is stored only encrypted.
        let cache = LocalCache::at(stored).encrypted_with(LocalCacheKey::from_bytes([7; 32]));
        let builder = builder.local_cache(cache);
        Self { sources: builder.build(), gate, key }
    }

    /// Fetches while nothing is broken, as often as the machine needs to do it in time.
    pub(crate) async fn warm<C: Port>(&self) {
        for _ in 0..50 {
            let config = C::fetch().sources(&self.sources).value().await;
            if config.is_ok_and(|config| config.port() == 8080) {
                return;
            }
        }
        panic!("`{}` is not answered before anything is broken", self.key);
    }

    pub(crate) async fn fetch<C: Port>(&self, bed: &Bed) -> Seen {
        let before = bed.arrived(self.key);
        let seen = self.observe::<C>().await;
        let arrived = bed.arrived(self.key).zip(before).map(|(after, before)| after - before);
        Seen { arrived, ..seen }
    }

    pub(crate) async fn observe<C: Port>(&self) -> Seen {
        let before = self.gate.calls();
        let fetched = C::fetch().sources(&self.sources).report().await;
        let calls = self.gate.calls() - before;
        match fetched {
            Ok(fetched) => {
                let entry = fetched.report.entry("port").unwrap();
                let cause = entry.problem().map(|problem| problem.kind());
                Seen { outcome: entry.outcome(), cause, value: Some(fetched.value.port()), calls, arrived: None }
            }
            Err(errors) => {
                Seen { outcome: Outcome::Failed, cause: Some(errors[0].kind()), value: None, calls, arrived: None }
            }
        }
    }
}
