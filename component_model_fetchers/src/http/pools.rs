//! Connections: a pool for each origin and each runtime, given up as a whole when one of its connections fails.
//!
//! An idle connection can go silent unnoticed: a firewall drops its table, an address moves to another server. A request
//! without an answer reveals it, and the other idle connections of the pool are then likely to be silent as well. What
//! always holds: a pool in which a request failed, was dropped after a while, or was the third to be dropped without an answer in between,
//! is not used for another request; a
//! connection is used only on the runtime that drives it; a connection idles for at most [`Limits::idle`], and a pool is used for
//! at most [`AGE`], so that a new address of a host is noticed; after [`Pools::close`] there is no pool.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use component_model_source::SourceError;
use reqwest::{Version, redirect};
use rustls::ClientConfig;
use tokio::{
    runtime::{Handle, Id},
    time::Instant,
};
use url::{Host, Origin, Url};

use super::misconfigured;
use crate::{
    suspicion::{Began, Suspicion},
    trust::{Tls, Trust},
};

const AGENT: &str = concat!("component_model/", env!("CARGO_PKG_VERSION"));

/// The most idle connections of a pool.
const IDLING: usize = 16;

/// The longest that a pool is used.
const AGE: Duration = Duration::from_secs(600);

/// What bounds a connection that nobody uses.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// The longest that it idles.
    idle: Duration,
    /// How often an HTTP/2 connection is pinged: it carries all requests to its origin, so its silence is noticed even
    /// between them.
    ping: Duration,
    /// How long it may take to answer a ping.
    pong: Duration,
}

impl Limits {
    const DEFAULT: Self = Self {
        // Below the minute after which many servers and balancers drop it.
        idle: Duration::from_secs(30),
        ping: Duration::from_secs(10),
        pong: Duration::from_secs(5),
    };
}

/// The most pools: a program uses few origins, and tests have many short runtimes, of which the oldest are forgotten.
const POOLS: usize = 64;

/// The connections of one source, shared by its clones.
pub(super) struct Pools {
    tls: Tls,
    state: Mutex<State>,
}

/// The pools that requests may use, and whether there will be others.
#[derive(Default)]
struct State {
    /// The most recently used ones, the newest last.
    pools: VecDeque<Arc<Pool>>,
    /// Whether there will be no further pool.
    closed: bool,
}

/// The connections to one origin on one runtime.
struct Pool {
    runtime: Id,
    origin: Origin,
    client: reqwest::Client,
    made: Instant,
    /// The protocol of its answers, once there was one: the next request may then be sent on a used connection.
    answered: OnceLock<Version>,
    suspicion: Suspicion,
}

impl Pool {
    fn is_for(&self, runtime: Id, origin: &Origin) -> bool {
        self.runtime == runtime && self.origin == *origin
    }

    /// Whether one connection carries all of its requests.
    fn is_http2(&self) -> bool {
        self.answered.get() == Some(&Version::HTTP_2)
    }
}

impl Pools {
    pub(super) fn new(trust: Trust) -> Self {
        Self { tls: Tls::new(trust), state: Mutex::default() }
    }

    /// What requests for a URL are built with.
    #[cfg(feature = "api")]
    pub(super) async fn client(&self, url: &Url) -> Result<reqwest::Client, SourceError> {
        Ok(self.pool(url).await?.client.clone())
    }

