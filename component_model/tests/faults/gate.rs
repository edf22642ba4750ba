//! A source as the engine sees it: counted, and stopped before its second call until a fault is over.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use component_model::{Answer, Asked, OptionSpec, Request, RequestSpec, Source, SourceError};
use tokio::sync::watch;

/// Counts the calls of a source, and holds back those after the first one while it is shut.
#[derive(Clone)]
pub(crate) struct Gate(Arc<State>);

struct State {
    calls: AtomicUsize,
    /// The number of calls before the first one that waits.
    passes: watch::Sender<usize>,
    finished: watch::Sender<usize>,
}

impl Gate {
    pub(crate) fn new() -> Self {
        let state = State {
            calls: AtomicUsize::new(0),
            passes: watch::Sender::new(usize::MAX),
            finished: watch::Sender::new(0),
        };
        Self(Arc::new(state))
    }

    /// How often the source was called.
    pub(crate) fn calls(&self) -> usize {
        self.0.calls.load(Ordering::SeqCst)
    }

    /// Lets one more call through.
    pub(crate) fn shut_after_one(&self) {
        self.0.passes.send_replace(self.calls() + 1);
    }

    pub(crate) fn open(&self) {
        self.0.passes.send_replace(usize::MAX);
    }

    /// Waits until that many calls have ended, whether answered or dropped.
    pub(crate) async fn until_finished(&self, calls: usize) {
        let _ = self.0.finished.subscribe().wait_for(|finished| *finished >= calls).await;
    }

    async fn pass(&self) -> Finishes<'_> {
        let number = self.0.calls.fetch_add(1, Ordering::SeqCst);
        let finishes = Finishes(self);
        let _ = self.0.passes.subscribe().wait_for(|passes| number < *passes).await;
        finishes
    }
}

/// Tells when it is dropped that a call has ended.
struct Finishes<'g>(&'g Gate);

impl Drop for Finishes<'_> {
    fn drop(&mut self) {
        self.0.0.finished.send_modify(|finished| *finished += 1);
    }
}

/// A source behind a gate.
pub(crate) struct Gated<S> {
    pub(crate) source: S,
    pub(crate) gate: Gate,
}

impl<S: Source> Source for Gated<S> {
    type Query = S::Query;

    const OPTIONS: &'static [OptionSpec] = S::OPTIONS;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<S::Query>, SourceError> {
        self.source.bind(spec)
    }

    async fn fetch(&self, asked: Asked<'_, S::Query>) -> Answer {
        let _finishes = self.gate.pass().await;
        self.source.fetch(asked).await
    }

    async fn fetch_many(&self, asked: &[Asked<'_, S::Query>]) -> Vec<Answer> {
        let _finishes = self.gate.pass().await;
        self.source.fetch_many(asked).await
    }

    fn limit(&self) -> Option<usize> {
        self.source.limit()
    }

    async fn shutdown(&self) {
        self.source.shutdown().await;
    }
}
