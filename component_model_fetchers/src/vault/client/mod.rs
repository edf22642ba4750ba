//! The requests of Vault's HTTP API. The one place that classifies errors is `failure`.
//!
//! What always holds: a token is sent to the configured address and to no other, redirects are not followed, and a body in
//! memory is never larger than [`BODY`].

mod failure;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use component_model_source::{ErrorKind, SourceError, limit};
use reqwest::{
    Method, StatusCode,
    header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};
use serde_json::Value as Json;
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

pub(super) use self::failure::not_vault;
use super::{
    config::Config,
    engines::Engines,
    leases::{FAREWELL, Leases},
    login::Login,
    misconfigured,
    secret::Grant,
    session::{Held, Session},
};
use crate::{
    http::{self, Http, below},
    parsers::{self, Parsers},
    token::Token,
};

const TOKEN: HeaderName = HeaderName::from_static("x-vault-token");
const NAMESPACE: HeaderName = HeaderName::from_static("x-vault-namespace");
/// Without it, an agent answers nothing that a browser could have been made to ask.
const REQUEST: HeaderName = HeaderName::from_static("x-vault-request");

/// The largest body: a value of the largest size, and what is around it.
const BODY: usize = limit::BYTES + 64 * 1024;

/// The longest text of a failure that is read. A secret that was deleted comes with what Vault says of it.
const FAILURE: usize = 64 * 1024;

/// More than can be at work at the same time.
const MAKERS: usize = 1 << 20;

/// A client of one configuration. Clones share connections, token and leases.
#[derive(Debug, Clone)]
pub(super) struct Client {
    pub(super) config: Arc<Config>,
    pub(super) engines: Arc<Engines>,
    pub(super) leases: Arc<Leases>,
    session: Arc<Session>,
    http: Http,
    parsers: Parsers,
    closed: Arc<AtomicBool>,
    /// Whoever makes a token or a secret has a permit, and the end waits for them.
    makers: Arc<Semaphore>,
}

/// One request.
#[derive(Debug)]
pub(super) struct Call<'c> {
    /// The path, unencoded.
    segments: Vec<&'c str>,
    parameter: Option<(&'static str, String)>,
    namespace: Option<&'c str>,
    body: Option<Json>,
    /// Whether the request creates something, so that it must not be sent twice.
    creates: bool,
}

impl<'c> Call<'c> {
    pub(super) fn read(segments: impl IntoIterator<Item = &'c str>, namespace: Option<&'c str>) -> Self {
        let segments = ["v1"].into_iter().chain(segments).collect();
        Self { segments, parameter: None, namespace, body: None, creates: false }
    }

    pub(super) fn write(segments: impl IntoIterator<Item = &'c str>, namespace: Option<&'c str>, body: Json) -> Self {
        Self { body: Some(body), ..Self::read(segments, namespace) }
    }

    pub(super) fn with(self, parameter: Option<(&'static str, String)>) -> Self {
        Self { parameter, ..self }
    }

    pub(super) fn creating(self) -> Self {
        Self { creates: true, ..self }
    }
}

/// A body that may be parsed.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) is_absent: bool,
    pub(super) body: Vec<u8>,
}

impl Client {
    pub(super) fn new(config: Config) -> Self {
        let http = Http::new(config.trust.clone());
        Self {
            config: Arc::new(config),
            engines: Arc::default(),
            leases: Arc::default(),
            session: Arc::default(),
            http,
            parsers: Parsers::default(),
            closed: Arc::default(),
            makers: Arc::new(Semaphore::new(MAKERS)),
        }
    }

    /// Sends a request with the token of the source. One that a login gave is replaced once if Vault refuses it.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection in use.
    pub(super) async fn send(&self, call: &Call<'_>) -> Result<(Answered, Option<Held>), SourceError> {
        self.check_open()?;
        let held = self.session.current(self).await?;
        let error = match self.exchange(call, held.as_ref().map(|held| &held.token)).await {
            Ok(answered) => return Ok((answered, held)),
            Err(error) if error.kind() == ErrorKind::Denied => error,
            Err(error) => return Err(error),
        };
        let Some(refused) = held else { return Err(error) };
        let Some(fresh) = self.session.instead_of(self, &refused).await? else { return Err(error) };
        let answered = self.exchange(call, Some(&fresh.token)).await;
        if answered.as_ref().is_err_and(|error| error.kind() == ErrorKind::Denied) {
            self.session.refused(&fresh);
        }
        Ok((answered?, Some(fresh)))
    }

