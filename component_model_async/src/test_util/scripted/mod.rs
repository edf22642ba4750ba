//! A source whose answers are a script.

mod source;
mod state;
mod steps;
mod watch;

use std::{fmt, sync::Arc};

use tokio::time::Instant;

use self::{
    state::{Shared, State},
    steps::Steps,
};
use super::Script;

/// A source whose answers are a script, by key. It can replace any source, since it takes all options.
///
/// The answers for a key are given in sequence, and the last one is repeated; a key without a script is absent. Cheap to
/// clone; clones share the script and what was asked, so that a test keeps one of them.
///
/// ```
/// use component_model::{ErrorKind, prelude::*, test_util::{Script, Scripted}};
///
/// #[derive(Debug, AsyncAssign)]
/// struct AppConfig {
///     #[component(fetch_from = "consul", fallback = 80)]
///     port: u16,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), ComponentErrors> {
/// let consul = Scripted::new().answers("port", [Script::fails(ErrorKind::Unavailable), Script::value(8080)]);
/// let sources = Sources::builder().source("consul", consul.clone()).build();
///
/// assert_eq!(AppConfig::fetch_all_components_from(&sources).await?.port, 80);
/// assert_eq!(AppConfig::fetch_all_components_from(&sources).await?.port, 8080);
/// assert_eq!((consul.asked("port"), consul.calls()), (2, 2));
/// # Ok(())
/// # }
/// ```
///
/// A derived key is joined with dots (`shop.pool.max`). After [`shutdown`](crate::Source::shutdown) every request fails as
/// [shut down](crate::ErrorKind::ShutDown).
#[derive(Clone)]
pub struct Scripted(Arc<Shared>);