    /// Connections for one request; some may have been used before.
    pub(super) async fn lease(&self, url: &Url) -> Result<Lease<'_>, SourceError> {
        Ok(Lease::new(self, self.pool(url).await?, Ownership::Shared))
    }

    /// A connection for one request that nothing was sent on before.
    #[cfg(feature = "vault")]
    pub(super) async fn lease_new(&self, url: &Url) -> Result<Lease<'_>, SourceError> {
        Ok(Lease::new(self, self.connect(url, Protocol::Any).await?, Ownership::Own))
    }

    /// Connections for a request that lost its own, all of them newer than the loss.
    ///
    /// Requests that lost one HTTP/2 connection share the next one, so that many of them do not each open a connection.
    /// Over HTTP/1 every request has a connection of its own anyway, and a shared pool could give it one that was used
    /// before.
    pub(super) async fn lease_again(&self, url: &Url, lost: Lease<'_>) -> Result<Lease<'_>, SourceError> {
        let protocol = if lost.pool.is_http2() { Protocol::Http2 } else { Protocol::Any };
        lost.give_up();
        if protocol == Protocol::Any {
            return Ok(Lease::new(self, self.connect(url, protocol).await?, Ownership::Own));
        }
        let pool = match self.known(runtime()?, &url.origin())? {
            Some(newer) => newer,
            None => self.adopt(self.connect(url, protocol).await?)?,
        };
        Ok(Lease::new(self, pool, Ownership::Shared))
    }

    /// Drops all pools and makes no further one. A request that is running keeps its connection until it ends.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.pools.clear();
    }

    async fn pool(&self, url: &Url) -> Result<Arc<Pool>, SourceError> {
        match self.known(runtime()?, &url.origin())? {
            Some(known) => Ok(known),
            None => self.adopt(self.connect(url, Protocol::Any).await?),
        }
    }

    fn known(&self, runtime: Id, origin: &Origin) -> Result<Option<Arc<Pool>>, SourceError> {
        let mut state = self.opened()?;
        let index = state.pools.iter().position(|pool| pool.is_for(runtime, origin));
        let known = index.and_then(|index| state.pools.remove(index)).filter(|pool| pool.made.elapsed() < AGE);
        state.pools.extend(known.clone());
        Ok(known)
    }

    /// Lets further requests use a new pool, unless there is one for them already: returns the one that they use.
    fn adopt(&self, new: Arc<Pool>) -> Result<Arc<Pool>, SourceError> {
        let mut state = self.opened()?;
        if let Some(known) = state.pools.iter().find(|pool| pool.is_for(new.runtime, &new.origin)) {
            return Ok(Arc::clone(known));
        }
        if state.pools.len() == POOLS {
            state.pools.pop_front();
        }
        state.pools.push_back(Arc::clone(&new));
        Ok(new)
    }

    /// Lets no further request use a pool. Its connections close when its present requests end.
    fn give_up(&self, pool: &Arc<Pool>) {
        self.lock().pools.retain(|known| !Arc::ptr_eq(known, pool));
    }

    async fn connect(&self, url: &Url, protocol: Protocol) -> Result<Arc<Pool>, SourceError> {
        drop(self.opened()?);
        let client = client(self.tls(url).await?, is_loopback(url), protocol, Limits::DEFAULT)?;
        let (runtime, origin) = (runtime()?, url.origin());
        Ok(Arc::new(Pool {
            runtime,
            origin,
            client,
            made: Instant::now(),
            answered: OnceLock::new(),
            suspicion: Suspicion::default(),
        }))
    }

    async fn tls(&self, url: &Url) -> Result<ClientConfig, SourceError> {
        if url.scheme() != "https" {
            return Trust::none();
        }
        self.tls.config().await
    }

    /// The pools, unless they are closed.
    fn opened(&self) -> Result<MutexGuard<'_, State>, SourceError> {
        let state = self.lock();
        if state.closed { Err(SourceError::shut_down()) } else { Ok(state) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Pools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pools").finish_non_exhaustive()
    }
}

/// What the connections of a new pool speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    /// What client and server agree on, which is known only once there is a connection: requests that begin together each
    /// open one.
    Any,
    /// HTTP/2 and nothing else: requests that begin together wait for one connection. For an origin that has spoken it; if it
    /// no longer does, the request fails, and the next one uses a pool of any protocol.
    Http2,
}

/// Whether the pool of a lease is one that other requests use too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ownership {
    Shared,
    Own,
}

/// The connections that one request is sent on. A lease that is dropped after a while, because its request was dropped,
/// gives its pool up, and so does the third that is dropped early.
pub(crate) struct Lease<'p> {
    pools: &'p Pools,
    pool: Arc<Pool>,
    ownership: Ownership,
    began: Began,
    settled: bool,
}

impl<'p> Lease<'p> {
    fn new(pools: &'p Pools, pool: Arc<Pool>, ownership: Ownership) -> Self {
        let began = pool.suspicion.begin();
        Self { pools, pool, ownership, began, settled: false }
    }

    pub(crate) fn client(&self) -> &reqwest::Client {
        &self.pool.client
    }

    /// Whether the request may be sent on a connection that was used before.
    pub(crate) fn may_be_reused(&self) -> bool {
        self.pool.answered.get().is_some()
    }

