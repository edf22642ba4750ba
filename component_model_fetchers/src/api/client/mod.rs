//! The HTTP client: connections, redirects, conditional requests, the limit. The one place that classifies errors.
//!
//! What always holds: configured headers are sent to the origin that they were configured for and to no other, and a body
//! in memory is never larger than the limit.

mod encoding;
mod failure;
mod hop;
mod pools;
mod tls;

use std::{sync::Arc, time::Duration};

use component_model_source::{Answer, ErrorKind, SourceError, Version};
use reqwest::{
    Response, StatusCode,
    header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE},
};
use url::Url;

use self::{
    encoding::Encoding,
    hop::Hop,
    pools::{PoolGuard, Pools},
    tls::Authorities,
};
use super::{
    config::Config,
    freshness::{self, Freshness},
    media::Media,
    page::{self, Reading},
    pointer::Pointer,
    target,
};
use crate::parsers::{self, Parsers};

const REDIRECTS: usize = 10;

/// The most memory that is reserved for a body before it arrives, in bytes.
const RESERVED: usize = 1024 * 1024;

/// A client of one configuration. Clones share connections.
#[derive(Debug, Clone)]
pub(super) struct Client {
    pub(super) config: Config,
    pools: Arc<Pools>,
    parsers: Parsers,
}

/// What a server has at a URL.
pub(super) enum Got {
    /// An answer to each pointer.
    Answers(Vec<Answer>),
    Absent,
    /// The version that was known still holds.
    Unchanged {
        good_for: Option<Duration>,
    },
}

impl Client {
    pub(super) fn new(config: Config) -> Self {
        let pools = Pools::new(Authorities::new(config.authorities.clone(), config.system_authorities));
        Self { pools: Arc::new(pools), parsers: Parsers::default(), config }
    }

    /// What is at a URL, unless it has the known version: the whole of it, or what pointers into it lead to.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection in use. If the system's authorities are being read, they are read to their
    /// end.
    pub(super) async fn get(
        &self,
        url: Url,
        known: Option<&Version>,
        pointers: Vec<Option<Pointer>>,
    ) -> Result<Got, SourceError> {
        let shown = target::shown(&url, None);
        let mut hop = Hop::first(&self.pools.client(&url).await?, url, &self.config)?;
        for redirects in 0..=REDIRECTS {
            // A version is that of the URL which was asked for, and not of another one that it leads to.
            let known = known.filter(|_| redirects == 0);
            let (response, lease) = self.send(&hop, known).await?;
            let status = response.status();
            if matches!(status, StatusCode::OK | StatusCode::NON_AUTHORITATIVE_INFORMATION) {
                let freshness = Freshness::of(response.headers());
                let freshness = if redirects == 0 { freshness } else { freshness.without_version() };
                return self.answers(response, lease, freshness, pointers, shown).await.map(Got::Answers);
            }
            lease.keep();
            match status {
                StatusCode::NOT_MODIFIED if known.is_some() => {
                    return Ok(Got::Unchanged { good_for: Freshness::of(response.headers()).good_for });
                }
                _ if hop::redirects(status) => hop = hop.next(&response)?,
                _ if failure::is_absence(status) => return Ok(Got::Absent),
                _ => return Err(failure::of_status(&response, &hop, &self.config)),
            }
        }
        Err(SourceError::new(ErrorKind::Malformed, format!("the server redirects more than {REDIRECTS} times")))
    }

    /// Closes the connections that are idle, and refuses further requests. Those that are running end as usual.
    pub(super) fn close(&self) {
        self.pools.close();
    }

