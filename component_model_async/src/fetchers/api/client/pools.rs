//! Connections: a pool for each origin and each runtime, given up as a whole when one of its connections fails.
//!
//! A connection that idles can go silent without anybody noticing: a firewall drops its table, an address moves to
//! another server. What went silent is found when a request gets no answer, and what is true of one connection is then
//! likely true of all that idled beside it. What always holds: a pool in which a request failed, or was given up after a
//! while, serves no further request; a connection is used on the runtime that drives it and on no other; a connection
//! idles for at most [`IDLE`], and a pool is used for at most [`AGE`], so that a new address of a host is noticed.

use std::{
    collections::VecDeque,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use reqwest::redirect;
use rustls::ClientConfig;
use tokio::{
    runtime::{Handle, Id},
    sync::OnceCell,
    time::Instant,
};
use url::{Host, Origin, Url};

use super::{super::misconfigured, tls::Authorities};
use crate::SourceError;

const AGENT: &str = concat!("component_model/", env!("CARGO_PKG_VERSION"));

/// The longest that a connection idles: below the minute after which many servers and balancers drop it.
const IDLE: Duration = Duration::from_secs(30);

/// The most connections of a pool that idle.
const IDLING: usize = 16;

/// The longest that a pool is used.
const AGE: Duration = Duration::from_secs(600);

/// How long a request must have been under way, when nobody waits for it any more, for its pool to be given up: whoever
/// stops waiting earlier has most likely not waited for the network.
const PATIENCE: Duration = Duration::from_millis(100);

/// How often an HTTP/2 connection is pinged, and how long it may take to answer: it carries all requests to its
/// origin, so that its silence is noticed even between them.
const PING: Duration = Duration::from_secs(10);
const PONG: Duration = Duration::from_secs(5);

/// The most pools: a program asks few origins, and tests have many short runtimes, of which the oldest are forgotten.
const POOLS: usize = 64;

/// The connections of one source, shared by its clones.
pub(in super::super) struct Pools {
    authorities: Authorities,
    /// Set up when it is first needed, so that plain HTTP reads no certificates.
    tls: OnceCell<ClientConfig>,
    /// The most recently used ones, the newest last.
    pools: Mutex<VecDeque<Arc<Pool>>>,
}

/// The connections to one origin on one runtime.
struct Pool {
    runtime: Id,
    origin: Origin,
    client: reqwest::Client,
    made: Instant,
    /// Whether a connection of it has carried an answer, so that the next request may be sent on a used one.
    proven: AtomicBool,
}

impl Pool {
    fn serves(&self, runtime: Id, origin: &Origin) -> bool {
        self.runtime == runtime && self.origin == *origin
    }
}

impl Pools {
    pub(super) fn new(authorities: Authorities) -> Self {
        Self { authorities, tls: OnceCell::new(), pools: Mutex::default() }
    }

    /// What requests for a URL are built with.
    pub(super) async fn client(&self, url: &Url) -> Result<reqwest::Client, SourceError> {
        Ok(self.pool(url).await?.client.clone())
    }

    /// Connections for one request; some may have been used before.
    pub(super) async fn lease(&self, url: &Url) -> Result<Lease<'_>, SourceError> {
        Ok(Lease::new(self, self.pool(url).await?))
    }

    /// Connections for one request, none of which was used before.
    pub(super) async fn lease_new(&self, url: &Url) -> Result<Lease<'_>, SourceError> {
        Ok(Lease::new(self, self.connect(url).await?))
    }

    async fn pool(&self, url: &Url) -> Result<Arc<Pool>, SourceError> {
        if let Some(known) = self.known(runtime()?, &url.origin()) {
            return Ok(known);
        }
        let new = self.connect(url).await?;
        Ok(self.adopt(new))
    }

    fn known(&self, runtime: Id, origin: &Origin) -> Option<Arc<Pool>> {
        let mut pools = self.lock();
        let index = pools.iter().position(|pool| pool.serves(runtime, origin))?;
        let known = pools.remove(index).filter(|pool| pool.made.elapsed() < AGE)?;
        pools.push_back(Arc::clone(&known));
        Some(known)
    }

    /// Lets further requests use a pool, unless they have one: gives the one that they use.
    fn adopt(&self, new: Arc<Pool>) -> Arc<Pool> {
        let mut pools = self.lock();
        if let Some(known) = pools.iter().find(|pool| pool.serves(new.runtime, &new.origin)) {
            return Arc::clone(known);
        }
        if pools.len() == POOLS {
            pools.pop_front();
        }
        pools.push_back(Arc::clone(&new));
        new
    }

    /// Lets no further request use a pool. Its connections close as its present requests end.
    fn give_up(&self, pool: &Arc<Pool>) {
        self.lock().retain(|known| !Arc::ptr_eq(known, pool));
    }

    async fn connect(&self, url: &Url) -> Result<Arc<Pool>, SourceError> {
        let client = client(self.tls(url).await?, is_loopback(url))?;
        let (runtime, origin) = (runtime()?, url.origin());
        Ok(Arc::new(Pool { runtime, origin, client, made: Instant::now(), proven: AtomicBool::new(false) }))
    }

    async fn tls(&self, url: &Url) -> Result<ClientConfig, SourceError> {
        if url.scheme() == "https" {
            return self.tls.get_or_try_init(|| self.authorities.config()).await.cloned();
        }
        Authorities::none()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<Pool>>> {
        self.pools.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Pools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pools").finish_non_exhaustive()
    }
}

