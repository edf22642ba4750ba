//! A source for tests that takes its time and counts.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use component_model::{Answer, Asked, KeyQuery, Reply, Request, RequestSpec, Source, SourceError, Value};
use tokio::time::sleep;

/// Answers each key with itself after a while, and `absent` with absence. Clones count together.
#[derive(Clone, Default)]
pub(crate) struct Slow {
    takes: Duration,
    is_grouped: bool,
    calls: Arc<AtomicUsize>,
    requests: Arc<AtomicUsize>,
    running: Arc<AtomicUsize>,
}

#[allow(dead_code, reason = "not every test program counts")]
impl Slow {
    /// Each request is a call of its own.
    pub(crate) fn taking(takes: Duration) -> Self {
        Self { takes, ..Self::default() }
    }

    /// All requests are one call.
    pub(crate) fn grouped(self) -> Self {
        Self { is_grouped: true, ..self }
    }

    /// How many calls began.
    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// How many requests they had.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    /// How many calls have begun and have neither ended nor been dropped.
    pub(crate) fn running(&self) -> usize {
        self.running.load(Ordering::SeqCst)
    }
}

struct Running(Arc<AtomicUsize>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Source for Slow {
    type Query = KeyQuery;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
        let request = Request::by_key(spec)?;
        Ok(if self.is_grouped { request.with_group(()) } else { request })
    }

    async fn fetch(&self, asked: Asked<'_, KeyQuery>) -> Answer {
        self.fetch_many(&[asked]).await.remove(0)
    }

    async fn fetch_many(&self, asked: &[Asked<'_, KeyQuery>]) -> Vec<Answer> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.requests.fetch_add(asked.len(), Ordering::SeqCst);
        self.running.fetch_add(1, Ordering::SeqCst);
        let _running = Running(Arc::clone(&self.running));
        sleep(self.takes).await;
        let answer = |asked: &Asked<'_, KeyQuery>| match asked.query().key() {
            "absent" => Ok(Reply::ABSENT),
            key => Ok(Value::text(key).into()),
        };
        asked.iter().map(answer).collect()
    }
}
