//! The requests of Consul's key/value store. The one place that classifies errors is `failure`.
//!
//! What always holds: a token is sent to the configured address and to no other, redirects are not followed, and a body in
//! memory is never larger than [`BODY`].

mod failure;

use std::{
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use component_model_source::{ErrorKind, SourceError, limit};
use reqwest::{
    RequestBuilder, Response, StatusCode,
    header::{CONTENT_TYPE, HeaderMap, HeaderName},
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit, watch},
    time::timeout,
};
use url::Url;

pub(super) use self::failure::not_permitted;
use super::{
    address,
    config::Config,
    query::Scope,
    wire::{self, Entry, Operation, Outcome},
};
use crate::{
    http::{self, Http},
    parsers::{self, Parsers},
};

const TOKEN: HeaderName = HeaderName::from_static("x-consul-token");
const INDEX: HeaderName = HeaderName::from_static("x-consul-index");

/// The largest body: a value of the largest size in Base64, and what is around it.
const BODY: usize = limit::BYTES / 3 * 4 + 64 * 1024;

/// The longest text of a failure that is read.
const FAILURE: usize = 4096;

/// The most requests of one call at the same time.
const AT_ONCE: usize = 8;

/// The most requests of a source at the same time, besides those that the server holds back. An agent has at most 200
/// connections of one host by default.
const REQUESTS: usize = 64;

/// How long a request waits until one of them has ended.
const PATIENCE: Duration = Duration::from_secs(1);

/// The most requests of all watches of a source that the server holds back at the same time.
const HELD: usize = 64;

/// The most requests of a call at the same time for a watch, which has several calls.
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
    /// What the watches share, as long as there are any.
    watches: Arc<Mutex<Weak<Watches>>>,
    /// The same, if this is the client of a watch.
    watching: Option<Arc<Watches>>,
    parsers: Parsers,
    /// Whether the source is closed.
    closed: Arc<watch::Sender<bool>>,
}

/// What the watches of a source share.
#[derive(Debug)]
struct Watches {
    http: Http,
    /// Those that the server may hold back.
    held: Arc<Semaphore>,
}

/// What is asked of the store.
pub(super) struct Question<'q> {
    /// A key or a prefix.
    pub(super) path: &'q str,
    pub(super) parameters: Vec<(&'static str, String)>,
    /// The largest answer, in bytes.
    pub(super) largest: usize,
    /// How long the server waits before it answers, if nothing happens.
    pub(super) waits: Duration,
}

impl<'q> Question<'q> {
    pub(super) fn key(path: &'q str) -> Self {
        Self { path, parameters: Vec::new(), largest: BODY, waits: Duration::ZERO }
    }

    /// All entries below a prefix.
    pub(super) fn prefix(path: &'q str) -> Self {
        Self { parameters: vec![("recurse", String::new())], ..Self::key(path) }
    }

    /// Not the entries, but only whether any of them changed: the names below are reduced to that of the folder.
    pub(super) fn names(folder: &'q str) -> Self {
        let parameters = vec![("keys", String::new()), ("separator", "/".to_owned())];
        Self { parameters, ..Self::key(folder.strip_suffix('/').unwrap_or(folder)) }
    }

    pub(super) fn at_most(self, largest: usize) -> Self {
        Self { largest, ..self }
    }

    /// Waits for a change after an index; the server adds up to a sixteenth to the time.
    pub(super) fn after(mut self, index: Option<u64>, wait: Duration) -> Self {
        let Some(index) = index else { return self };
        self.parameters.push(("index", index.to_string()));
        self.parameters.push(("wait", format!("{}ms", wait.as_millis())));
        Self { waits: wait + wait / 16, ..self }
    }
}

/// The entries of a key or of a prefix.
#[derive(Debug)]
pub(super) struct Listing {
    /// Empty if there are none, or none that the token may read.
    pub(super) entries: Vec<Entry>,
    /// The index of the latest change that may have had an effect on them. At least 1.
    pub(super) index: u64,
}

/// A body that may be parsed.
struct Answered {
    status: StatusCode,
    index: Option<u64>,
    body: Vec<u8>,
}

impl Client {
    pub(super) fn new(config: Config) -> Self {
        let http = Http::new(config.trust.clone());
        Self {
            config: Arc::new(config),
            at_once: AT_ONCE,
            patience: None,
            http,
            requests: Arc::new(Semaphore::new(REQUESTS)),
            watches: Arc::default(),
            watching: None,
            parsers: Parsers::default(),
            closed: Arc::default(),
        }
    }

    /// One for a watch, whose connections are those of all watches, and of nothing else. It is closed with this one.
    pub(super) fn apart(&self) -> Self {
        let mut known = self.watches.lock().unwrap_or_else(PoisonError::into_inner);
        let watches = known.upgrade().unwrap_or_else(|| {
            let held = Arc::new(Semaphore::new(HELD));
            let watches = Arc::new(Watches { http: Http::new(self.config.trust.clone()), held });
            *known = Arc::downgrade(&watches);
            watches
        });
        drop(known);
        Self { http: watches.http.clone(), watching: Some(watches), at_once: AT_ONCE_APART, ..self.clone() }
    }