    /// Makes sure that there is a token, before something is begun for which others wait: nobody waits for two things one after
    /// another. Returns which login it is of.
    ///
    /// # Cancel safety
    /// As for [`send`](Self::send).
    pub(super) async fn sign_in(&self) -> Result<Option<u64>, SourceError> {
        self.check_open()?;
        Ok(self.session.current(self).await?.map(|held| held.login))
    }

    /// Logs in, and returns the new token.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection; Vault may still have made a token, which expires.
    pub(super) async fn log_in(&self, login: &Login) -> Result<Grant, SourceError> {
        let (segments, body) = login.request().await?;
        let call = Call {
            segments: segments.iter().map(String::as_str).collect(),
            parameter: None,
            namespace: self.config.namespace.as_deref(),
            body: Some(body),
            creates: true,
        };
        let answered = self.exchange(&call, None).await.map_err(failure::of_login)?;
        if answered.is_absent {
            return Err(failure::of_login(misconfigured("the login is not there")));
        }
        Grant::parse(&answered.body)
    }

    /// Sends a request with a token.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection in use.
    pub(super) async fn exchange(&self, call: &Call<'_>, token: Option<&Token>) -> Result<Answered, SourceError> {
        let mut url = below(&self.config.address, call.segments.iter().copied());
        if let Some((name, value)) = &call.parameter {
            url.query_pairs_mut().append_pair(name, value);
        }
        let headers = headers(call, token)?;
        let body = call.body.as_ref().map(Json::to_string);
        let request = |client: &reqwest::Client| match &body {
            Some(body) => client.request(Method::POST, url.clone()).headers(headers.clone()).body(body.clone()),
            None => client.get(url.clone()).headers(headers.clone()),
        };
        let sent =
            if call.creates { self.http.send_once(&url, request).await } else { self.http.send(&url, request).await };
        let (response, lease) = sent?;
        let status = response.status();
        let expected = status.is_success() || status == StatusCode::NOT_FOUND;
        let failure = http::of_status(&response);
        let body = http::read(response, if status.is_success() { BODY } else { FAILURE }).await;
        match &body {
            // A body that is too large says nothing against the other connections.
            Err(error) if error.kind() != ErrorKind::TooLarge => lease.give_up(),
            _ => lease.keep(),
        }
        if !expected {
            return Err(failure::refined(failure, status, &body.unwrap_or_default(), token.is_some()));
        }
        let body = body?;
        let is_absent = status == StatusCode::NOT_FOUND;
        // A page of another server that is not there, or a mount that is not.
        if is_absent && serde_json::from_slice::<Json>(&body).is_err() {
            return Err(not_vault());
        }
        if is_absent && String::from_utf8_lossy(&body).contains("no handler for route") {
            return Err(failure::refined(failure, status, &body, token.is_some()));
        }
        Ok(Answered { is_absent, body })
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

    /// Permission to make something that is revoked at the end, until it is held.
    pub(super) fn making(&self) -> Result<SemaphorePermit<'_>, SourceError> {
        self.check_open()?;
        self.makers.try_acquire().map_err(|_| SourceError::shut_down())
    }

    /// Revokes what the source holds, closes the idle connections, and refuses further requests.
    ///
    /// # Cancel safety
    /// Dropping the future leaves what is not yet revoked to its expiry, and connections open; calling it again closes them.
    pub(super) async fn close(&self) {
        if !self.closed.swap(true, Ordering::AcqRel) && tokio::runtime::Handle::try_current().is_ok() {
            // What is being made is held as soon as it is there, and then revoked.
            let _all = timeout(FAREWELL, self.makers.acquire_many(MAKERS as u32)).await;
            self.leases.revoke_all(self).await;
            self.session.revoke(self).await;
        }
        self.http.close();
    }

    /// The token for requests that end something, which do not log in for it.
    pub(super) async fn token_without_login(&self) -> Option<Held> {
        self.session.without_login(self).await
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    fn check_open(&self) -> Result<(), SourceError> {
        if self.is_closed() { Err(SourceError::shut_down()) } else { Ok(()) }
    }
}

fn headers(call: &Call<'_>, token: Option<&Token>) -> Result<HeaderMap, SourceError> {
    let mut headers = HeaderMap::new();
    headers.insert(REQUEST, HeaderValue::from_static("true"));
    if let Some(token) = token {
        headers.insert(TOKEN, token.header()?);
    }
    if let Some(namespace) = call.namespace {
        let value = HeaderValue::from_str(namespace);
        headers.insert(NAMESPACE, value.map_err(|_| misconfigured("the namespace cannot be sent in a header"))?);
    }
    if call.body.is_some() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    Ok(headers)
}
