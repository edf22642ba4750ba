//! The calls of etcd's JSON gateway. The one place that classifies errors is `failure`.
//!
//! What always holds: a password and a token are sent to the configured endpoints and to no other, redirects are not followed,
//! and a body in memory is never larger than [`BODY`].

mod endpoints;
mod failure;
mod lines;
mod token;

use std::{sync::Arc, time::Duration};

use component_model_source::{ErrorKind, SourceError, limit};
use reqwest::{
    Response, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue},
};
use serde::Serialize;
use tokio::{
    sync::{Semaphore, watch},
    time::timeout,
};
use url::Url;

use self::{
    endpoints::Endpoints,
    token::{Pass, Passes, Token},
};
pub(super) use self::{
    failure::{Failure, Remedy},
    lines::Lines,
};
use super::{
    address,
    config::{Config, Login},
    wire::{self, Counted, Found, Header, Message, Range, Transaction, Watch},
};
use crate::{
    http::{self, Http},
    parsers::{self, Parsers},
};

/// The largest body: a value of the largest size in Base64, and what is around it.
const BODY: usize = limit::BYTES / 3 * 4 + 64 * 1024;

/// The longest text of a failure that is read.
const FAILURE: usize = 4096;

/// The most requests of one call at the same time.
const AT_ONCE: usize = 8;

/// The most requests of a source at the same time, apart from those of watches.
const REQUESTS: usize = 64;

/// How long a request waits until one of them has ended.
const PATIENCE: Duration = Duration::from_secs(1);

/// The most requests of a call at the same time for a watch, which has its own connections.
const AT_ONCE_APART: usize = 2;

/// A client of one configuration. Clones share connections.
#[derive(Debug, Clone)]
pub(super) struct Client {
    pub(super) config: Arc<Config>,
    pub(super) at_once: usize,
    /// How long an answer may take, unless the caller decides it.
    pub(super) patience: Option<Duration>,
    http: Http,
    /// Those that may begin, in their order.
    requests: Arc<Semaphore>,
    endpoints: Endpoints,
    passes: Passes,
    parsers: Parsers,
    /// Whether the source is closed.
    closed: Arc<watch::Sender<bool>>,
}

impl Client {
    pub(super) fn new(config: Config) -> Self {
        Self {
            http: Http::new(config.trust.clone()),
            endpoints: Endpoints::new(&config.endpoints),
            config: Arc::new(config),
            requests: Arc::new(Semaphore::new(REQUESTS)),
            at_once: AT_ONCE,
            patience: None,
            passes: Passes::default(),
            parsers: Parsers::default(),
            closed: Arc::default(),
        }
    }

    /// One with few connections of its own, for a watch. It is closed with this one.
    pub(super) fn apart(&self) -> Self {
        Self {
            http: Http::new(self.config.trust.clone()),
            requests: Arc::new(Semaphore::new(REQUESTS)),
            endpoints: Endpoints::new(&self.config.endpoints),
            at_once: AT_ONCE_APART,
            ..self.clone()
        }
    }

    /// What is in a range.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection in use.
    pub(super) async fn range(&self, range: &Range) -> Result<(Header, Found), SourceError> {
        let body = self.body("kv/range", range).await.map_err(|failure| failure.error)?;
        self.parsed(body, wire::range).await
    }

    /// How much is in a range.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection in use.
    pub(super) async fn count(&self, range: &Range) -> Result<(Header, Counted), SourceError> {
        let body = self.body("kv/range", range).await.map_err(|failure| failure.error)?;
        self.parsed(body, wire::counted).await
    }

    /// What is in several ranges, all after the same change.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection in use.
    pub(super) async fn transaction(
        &self,
        transaction: &Transaction,
    ) -> Result<(Header, Vec<Result<Found, SourceError>>), Failure> {
        let body = self.body("kv/txn", transaction).await?;
        Ok(self.parsed(body, wire::transaction).await?)
    }

    /// The messages of a watch, once it has begun. Its connection is closed with them.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection in use.
    pub(super) async fn watch(&self, watch: &Watch) -> Result<(Header, Lines), SourceError> {
        match self.call("watch", watch, Form::Stream).await {
            Ok(Answered::Stream(header, lines)) => Ok((header, lines)),
            Ok(Answered::Body(_)) => Err(wire::not_etcd()),
            Err(failure) => Err(failure.error),
        }
    }

    /// Closes the connections that are idle, and refuses further requests. Those that are running end as usual.
    pub(super) fn close(&self) {
        self.http.close();
        self.closed.send_replace(true);
    }

    /// Waits until the source is closed.
    pub(super) async fn closed(&self) {
        // The sender is here.
        let _ = self.closed.subscribe().wait_for(|closed| *closed).await;
    }