    /// Permission to have a request held back, unless too many are.
    pub(super) fn hold(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.watching.as_ref()?.held).try_acquire_owned().ok()
    }

    /// The entries of a key, or of a prefix.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection in use.
    pub(super) async fn get(&self, scope: &Scope, question: Question<'_>) -> Result<Listing, SourceError> {
        let answered = self.read(scope, question).await?;
        let index = answered.index()?;
        let entries = match answered.status {
            StatusCode::NOT_FOUND => Vec::new(),
            _ => self.parsed(answered.body, wire::entries).await?,
        };
        Ok(Listing { entries, index })
    }

    /// The index of the latest change, without the entries.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection in use.
    pub(super) async fn index(&self, scope: &Scope, question: Question<'_>) -> Result<u64, SourceError> {
        self.read(scope, question).await?.index()
    }

    async fn read(&self, scope: &Scope, question: Question<'_>) -> Result<Answered, SourceError> {
        let Question { path, parameters, largest, waits } = question;
        let mut url = self.with_scope(address::of_key(&self.config.address, path), scope);
        if !parameters.is_empty() {
            url.query_pairs_mut().extend_pairs(parameters);
        }
        let headers = self.headers(scope).await?;
        let _permit = self.permit(waits).await;
        let exchange = self.send(&url, largest, |client| client.get(url.clone()).headers(headers.clone()));
        self.in_time(waits, exchange).await
    }

    /// Runs a transaction, which only reads.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection in use.
    pub(super) async fn transaction(
        &self,
        scope: &Scope,
        operations: &[Operation<'_>],
    ) -> Result<Outcome, SourceError> {
        let url = self.with_scope(address::of_transactions(&self.config.address), scope);
        let body = serde_json::to_vec(operations).map_err(|error| {
            SourceError::new(ErrorKind::Other, "the transaction cannot be written").with_cause(error)
        })?;
        let mut headers = self.headers(scope).await?;
        headers.insert(CONTENT_TYPE, reqwest::header::HeaderValue::from_static("application/json"));
        let request = |client: &reqwest::Client| client.put(url.clone()).headers(headers.clone()).body(body.clone());
        let _permit = self.permit(Duration::ZERO).await;
        let answered = self.in_time(Duration::ZERO, self.send(&url, BODY, request)).await?;
        if answered.status == StatusCode::NOT_FOUND {
            return Err(wire::not_consul());
        }
        self.parsed(answered.body, wire::outcome).await
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

    /// Waits until the request may begin. One that the server holds back does not keep others waiting.
    async fn permit(&self, waits: Duration) -> Option<SemaphorePermit<'_>> {
        if waits != Duration::ZERO {
            return None;
        }
        // It is never closed. Others may be stuck, or not polled: then this one is sent beside them.
        timeout(PATIENCE, self.requests.acquire()).await.ok()?.ok()
    }

    async fn in_time<T>(
        &self,
        waits: Duration,
        exchange: impl Future<Output = Result<T, SourceError>>,
    ) -> Result<T, SourceError> {
        let Some(patience) = self.patience else { return exchange.await };
        match timeout(waits + patience, exchange).await {
            Ok(answered) => answered,
            Err(_) => Err(SourceError::new(ErrorKind::Timeout, "the server does not answer the query of a watch")),
        }
    }

    fn with_scope(&self, mut url: Url, scope: &Scope) -> Url {
        let named = [("dc", &scope.datacenter), ("ns", &scope.namespace), ("partition", &self.config.partition)];
        for (name, value) in named {
            if let Some(value) = value {
                url.query_pairs_mut().append_pair(name, value);
            }
        }
        if let Some(consistency) = scope.consistency.parameter() {
            url.query_pairs_mut().append_key_only(consistency);
        }
        url
    }

    async fn headers(&self, scope: &Scope) -> Result<HeaderMap, SourceError> {
        let mut headers = HeaderMap::new();
        let token = match &scope.token {
            Some(token) => Some(token.clone()),
            None => self.config.credential.token().await?,
        };
        if let Some(token) = token {
            headers.insert(TOKEN, token.header()?);
        }
        Ok(headers)
    }

    async fn send(
        &self,
        url: &Url,
        largest: usize,
        request: impl Fn(&reqwest::Client) -> RequestBuilder,
    ) -> Result<Answered, SourceError> {
        let request = |client: &reqwest::Client| match &self.config.basic {
            Some((user, password)) => request(client).basic_auth(user, Some(password)),
            None => request(client),
        };
        let (response, lease) = self.http.send(url, request).await?;
        let (status, index) = (response.status(), index(&response));
        let expected = matches!(status, StatusCode::OK | StatusCode::NOT_FOUND | StatusCode::CONFLICT);
        let failure = (!expected).then(|| http::of_status(&response));
        let body = http::read(response, if expected { largest } else { FAILURE }).await;
        match &body {
            // A body that is too large says nothing against the other connections.
            Err(error) if error.kind() != ErrorKind::TooLarge => lease.give_up(),
            _ => lease.keep(),
        }
        match failure {
            Some(failure) => Err(failure::refined(failure, status, &body.unwrap_or_default())),
            None => Ok(Answered { status, index, body: body? }),
        }
    }

    /// Parses a body, a large one where blocking is allowed.
    async fn parsed<T: Send + 'static>(
        &self,
        body: Vec<u8>,
        parse: impl FnOnce(&[u8]) -> Result<T, SourceError> + Send + 'static,
    ) -> Result<T, SourceError> {
        if body.len() <= parsers::IN_PLACE {
            return parse(&body);
        }
        self.parsers.run(move || parse(&body)).await?
    }
}

impl Answered {
    /// The index of an answer, without which it is not one of the store: a page of another server has none.
    fn index(&self) -> Result<u64, SourceError> {
        // An index of 0 would not wait.
        self.index.map(|index| index.max(1)).ok_or_else(wire::not_consul)
    }
}

fn index(response: &Response) -> Option<u64> {
    response.headers().get(INDEX)?.to_str().ok()?.parse().ok()
}