impl Scripted {
    /// A source without values.
    ///
    /// ```
    /// use component_model::test_util::Scripted;
    ///
    /// assert_eq!(Scripted::new().calls(), 0);
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Shared::new()))
    }

    /// Gives a key its answers, in sequence, instead of those that it had; the last one is repeated. Without any, the key is
    /// absent.
    ///
    /// ```
    /// use component_model::{ErrorKind, test_util::{Script, Scripted}};
    ///
    /// let consul = Scripted::new().answers("port", [Script::fails(ErrorKind::Unavailable), Script::value(8080)]);
    /// # let _ = consul;
    /// ```
    #[must_use]
    pub fn answers(self, key: impl Into<String>, steps: impl IntoIterator<Item = Script>) -> Self {
        self.set(key, steps);
        self
    }

    /// Gives a key answers that are chosen at random, each as often as its weight says. The same seed gives the same sequence.
    ///
    /// ```
    /// use component_model::{ErrorKind, test_util::{Script, Scripted}};
    ///
    /// // One in ten fails.
    /// let consul = Scripted::new().random(42, "port", [(9, Script::value(8080)), (1, Script::fails(ErrorKind::Timeout))]);
    /// # let _ = consul;
    /// ```
    ///
    /// # Panics
    /// If no answer has a weight.
    #[must_use]
    #[track_caller]
    pub fn random(self, seed: u64, key: impl Into<String>, choices: impl IntoIterator<Item = (u32, Script)>) -> Self {
        let choices: Vec<_> = choices.into_iter().collect();
        assert!(choices.iter().any(|(weight, _)| *weight > 0), "none of the answers has a weight");
        self.replace(key.into(), Steps::random(seed, choices));
        self
    }

    /// Sends all keys of a struct in one round trip: those with the same [endpoint](Self::endpoint), if there are several.
    ///
    /// ```
    /// use component_model::test_util::Scripted;
    ///
    /// let consul = Scripted::new().grouped();
    /// # let _ = consul;
    /// ```
    #[must_use]
    pub fn grouped(self) -> Self {
        self.configure(|state| state.is_grouped = true)
    }

    /// Answers without a future what needs no time, as the environment and values in memory do. Policies do not apply to
    /// such an answer. Without this, every answer is fetched.
    ///
    /// ```
    /// use component_model::test_util::Scripted;
    ///
    /// let env = Scripted::new().immediate();
    /// # let _ = env;
    /// ```
    #[must_use]
    pub fn immediate(self) -> Self {
        self.configure(|state| state.is_immediate = true)
    }

    /// Reports changes to watches. Without this, the source is polled.
    ///
    /// A watch tells the steps of a sequence one after another, each after its delay, and then waits until
    /// [`set`](Self::set) replaces the script. Of answers at random it tells one. Requests and watches take their steps from
    /// the same script.
    ///
    /// ```
    /// use component_model::{Change, KeyQuery, Source, Watched, test_util::{Script, Scripted}};
    /// use futures_util::StreamExt;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let consul = Scripted::new().watchable().answers("port", [Script::value(8080)]);
    /// let mut changes = consul.watch(vec![Watched::new(KeyQuery::new("port"))]).expect("it is watchable");
    /// assert!(matches!(changes.next().await, Some(Change::Answer { index: 0, answer: Ok(_) })));
    ///
    /// consul.set("port", [Script::absent()]);
    /// let Some(Change::Answer { answer: Ok(reply), .. }) = changes.next().await else { panic!() };
    /// assert!(reply.is_absent());
    /// # }
    /// ```
    #[must_use]
    pub fn watchable(self) -> Self {
        self.configure(|state| state.is_watchable = true)
    }

    /// Names the server that answers a key, for a source that talks to several: each has a circuit breaker of its own.
    ///
    /// ```
    /// use component_model::test_util::Scripted;
    ///
    /// let api = Scripted::new().endpoint("price", "shop:443").endpoint("port", "consul:8500");
    /// # let _ = api;
    /// ```
    #[must_use]
    pub fn endpoint(self, key: impl Into<String>, endpoint: impl Into<String>) -> Self {
        self.configure(|state| state.key(&key.into()).endpoint = Some(endpoint.into()))
    }

    /// Replaces the answers for a key, for the next request and for watches. An answer that is pending is not changed.
    ///
    /// ```
    /// use component_model::test_util::{Script, Scripted};
    ///
    /// let consul = Scripted::new().answers("port", [Script::value(8080)]);
    /// consul.set("port", [Script::value(9090)]);
    /// ```
    pub fn set(&self, key: impl Into<String>, steps: impl IntoIterator<Item = Script>) {
        self.replace(key.into(), Steps::Sequence(steps.into_iter().collect()));
    }

    /// How many round trips were started, those that failed or were dropped included. An
    /// [immediate](Self::immediate) answer counts as one.
    ///
    /// ```
    /// use component_model::{Asked, KeyQuery, Source, test_util::Scripted};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let consul = Scripted::new();
    /// let _ = consul.fetch(Asked::new(&KeyQuery::new("port"))).await;
    /// assert_eq!(consul.calls(), 1);
    /// # }
    /// ```
    #[must_use]
    pub fn calls(&self) -> usize {
        self.0.state().calls
    }

    /// How often a key was requested. What a watch tells is not counted.
    ///
    /// ```
    /// use component_model::test_util::Scripted;
    ///
    /// assert_eq!(Scripted::new().asked("port"), 0);
    /// ```
    #[must_use]
    pub fn asked(&self, key: &str) -> usize {
        self.0.state().keys.get(key).map_or(0, |key| key.asked_at.len())
    }

    /// When a key was requested, by tokio's clock: exact if the clock is paused.
    ///
    /// ```
    /// use component_model::{Asked, KeyQuery, Source, test_util::Scripted};
    /// use std::time::Duration;
    ///
    /// // The clock is paused, as in a test: waiting takes no time.
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() {
    ///     let (consul, port) = (Scripted::new(), KeyQuery::new("port"));
    ///     let _ = consul.fetch(Asked::new(&port)).await;
    ///     tokio::time::sleep(Duration::from_secs(5)).await;
    ///     let _ = consul.fetch(Asked::new(&port)).await;
    ///
    ///     let at = consul.asked_at("port");
    ///     assert_eq!(at[1] - at[0], Duration::from_secs(5));
    /// }
    /// ```
    #[must_use]
    pub fn asked_at(&self, key: &str) -> Vec<Instant> {
        self.0.state().keys.get(key).map(|key| key.asked_at.clone()).unwrap_or_default()
    }

    /// How many round trips are pending.
    ///
    /// ```
    /// use component_model::test_util::Scripted;
    ///
    /// assert_eq!(Scripted::new().in_flight(), 0);
    /// ```
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.0.state().in_flight
    }

    /// How many round trips were pending at the same time, at most.
    ///
    /// ```
    /// use component_model::test_util::Scripted;
    ///
    /// assert_eq!(Scripted::new().most_in_flight(), 0);
    /// ```
    #[must_use]
    pub fn most_in_flight(&self) -> usize {
        self.0.state().most_in_flight
    }

    /// How many round trips were dropped before they were answered: by a timeout, a deadline, or their caller.
    ///
    /// ```
    /// use component_model::{Asked, KeyQuery, Source, test_util::{Script, Scripted}};
    /// use std::time::Duration;
    ///
    /// // The clock is paused, as in a test: waiting takes no time.
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() {
    ///     let consul = Scripted::new().answers("port", [Script::hangs()]);
    ///     let port = KeyQuery::new("port");
    ///     assert!(tokio::time::timeout(Duration::from_secs(2), consul.fetch(Asked::new(&port))).await.is_err());
    ///     assert_eq!((consul.dropped(), consul.in_flight()), (1, 0));
    /// }
    /// ```
    #[must_use]
    pub fn dropped(&self) -> usize {
        self.0.state().dropped
    }

    /// Waits until a condition about this source is true, such as that a request arrived. It is checked whenever a round
    /// trip starts or ends, and when a script is replaced.
    ///
    /// ```
    /// use component_model::{Asked, KeyQuery, Source, test_util::{Script, Scripted}};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let consul = Scripted::new().answers("port", [Script::hangs()]);
    /// let port = KeyQuery::new("port");
    /// tokio::select! {
    ///     _ = consul.fetch(Asked::new(&port)) => unreachable!(),
    ///     () = consul.until(|consul| consul.in_flight() == 1) => {}
    /// }
    /// # }
    /// ```
    ///
    /// # Cancel safety
    /// Dropping the future has no effect.
    pub async fn until(&self, is_reached: impl Fn(&Self) -> bool) {
        let mut changes = self.0.changes();
        while !is_reached(self) {
            // The sender is in `self`.
            let _ = changes.changed().await;
        }
    }

    fn configure(self, change: impl FnOnce(&mut State)) -> Self {
        self.0.change(change);
        self
    }

    fn replace(&self, key: String, steps: Steps) {
        self.0.change(|state| {
            let key = state.keys.entry(key).or_default();
            key.steps = steps;
            key.replaced += 1;
        });
    }
}

impl Default for Scripted {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows what was asked, and no value.
impl fmt::Debug for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.0.state();
        f.debug_struct("Scripted")
            .field("calls", &state.calls)
            .field("in_flight", &state.in_flight)
            .field("dropped", &state.dropped)
            .finish_non_exhaustive()
    }
}