    /// Sends a request; a second time, on a new connection, if a connection that was used before closed without an answer:
    /// the server may have closed it while the request was being sent, and reading twice does no harm.
    async fn send(&self, hop: &Hop, known: Option<&Version>) -> Result<(Response, PoolGuard<'_>), SourceError> {
        let lease = self.pools.lease(&hop.url).await?;
        match self.send_on(&lease, hop, known).await {
            Ok(response) => Ok((response, lease)),
            Err(error) if lease.may_be_reused() && failure::is_lost(&error) => {
                let lease = self.pools.lease_again(&hop.url, lease).await?;
                match self.send_on(&lease, hop, known).await {
                    Ok(response) => Ok((response, lease)),
                    Err(error) => Err(given_up(lease, error, hop)),
                }
            }
            Err(error) => Err(given_up(lease, error, hop)),
        }
    }

    async fn send_on(
        &self,
        lease: &PoolGuard<'_>,
        hop: &Hop,
        known: Option<&Version>,
    ) -> Result<Response, reqwest::Error> {
        let mut request = lease.client().get(hop.url.clone()).headers(hop.headers.clone());
        request = request.header(ACCEPT, self.config.accepted.header.clone());
        request = request.header(ACCEPT_ENCODING, encoding::ACCEPTED);
        if let Some((name, value)) = known.and_then(freshness::unless) {
            request = request.header(name, value);
        }
        let response = request.send().await?;
        lease.answered(response.version());
        Ok(response)
    }

    async fn answers(
        &self,
        response: Response,
        lease: PoolGuard<'_>,
        freshness: Freshness,
        pointers: Vec<Option<Pointer>>,
        shown: String,
    ) -> Result<Vec<Answer>, SourceError> {
        let media = Media::of(response.headers().get(CONTENT_TYPE));
        let encoding = self.config.accepted.check(&media).and_then(|()| Encoding::of(response.headers()));
        let encoding = match encoding {
            Ok(encoding) => encoding,
            Err(unwanted) => {
                lease.keep();
                return Err(unwanted);
            }
        };
        let body = read(response, self.config.limit).await;
        match &body {
            // A body that is too large says nothing against the other connections.
            Err(error) if error.kind() != ErrorKind::TooLarge => lease.give_up(),
            _ => lease.keep(),
        }
        let takes_html = self.config.accepted.takes_html();
        self.parse(body?, encoding, Reading { media, takes_html, pointers, freshness, shown }).await
    }

    /// Decodes a body, reads it as what its type says, and answers; a large one where blocking is allowed.
    async fn parse(&self, body: Vec<u8>, encoding: Encoding, reading: Reading) -> Result<Vec<Answer>, SourceError> {
        let limit = self.config.limit;
        if body.len() <= parsers::IN_PLACE {
            let small = match encoding {
                Encoding::Identity => return page::answers(body, reading),
                Encoding::Gzip => encoding::unzip(&body, parsers::IN_PLACE.min(limit))?,
            };
            if let Some(body) = small {
                return page::answers(body, reading);
            }
        }
        let parse = move || {
            let body = match encoding {
                Encoding::Identity => body,
                Encoding::Gzip => encoding::unzip(&body, limit)?.ok_or_else(|| too_large(limit))?,
            };
            page::answers(body, reading)
        };
        self.parsers.run(parse).await?
    }
}

/// The failure of a request, whose connections are not used again.
fn given_up(lease: PoolGuard<'_>, error: reqwest::Error, hop: &Hop) -> SourceError {
    lease.give_up();
    failure::of_sending(error, hop)
}

fn too_large(limit: usize) -> SourceError {
    SourceError::new(ErrorKind::TooLarge, format!("the body has more than {limit} bytes"))
}

/// The whole body as it was sent, as long as it stays within the limit.
async fn read(mut response: Response, limit: usize) -> Result<Vec<u8>, SourceError> {
    if response.content_length().is_some_and(|length| usize::try_from(length).map_or(true, |length| length > limit)) {
        return Err(too_large(limit));
    }
    // The announced length is only a hint, and may be wrong.
    let announced = response.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
    let mut body = Vec::with_capacity(announced.min(RESERVED));
    while let Some(chunk) = response.chunk().await.map_err(failure::of_exchange)? {
        if chunk.len() > limit - body.len() {
            return Err(too_large(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
