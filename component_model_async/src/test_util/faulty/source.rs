//! The contract: everything is passed to the source, requests after what a fault does to them.

use super::Faulty;
use crate::{Answer, Asked, BoxStream, Change, Lease, OptionSpec, Request, RequestSpec, Source, SourceError, Watched};

impl<S: Source> Source for Faulty<S> {
    type Query = S::Query;

    const OPTIONS: &'static [OptionSpec] = S::OPTIONS;

    const IS_SENSITIVE: bool = S::IS_SENSITIVE;

    const BUILT_IN: bool = S::BUILT_IN;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<S::Query>, SourceError> {
        self.inner().bind(spec)
    }

    fn deny_unknown(
        &self,
        read: &[&S::Query],
        below: &RequestSpec<'_>,
    ) -> Result<Option<Request<S::Query>>, SourceError> {
        self.inner().deny_unknown(read, below)
    }

    async fn fetch(&self, asked: Asked<'_, S::Query>) -> Answer {
        self.round_trip().await?;
        self.inner().fetch(asked).await
    }

    async fn fetch_many(&self, asked: &[Asked<'_, S::Query>]) -> Vec<Answer> {
        match self.round_trip().await {
            Ok(()) => self.inner().fetch_many(asked).await,
            Err(error) => asked.iter().map(|_| Err(error.clone())).collect(),
        }
    }

    fn watch(&self, watched: Vec<Watched<S::Query>>) -> Option<BoxStream<'static, Change>> {
        self.inner().watch(watched)
    }

    fn how_to_set(&self, query: &S::Query) -> Option<String> {
        self.inner().how_to_set(query)
    }

    async fn renew(&self, query: &S::Query, lease: &Lease) -> Result<Lease, SourceError> {
        self.round_trip().await?;
        self.inner().renew(query, lease).await
    }

    fn limit(&self) -> Option<usize> {
        self.inner().limit()
    }

    async fn shutdown(&self) {
        self.inner().shutdown().await;
    }
}

impl<S: Source> Faulty<S> {
    async fn round_trip(&self) -> Result<(), SourceError> {
        let fault = self.faults().of_call();
        fault.happen().await
    }
}