    /// Parses a body, a large one where blocking is allowed.
    pub(super) async fn parsed<T: Send + 'static>(
        &self,
        body: Vec<u8>,
        parse: impl FnOnce(&[u8]) -> Result<T, SourceError> + Send + 'static,
    ) -> Result<T, SourceError> {
        if body.len() <= parsers::IN_PLACE {
            return parse(&body);
        }
        self.parsers.run(move || parse(&body)).await?
    }

    async fn body(&self, method: &'static str, request: &impl Serialize) -> Result<Vec<u8>, Failure> {
        match self.call(method, request, Form::Body).await? {
            Answered::Body(body) => Ok(body),
            Answered::Stream(..) => Err(wire::not_etcd().into()),
        }
    }

    async fn call(&self, method: &'static str, request: &impl Serialize, form: Form) -> Result<Answered, Failure> {
        let body = written(request)?;
        let call = Call { method, body: &body, form };
        let Some(patience) = self.patience else { return self.with_pass(&call).await };
        match timeout(patience, self.with_pass(&call)).await {
            Ok(answered) => answered,
            Err(_) => Err(SourceError::new(ErrorKind::Timeout, "the server does not answer a watch").into()),
        }
    }

    /// Logs in if there is a user. If its token is no longer good, logs in once more.
    async fn with_pass(&self, call: &Call<'_>) -> Result<Answered, Failure> {
        let Some(login) = &self.config.login else { return self.of_any(call, None).await };
        let pass = self.passes.other_than(None, self.log_in(login)).await?;
        match self.of_any(call, pass.token()).await {
            Err(Failure { remedy: Remedy::Login, .. }) => {
                let pass = self.passes.other_than(Some(&pass), self.log_in(login)).await?;
                self.of_any(call, pass.token()).await
            }
            other => other,
        }
    }

    async fn log_in(&self, Login { user, password }: &Login) -> Result<Pass, SourceError> {
        let body = written(&wire::Login { name: user, password })?;
        let call = Call { method: "auth/authenticate", body: &body, form: Form::Body };
        match self.of_any(&call, None).await {
            Ok(Answered::Body(body)) => Ok(Pass::Token(Token::new(&wire::token(&body)?)?)),
            Ok(Answered::Stream(..)) => Err(wire::not_etcd()),
            Err(Failure { remedy: Remedy::WithoutLogin, .. }) => Ok(Pass::NotNeeded),
            Err(failure) => Err(failure.error),
        }
    }

    /// The answer of the first member that has one. If none has, the failure of one that could be reached says the most.
    async fn of_any(&self, call: &Call<'_>, token: Option<&Token>) -> Result<Answered, Failure> {
        // It is never closed. Time spent here says nothing against a member. Others may be stuck, or not polled: then this one is
        // sent beside them.
        let _permit = timeout(PATIENCE, self.requests.acquire()).await;
        let mut failed: Option<Failure> = None;
        for attempt in self.endpoints.in_turn() {
            match self.exchange(attempt.url(), call, token).await {
                Err(failure) if failure.remedy == Remedy::Elsewhere => {
                    attempt.failed();
                    if failed.as_ref().is_none_or(|failed| failed.error.kind() == ErrorKind::Unreachable) {
                        failed = Some(failure);
                    }
                }
                answered => {
                    attempt.answered();
                    return answered;
                }
            }
        }
        Err(failed.unwrap_or_else(|| super::misconfigured("there is no endpoint").into()))
    }

    async fn exchange(&self, endpoint: &Url, call: &Call<'_>, token: Option<&Token>) -> Result<Answered, Failure> {
        let url = address::of_method(endpoint, call.method);
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.extend(token.map(|token| (AUTHORIZATION, token.header())));
        let request =
            |client: &reqwest::Client| client.post(url.clone()).headers(headers.clone()).body(call.body.to_vec());
        let (response, lease) = self.http.send(&url, request).await?;
        let status = response.status();
        if status == StatusCode::OK && call.form == Form::Stream {
            lease.keep();
            return begun(response).await;
        }
        let failure = (status != StatusCode::OK).then(|| http::of_status(&response));
        let body = http::read(response, if failure.is_none() { BODY } else { FAILURE }).await;
        match &body {
            // A body that is too large says nothing against the other connections.
            Err(error) if error.kind() != ErrorKind::TooLarge => lease.give_up(),
            _ => lease.keep(),
        }
        match failure {
            Some(failure) => Err(failure::refined(failure, status, &body.unwrap_or_default())),
            None => Ok(Answered::Body(body?)),
        }
    }
}

/// What is sent.
struct Call<'b> {
    method: &'static str,
    body: &'b [u8],
    form: Form,
}

/// How an answer comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Body,
    Stream,
}

enum Answered {
    Body(Vec<u8>),
    Stream(Header, Lines),
}

/// A watch whose first message says that it has begun.
async fn begun(response: Response) -> Result<Answered, Failure> {
    let mut lines = Lines::new(response);
    match wire::message(&lines.next().await?, |_| false)? {
        Message::Created(header) => Ok(Answered::Stream(header, lines)),
        Message::Canceled(reason) => Err(failure::of_text(&reason)),
        Message::Events(_) | Message::Compacted => Err(wire::not_etcd().into()),
    }
}

/// The failure of a watch that etcd ended for a reason.
pub(super) fn canceled(reason: &str) -> SourceError {
    failure::of_text(reason).error
}

fn written(request: &impl Serialize) -> Result<Vec<u8>, SourceError> {
    serde_json::to_vec(request)
        .map_err(|error| SourceError::new(ErrorKind::Other, "the request cannot be written").with_cause(error))
}
