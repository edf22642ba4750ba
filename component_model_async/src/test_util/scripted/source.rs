//! The contract.

use futures_util::future::join_all;

use super::{Scripted, watch};
use crate::{
    Answer, Asked, BoxStream, Change, KeyQuery, OptionSpec, Reply, Request, RequestSpec, Source, SourceError, Watched,
};

impl Source for Scripted {
    type Query = KeyQuery;

    // It can replace any other source.
    const OPTIONS: &'static [OptionSpec] = &[OptionSpec::ANY];

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
        let mut request = Request::by_key(spec)?;
        let mut state = self.0.state();
        let endpoint = state.key(request.query().key()).endpoint.clone();
        if state.is_grouped {
            request = request.with_group(());
        }
        Ok(match endpoint {
            Some(endpoint) => request.with_endpoint(endpoint),
            None => request,
        })
    }

    /// All its keys are those of one document.
    fn deny_unknown(
        &self,
        read: &[&KeyQuery],
        below: &RequestSpec<'_>,
    ) -> Result<Option<Request<KeyQuery>>, SourceError> {
        let key = below.key()?.into_owned();
        Ok(Some(Request::new(KeyQuery::unknown(key.clone(), read), key)))
    }

    fn fetch_immediate(&self, asked: Asked<'_, KeyQuery>) -> Option<Answer> {
        if let Some(read) = asked.query().read() {
            return Some(self.0.deny_unknown(asked.query().key(), read));
        }
        self.0.immediate(asked.query().key()).map(|step| step.answer(asked.known()))
    }

    async fn fetch(&self, asked: Asked<'_, KeyQuery>) -> Answer {
        self.answers_to(&[asked]).await.pop().unwrap_or(Ok(Reply::ABSENT))
    }

    async fn fetch_many(&self, asked: &[Asked<'_, KeyQuery>]) -> Vec<Answer> {
        if self.0.state().is_grouped {
            self.answers_to(asked).await
        } else {
            join_all(asked.iter().map(|one| self.fetch(*one))).await
        }
    }

    fn watch(&self, watched: Vec<Watched<KeyQuery>>) -> Option<BoxStream<'static, Change>> {
        let is_watchable = self.0.state().is_watchable;
        is_watchable.then(|| watch::changes(&self.0, watched))
    }

    async fn shutdown(&self) {
        self.0.change(|state| state.is_shut_down = true);
    }
}

impl Scripted {
    /// The answers of one round trip.
    async fn answers_to(&self, asked: &[Asked<'_, KeyQuery>]) -> Vec<Answer> {
        let call = match self.0.call(asked.iter().map(|one| one.query().key())) {
            Ok(call) => call,
            Err(error) => return asked.iter().map(|_| Err(error.clone())).collect(),
        };
        let steps = call.answered().await;
        asked.iter().zip(steps).map(|(one, step)| step.answer(one.known())).collect()
    }
}
