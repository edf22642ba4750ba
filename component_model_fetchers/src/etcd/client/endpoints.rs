//! The members of a cluster, one after another.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use std::time::Duration;

use tokio::time::Instant;
use url::Url;

/// How long a request must have been running when it is dropped for its member to be left: as for connections, a caller that
/// stops waiting earlier has most likely not waited for the network.
const PATIENCE: Duration = Duration::from_millis(100);

/// The members, of which one is preferred: the one that answered last. Clones share the preference.
#[derive(Debug, Clone)]
pub(super) struct Endpoints {
    urls: Arc<[Url]>,
    preferred: Arc<AtomicUsize>,
}

impl Endpoints {
    pub(super) fn new(urls: &[Url]) -> Self {
        // Programs that start together do not all ask the same member.
        let first = fastrand::usize(..urls.len().max(1));
        Self { urls: urls.into(), preferred: Arc::new(AtomicUsize::new(first)) }
    }

    /// All of them, the preferred one first.
    pub(super) fn in_turn(&self) -> impl Iterator<Item = Attempt<'_>> {
        let (first, number) = (self.preferred.load(Ordering::Relaxed), self.urls.len());
        (0..number).map(move |step| Attempt::new(self, (first + step) % number))
    }

    /// Prefers the next one, unless another request did so already.
    fn leave(&self, position: usize) {
        let next = (position + 1) % self.urls.len();
        let _ = self.preferred.compare_exchange(position, next, Ordering::Relaxed, Ordering::Relaxed);
    }
}

/// A request to one member. Dropping it after a while, because its request was dropped, leaves the member.
pub(super) struct Attempt<'e> {
    endpoints: &'e Endpoints,
    position: usize,
    since: Instant,
    settled: bool,
}

impl<'e> Attempt<'e> {
    fn new(endpoints: &'e Endpoints, position: usize) -> Self {
        Self { endpoints, position, since: Instant::now(), settled: false }
    }

    pub(super) fn url(&self) -> &'e Url {
        &self.endpoints.urls[self.position]
    }

    /// The member answered: it is preferred from now on.
    pub(super) fn answered(mut self) {
        self.settled = true;
        self.endpoints.preferred.store(self.position, Ordering::Relaxed);
    }

    /// The member cannot answer.
    pub(super) fn failed(mut self) {
        self.settled = true;
        self.endpoints.leave(self.position);
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if !self.settled && self.since.elapsed() >= PATIENCE {
            self.endpoints.leave(self.position);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoints() -> Endpoints {
        let urls: Vec<_> = ["http://a", "http://b", "http://c"].into_iter().map(|url| url.parse().unwrap()).collect();
        let endpoints = Endpoints::new(&urls);
        endpoints.preferred.store(0, Ordering::Relaxed);
        endpoints
    }

    fn order(endpoints: &Endpoints) -> String {
        endpoints.in_turn().filter_map(|attempt| attempt.url().host_str()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn the_one_that_answered_is_asked_first() {
        let endpoints = endpoints();
        assert_eq!(order(&endpoints), "abc");
        endpoints.in_turn().nth(1).unwrap().answered();
        assert_eq!(order(&endpoints), "bca");
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_failed_is_left_once_however_many_requests_it_failed() {
        let endpoints = endpoints();
        let (one, other) = (endpoints.in_turn().next().unwrap(), endpoints.in_turn().next().unwrap());
        one.failed();
        other.failed();
        assert_eq!(order(&endpoints), "bca");
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_did_not_answer_in_time_is_left() {
        let endpoints = endpoints();
        drop(endpoints.in_turn().next().unwrap());
        assert_eq!(order(&endpoints), "abc");
        let attempt = endpoints.in_turn().next().unwrap();
        tokio::time::advance(PATIENCE).await;
        drop(attempt);
        assert_eq!(order(&endpoints), "bca");
    }
}
