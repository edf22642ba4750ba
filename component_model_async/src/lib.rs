//! The asynchronous part of `component_model`: fetches the components of a struct concurrently from named sources.
//!
//! The stages of a fetch: the constant plan of the derive → `bind` (names become requests, no I/O) → the `engine`
//! (concurrency) → the `policy` stack → a [`Source`] → [`decode`] (the field's type reads the value) → the stage, all
//! or nothing → the struct, and a [`Report`] of what happened.
//!
//! The built-in sources are in `component_model_fetchers`; [`fetchers`] registers and describes them.
//!
//! Use it through the crate `component_model`, which adds the derive and the guides. It needs a tokio
//! runtime with time enabled. The engine spawns nothing on it; the source `database` has tasks that close idle connections,
//! return one to a pool of your own, and wait until a server has ended an abandoned statement. The global state is what
//! [`Sources::install`] sets, the default sources of each runtime ([`Sources::current`]), the limit on how many files are
//! read at once, and the addresses of databases that were reached recently.

mod assign;
mod bind;
mod cache;
mod check;
mod describe;
mod engine;
mod error;
mod fetch;
pub mod fetchers;
mod garde;
mod inspect;
#[cfg(feature = "local-cache")]
pub mod local_cache;
mod log;
mod metrics;
mod observed;
mod policy;
mod registry;
mod report;
mod span;
#[cfg(feature = "test-util")]
pub mod test_util;
mod text;
mod watch;

pub use component_model_source::{
    Answer, Asked, BoxError, BoxFuture, BoxStream, Change, ComponentFetcher, ErrorKind, ExposeSecret, Inserted,
    KeyQuery, Known, Lease, News, Opaque, OptionKind, OptionSpec, Record, Reply, Request, RequestSpec, SecretString,
    Slot, Source, SourceError, Value, Version, Watched, decode, limit, value,
};

#[cfg(feature = "api")]
pub use self::fetchers::api::ApiFetcher;
#[cfg(feature = "consul")]
pub use self::fetchers::consul::ConsulFetcher;
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
pub use self::fetchers::database::DatabaseFetcher;
#[cfg(feature = "etcd")]
pub use self::fetchers::etcd::EtcdFetcher;
#[cfg(feature = "nats")]
pub use self::fetchers::nats::NatsFetcher;
#[cfg(feature = "redis")]
pub use self::fetchers::redis::RedisFetcher;
#[cfg(feature = "local-cache")]
pub use self::local_cache::{LocalCache, LocalCacheKey};
#[cfg(feature = "metrics")]
pub use self::metrics::describe_metrics;
pub use self::{
    assign::{
        AssignFuture, Assignment, AsyncAssign, ByFetch, ByFuture, ByResult, ByValue, FieldOf, FutureAssign,
        IntoComponent,
    },
    cache::CacheSettings,
    check::Checked,
    describe::{
        ComponentDescription, Description, LayerDescription, PolicyDescription, PolicyOrigin, PolicyValue,
        SubstituteDescription,
    },
    engine::{Event, Observer, Stage, Violations},
    error::{ComponentError, ComponentErrors},
    fetch::{BoundPlan, Components, Fetch, Fetched, Partial, StructViolations},
    inspect::Inspect,
    policy::{
        breaker::{self, BreakerCause, BreakerEvent, BreakerObserver, BreakerState, BreakerStatus, CircuitBreaker},
        budget::RetryBudget,
        hedge::Hedge,
    },
    registry::{
        AlreadyInstalled, BreakerSetting, CacheHandle, CacheState, Circuit, Memory, Policies, SourceState,
        SourceStatus, Sources, SourcesBuilder, SourcesState,
    },
    report::{CallReport, ComponentReport, Outcome, Problem, Report, Waterfall},
    watch::{Polling, watch},
};

#[doc(hidden)]
pub use self::fetch::MaybeFetched;
