//! The databases that components name with the option `url`, each with a pool of its own.
//!
//! What always holds: there are at most [`MAX_POOLS`] pools. A pool that is in use is not closed: a fetch that needs a further
//! one waits until one is not. No text shows a URL; if a value is inserted into it, none shows where the server is.

use std::{
    fmt,
    hash::{BuildHasher as _, RandomState},
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use component_model_source::{ErrorKind, RequestSpec, SourceError};
use futures_util::future::join_all;
use tokio::sync::Notify;

use super::pool::Pool;

/// The most pools that the URLs of components have.
const MAX_POOLS: usize = 16;

/// The option `url` of a component.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct ComponentUrl {
    text: Arc<str>,
    /// Whether other components are inserted: then it is a value, which may be a secret as a whole.
    is_inserted: bool,
}

impl ComponentUrl {
    /// The `url` of a component, if it has one.
    pub(super) fn new(spec: &RequestSpec<'_>) -> Result<Option<Self>, SourceError> {
        let is_inserted = spec.is_inserted("url");
        let Some(text) = spec.url_to_connect("url")? else { return Ok(None) };
        if is_inserted && leaves_its_folder(&text) {
            return Err(invalid().with_hint("an inserted value may not contain a separator of paths"));
        }
        Ok(Some(Self { text: text.into(), is_inserted }))
    }

    /// A pool, which connects when it is first used.
    fn open(&self) -> Result<Pool, SourceError> {
        match Pool::from_url(&self.text) {
            Ok(pool) if self.is_inserted => Ok(pool.hide_place()),
            Err(error) if self.is_inserted => {
                Err(error.hint().map(str::to_owned).into_iter().fold(invalid(), SourceError::with_hint))
            }
            opened => opened,
        }
    }
}

/// Never shows the text.
impl fmt::Debug for ComponentUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ComponentUrl")
    }
}

/// Whether the path of a SQLite file has an encoded separator, which SQLite would read as one.
fn leaves_its_folder(url: &str) -> bool {
    let url = url.to_ascii_lowercase();
    url.starts_with("sqlite:") && ["%2f", "%5c"].iter().any(|separator| url.contains(separator))
}

/// A value is wrong, of which nothing is shown.
fn invalid() -> SourceError {
    SourceError::new(ErrorKind::Invalid, "what is inserted into `url` does not make it the URL of a database")
}

/// The pools, by URL.
#[derive(Default)]
pub(super) struct PoolsByUrl {
    state: Mutex<State>,
    /// Told when a pool is not in use any more, and when all are closed.
    unused: Notify,
    /// Hashes URLs for others to compare.
    hasher: RandomState,
}

#[derive(Default)]
struct State {
    /// The least recently used first.
    entries: Vec<Entry>,
    is_closed: bool,
}

struct Entry {
    url: ComponentUrl,
    pool: Pool,
    /// How many fetches use it now.
    users: usize,
}

impl PoolsByUrl {
    /// The pool of a URL, for what is known without connecting.
    pub(super) fn describe(&self, url: &ComponentUrl) -> Result<Pool, SourceError> {
        let known = self.state().entries.iter().find(|entry| entry.url == *url).map(|entry| entry.pool.clone());
        known.map_or_else(|| url.open(), Ok)
    }

    /// What tells its server from others: its place, or a number if that may be a secret.
    pub(super) fn endpoint(&self, url: &ComponentUrl, pool: &Pool) -> String {
        if url.is_inserted { format!("url-{:016x}", self.hasher.hash_one(url)) } else { pool.place() }
    }

    /// The pool of a URL, in use until the lease is dropped. Closes the least recently used one that is not in use, if there
    /// are too many.
    ///
    /// # Cancel safety
    /// Dropping it uses no pool.
    pub(super) async fn lease(self: &Arc<Self>, url: &ComponentUrl) -> Result<PoolLease, SourceError> {
        loop {
            // Before looking, so that none is missed that is given back in between.
            let mut unused = pin!(self.unused.notified());
            unused.as_mut().enable();
            let used = self.state().use_pool(url)?;
            let Some((pool, closing)) = used else {
                unused.await;
                continue;
            };
            let lease = PoolLease { pools: Arc::clone(self), url: url.clone(), pool };
            if let Some(closing) = closing {
                closing.close().await;
            }
            return Ok(lease);
        }
    }