/// The connections that one request is sent on. Dropped after a while, because nobody waits for the answer any more, it
/// takes its pool out of use.
pub(super) struct Lease<'p> {
    pools: &'p Pools,
    pool: Arc<Pool>,
    since: Instant,
    settled: bool,
}

impl<'p> Lease<'p> {
    fn new(pools: &'p Pools, pool: Arc<Pool>) -> Self {
        Self { pools, pool, since: Instant::now(), settled: false }
    }

    pub(super) fn client(&self) -> &reqwest::Client {
        &self.pool.client
    }

    /// Whether the request may be sent on a connection that was used before.
    pub(super) fn may_be_reused(&self) -> bool {
        self.pool.proven.load(Ordering::Relaxed)
    }

    /// The request was answered: its connections serve further ones.
    pub(super) fn keep(mut self) {
        self.settled = true;
        if !self.pool.proven.swap(true, Ordering::Relaxed) {
            self.pools.adopt(Arc::clone(&self.pool));
        }
    }

    /// The request failed: its connections serve no further one.
    pub(super) fn give_up(mut self) {
        self.settled = true;
        self.pools.give_up(&self.pool);
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        if !self.settled && self.since.elapsed() >= PATIENCE {
            self.pools.give_up(&self.pool);
        }
    }
}

fn runtime() -> Result<Id, SourceError> {
    let outside = |_| misconfigured("HTTP needs a tokio runtime, and there is none");
    Handle::try_current().map(|runtime| runtime.id()).map_err(outside)
}

fn client(tls: ClientConfig, direct: bool) -> Result<reqwest::Client, SourceError> {
    let builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(redirect::Policy::none())
        .user_agent(AGENT)
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(IDLING)
        .http2_keep_alive_interval(PING)
        .http2_keep_alive_timeout(PONG)
        .http2_keep_alive_while_idle(true);
    let builder = if direct { builder.no_proxy() } else { builder };
    builder.build().map_err(|error| misconfigured("no HTTP client can be made").with_cause(error.without_url()))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pools() -> Pools {
        Pools::new(Authorities::new(Vec::new(), true))
    }

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn loopback_is_known_by_name_and_by_address() {
        let loops = |host: &str| is_loopback(&url(&format!("http://{host}/")));
        assert!(["localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "[::1]"].into_iter().all(loops));
        assert!(!["localhost.example", "128.0.0.1", "example.org", "[::2]"].into_iter().any(loops));
    }

    #[tokio::test]
    async fn a_request_that_failed_takes_its_pool_out_of_use_and_no_other() {
        let (pools, one, other) = (pools(), url("http://one/a"), url("http://other/"));
        let (first, elsewhere) = (pools.pool(&one).await.unwrap(), pools.pool(&other).await.unwrap());
        pools.lease(&one).await.unwrap().keep();
        assert!(Arc::ptr_eq(&first, &pools.pool(&url("http://one/b")).await.unwrap()), "an answer keeps it");
        pools.lease(&one).await.unwrap().give_up();
        let second = pools.pool(&one).await.unwrap();
        assert!(!Arc::ptr_eq(&first, &second));
        assert!(Arc::ptr_eq(&elsewhere, &pools.pool(&other).await.unwrap()));
    }

    #[tokio::test]
    async fn a_late_failure_in_a_pool_given_up_already_spares_the_one_that_replaced_it() {
        let (pools, url) = (pools(), url("http://one/"));
        let (early, late) = (pools.lease(&url).await.unwrap(), pools.lease(&url).await.unwrap());
        early.give_up();
        let second = pools.pool(&url).await.unwrap();
        late.give_up();
        assert!(Arc::ptr_eq(&second, &pools.pool(&url).await.unwrap()));
    }

    #[tokio::test]
    async fn new_connections_that_proved_themselves_serve_further_requests() {
        let (pools, url) = (pools(), url("http://one/"));
        let lease = pools.lease_new(&url).await.unwrap();
        assert!(!lease.may_be_reused());
        let new = Arc::clone(&lease.pool);
        lease.keep();
        assert!(Arc::ptr_eq(&new, &pools.pool(&url).await.unwrap()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_is_dropped_takes_its_pool_out_of_use_only_after_a_while() {
        let (pools, url) = (pools(), url("http://one/"));
        let first = pools.pool(&url).await.unwrap();
        for (waited, kept) in [(PATIENCE - Duration::from_millis(1), true), (PATIENCE, false)] {
            let lease = pools.lease(&url).await.unwrap();
            tokio::time::advance(waited).await;
            drop(lease);
            assert_eq!(Arc::ptr_eq(&first, &pools.pool(&url).await.unwrap()), kept, "{waited:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_pool_is_used_for_ten_minutes() {
        let (pools, url) = (pools(), url("http://one/"));
        let first = pools.pool(&url).await.unwrap();
        tokio::time::advance(AGE - Duration::from_secs(1)).await;
        assert!(Arc::ptr_eq(&first, &pools.pool(&url).await.unwrap()));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(!Arc::ptr_eq(&first, &pools.pool(&url).await.unwrap()));
    }

    #[test]
    fn each_runtime_has_a_pool_of_its_own_and_many_runtimes_leave_few() {
        let (pools, url) = (pools(), url("http://one/"));
        let mut seen: Vec<Arc<Pool>> = Vec::new();
        for _ in 0..POOLS + 10 {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let pool = runtime.block_on(pools.pool(&url)).unwrap();
            assert!(seen.iter().all(|other| !Arc::ptr_eq(other, &pool)));
            seen.push(pool);
        }
        assert_eq!(pools.lock().len(), POOLS);
    }
}