    /// An answer has begun, in this protocol.
    pub(crate) fn answered(&self, protocol: Version) {
        self.pool.answered.get_or_init(|| protocol);
        self.pool.suspicion.answered();
    }

    /// The request was answered: its connections may be used for further ones. A shared pool is kept already, unless
    /// another request gave it up.
    pub(crate) fn keep(mut self) {
        self.settled = true;
        if self.ownership == Ownership::Own {
            // Fails only once the pools are closed, and then there is nothing to keep.
            let _ = self.pools.adopt(Arc::clone(&self.pool));
        }
    }

    /// The request failed: its connections are not used for further ones.
    pub(crate) fn give_up(mut self) {
        self.settled = true;
        self.pools.give_up(&self.pool);
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        // Over HTTP/1 another answer would have come on another connection.
        if !self.settled && self.pool.suspicion.is_enough(&self.began, self.pool.is_http2()) {
            self.pools.give_up(&self.pool);
        }
    }
}

fn runtime() -> Result<Id, SourceError> {
    let outside = |_| misconfigured("HTTP needs a tokio runtime, and there is none");
    Handle::try_current().map(|runtime| runtime.id()).map_err(outside)
}

fn client(
    mut tls: ClientConfig,
    direct: bool,
    protocol: Protocol,
    limits: Limits,
) -> Result<reqwest::Client, SourceError> {
    let mut builder = reqwest::Client::builder();
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    if protocol == Protocol::Http2 {
        tls.alpn_protocols.truncate(1);
        builder = builder.http2_prior_knowledge();
    }
    let builder = builder
        .tls_backend_preconfigured(tls)
        .redirect(redirect::Policy::none())
        .user_agent(AGENT)
        .pool_idle_timeout(limits.idle)
        .pool_max_idle_per_host(IDLING)
        .http2_keep_alive_interval(limits.ping)
        .http2_keep_alive_timeout(limits.pong)
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
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    use super::*;
    use crate::suspicion::PATIENCE;

    fn pools() -> Pools {
        Pools::new(Trust::default())
    }

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    const HOUR: Duration = Duration::from_secs(3600);
    const SHORT: Duration = Duration::from_millis(20);

    /// Sends a request to a server that answers once and then only listens; waits until the client has closed the
    /// connection, which may take much longer on a busy machine.
    async fn is_closed_by_the_client(protocol: Protocol, answer: &'static [u8], limits: Limits) -> bool {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let server = async {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut received = [0; 4096];
            assert!(connection.read(&mut received).await.unwrap() > 0);
            connection.write_all(answer).await.unwrap();
            while matches!(connection.read(&mut received).await, Ok(1..)) {}
        };
        let client = client(Trust::none().unwrap(), true, protocol, limits).unwrap();
        let request = async {
            assert_eq!(client.get(url).send().await.unwrap().status(), 200);
            // The client is kept, and with it its connections.
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = server => true,
            () = request => false,
            () = tokio::time::sleep(Duration::from_secs(30)) => false,
        }
    }

    /// SETTINGS, its acknowledgement, and a status of 200 that ends the stream.
    const ANSWER_OF_HTTP2: &[u8] = b"\0\0\0\x04\0\0\0\0\0\0\0\0\x04\x01\0\0\0\0\0\0\x01\x01\x05\0\0\0\x01\x88";

    #[tokio::test]
    async fn an_idle_http2_connection_that_does_not_answer_a_ping_is_closed() {
        let limits = Limits { idle: HOUR, ping: SHORT, pong: SHORT };
        assert!(is_closed_by_the_client(Protocol::Http2, ANSWER_OF_HTTP2, limits).await);
    }

    #[tokio::test]
    async fn a_connection_that_is_idle_for_too_long_is_closed() {
        let limits = Limits { idle: SHORT, ping: HOUR, pong: HOUR };
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
        assert!(is_closed_by_the_client(Protocol::Any, answer, limits).await);
        assert!(is_closed_by_the_client(Protocol::Http2, ANSWER_OF_HTTP2, limits).await);
    }

    #[test]
    fn a_connection_idles_for_less_than_a_minute() {
        let Limits { idle, ping, pong } = Limits::DEFAULT;
        assert!(idle < Duration::from_secs(60) && ping + pong < idle);
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
    async fn a_late_answer_does_not_bring_back_a_pool_that_was_given_up() {
        let (pools, url) = (pools(), url("http://one/"));
        let (failing, answered) = (pools.lease(&url).await.unwrap(), pools.lease(&url).await.unwrap());
        let first = Arc::clone(&failing.pool);
        failing.give_up();
        answered.keep();
        assert!(!Arc::ptr_eq(&first, &pools.pool(&url).await.unwrap()));
    }

    #[tokio::test]
    async fn new_connections_that_carried_an_answer_are_used_for_further_requests() {
        let (pools, url) = (pools(), url("http://one/"));
        let lost = pools.lease(&url).await.unwrap();
        lost.answered(Version::HTTP_11);
        let first = Arc::clone(&lost.pool);
        let lease = pools.lease_again(&url, lost).await.unwrap();
        assert!(!lease.may_be_reused() && !Arc::ptr_eq(&first, &lease.pool));
        let new = Arc::clone(&lease.pool);
        lease.keep();
        assert!(Arc::ptr_eq(&new, &pools.pool(&url).await.unwrap()));
    }

    #[tokio::test]
    async fn requests_that_lost_one_http2_connection_share_the_next_pool_and_over_http1_each_has_its_own() {
        for (version, is_shared) in [(Version::HTTP_2, true), (Version::HTTP_11, false)] {
            let (pools, url) = (pools(), url("http://one/"));
            let (one, other) = (pools.lease(&url).await.unwrap(), pools.lease(&url).await.unwrap());
            one.answered(version);
            let one = pools.lease_again(&url, one).await.unwrap();
            let other = pools.lease_again(&url, other).await.unwrap();
            assert_eq!(Arc::ptr_eq(&one.pool, &other.pool), is_shared, "{version:?}");
            assert_eq!(Arc::ptr_eq(&one.pool, &pools.pool(&url).await.unwrap()), is_shared, "{version:?}");
        }
    }

    #[tokio::test]
    async fn new_connections_give_way_to_a_pool_that_is_newer() {
        let (pools, url) = (pools(), url("http://one/"));
        let lost = pools.lease(&url).await.unwrap();
        let own = pools.lease_again(&url, lost).await.unwrap();
        let newer = pools.pool(&url).await.unwrap();
        own.keep();
        assert!(Arc::ptr_eq(&newer, &pools.pool(&url).await.unwrap()));
    }

    #[tokio::test]
    async fn closed_pools_are_dropped_and_none_is_made_or_kept() {
        let (pools, url) = (pools(), url("http://one/"));
        let lost = pools.lease(&url).await.unwrap();
        let own = pools.lease_again(&url, lost).await.unwrap();
        let shared = pools.lease(&url).await.unwrap();
        pools.close();
        own.keep();
        assert!(pools.lock().pools.is_empty());
        assert!(pools.pool(&url).await.is_err() && pools.lease_again(&url, shared).await.is_err());
        assert!(pools.lock().pools.is_empty());
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
    async fn the_third_request_that_is_dropped_early_takes_its_pool_out_of_use_unless_one_was_answered() {
        let (pools, url) = (pools(), url("http://one/"));
        let first = pools.pool(&url).await.unwrap();
        let drop_next = async || drop(pools.lease(&url).await.unwrap());
        for _ in 0..10 {
            drop_next().await;
            drop_next().await;
            let answered = pools.lease(&url).await.unwrap();
            answered.answered(Version::HTTP_2);
            answered.keep();
        }
        drop_next().await;
        drop_next().await;
        assert!(Arc::ptr_eq(&first, &pools.pool(&url).await.unwrap()));
        drop_next().await;
        assert!(!Arc::ptr_eq(&first, &pools.pool(&url).await.unwrap()));
    }

    #[tokio::test(start_paused = true)]
    async fn requests_that_are_dropped_together_count_as_one() {
        let (pools, url) = (pools(), url("http://one/"));
        let first = pools.pool(&url).await.unwrap();
        for kept in [true, true, false] {
            let mut together = Vec::new();
            for _ in 0..5 {
                together.push(pools.lease(&url).await.unwrap());
            }
            drop(together);
            assert_eq!(Arc::ptr_eq(&first, &pools.pool(&url).await.unwrap()), kept);
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
        assert_eq!(pools.lock().pools.len(), POOLS);
    }
}