    /// Closes all of them, and refuses new leases.
    pub(super) async fn close(&self) {
        let entries = {
            let mut state = self.state();
            state.is_closed = true;
            std::mem::take(&mut state.entries)
        };
        self.unused.notify_waiters();
        join_all(entries.iter().map(|entry| entry.pool.close())).await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The pool of a URL, and one that has to be closed for it; `None` if all that there may be are in use.
    fn use_pool(&mut self, url: &ComponentUrl) -> Result<Option<(Pool, Option<Pool>)>, SourceError> {
        if self.is_closed {
            return Err(SourceError::shut_down());
        }
        let mut closing = None;
        let mut entry = match self.entries.iter().position(|entry| entry.url == *url) {
            Some(known) => self.entries.remove(known),
            None => {
                let new = Entry { url: url.clone(), pool: url.open()?, users: 0 };
                if self.entries.len() >= MAX_POOLS {
                    let Some(idle) = self.entries.iter().position(|entry| entry.users == 0) else { return Ok(None) };
                    closing = Some(self.entries.remove(idle).pool);
                }
                new
            }
        };
        entry.users += 1;
        let pool = entry.pool.clone();
        self.entries.push(entry);
        Ok(Some((pool, closing)))
    }
}

impl fmt::Debug for PoolsByUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PoolsByUrl").field(&self.state().entries.len()).finish()
    }
}

/// A pool that is in use.
pub(super) struct PoolLease {
    pools: Arc<PoolsByUrl>,
    url: ComponentUrl,
    pool: Pool,
}

impl PoolLease {
    pub(super) fn pool(&self) -> &Pool {
        &self.pool
    }
}

impl Drop for PoolLease {
    fn drop(&mut self) {
        let mut state = self.pools.state();
        // It is missing after `close`.
        if let Some(entry) = state.entries.iter_mut().find(|entry| entry.url == self.url) {
            entry.users = entry.users.saturating_sub(1);
            if entry.users == 0 {
                drop(state);
                self.pools.unused.notify_waiters();
            }
        }
    }
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use std::time::Duration;

    use futures_util::FutureExt as _;

    use super::*;

    fn url(name: usize) -> ComponentUrl {
        ComponentUrl { text: format!("sqlite:{name}.db").into(), is_inserted: true }
    }

    fn known(pools: &PoolsByUrl) -> Vec<String> {
        pools.state().entries.iter().map(|entry| entry.url.text.to_string()).collect()
    }

    #[tokio::test]
    async fn the_least_recently_used_pool_is_closed_for_a_further_one() {
        let pools = Arc::new(PoolsByUrl::default());
        for name in 0..MAX_POOLS {
            pools.lease(&url(name)).await.unwrap();
        }
        let first = pools.lease(&url(0)).await.unwrap();
        for name in MAX_POOLS..MAX_POOLS + 3 {
            pools.lease(&url(name)).await.unwrap();
        }
        let left = known(&pools);
        assert_eq!(left.len(), MAX_POOLS);
        assert!(left.contains(&"sqlite:0.db".to_owned()) && left[0] == "sqlite:4.db", "{left:?}");
        drop(first);
    }

    #[tokio::test]
    async fn a_fetch_waits_while_all_pools_are_in_use_and_no_pool_in_use_is_closed() {
        let pools = Arc::new(PoolsByUrl::default());
        let mut used = Vec::new();
        for name in 0..MAX_POOLS {
            used.push(pools.lease(&url(name)).await.unwrap());
        }
        let again = pools.lease(&url(5)).now_or_never();
        assert!(again.is_some_and(|again| again.is_ok()), "a pool that is open can be shared");
        let further_url = url(MAX_POOLS);
        let mut further = pin!(pools.lease(&further_url));
        assert!(further.as_mut().now_or_never().is_none());
        drop(used.remove(3));
        assert!(tokio::time::timeout(Duration::from_secs(20), further).await.unwrap().is_ok());
        assert!(!known(&pools).contains(&"sqlite:3.db".to_owned()));
    }

    #[tokio::test]
    async fn a_closed_source_refuses_those_that_wait_and_those_that_come() {
        let pools = Arc::new(PoolsByUrl::default());
        let mut used = Vec::new();
        for name in 0..MAX_POOLS {
            used.push(pools.lease(&url(name)).await.unwrap());
        }
        let further_url = url(MAX_POOLS);
        let mut further = pin!(pools.lease(&further_url));
        assert!(further.as_mut().now_or_never().is_none());
        pools.close().await;
        assert_eq!(further.await.err().map(|error| error.kind()), Some(ErrorKind::ShutDown));
        assert_eq!(pools.lease(&url(0)).await.err().map(|error| error.kind()), Some(ErrorKind::ShutDown));
        drop(used);
        assert!(known(&pools).is_empty());
    }

    #[test]
    fn a_separator_in_the_path_of_a_file_is_found_in_every_spelling() {
        for url in ["sqlite:a%2Fb.db", "sqlite:a%2fb.db", "SQLITE:a%5cb.db"] {
            assert!(leaves_its_folder(url), "{url}");
        }
        assert!(!leaves_its_folder("sqlite:a/b%20c.db") && !leaves_its_folder("postgres://a:%2F@b/c"));
    }
}
