//! The HTTP client: connections, redirects, conditional requests, the limit. The one place that classifies errors.
//!
//! What always holds: configured headers are sent to the origin that they were configured for and to no other, and a body
//! in memory is never larger than the limit.

mod failure;
mod hop;
mod pools;
mod tls;

use std::sync::Arc;

use reqwest::{
    Response, StatusCode,
    header::{ACCEPT, CONTENT_TYPE},
};
use url::Url;

use self::{
    hop::Hop,
    pools::{Lease, Pools},
    tls::Authorities,
};
use super::{
    config::Config,
    media::Media,
    page::Page,
    validators::{Remembered, ValidatorCache},
};
use crate::{ErrorKind, SourceError};

const REDIRECTS: usize = 10;

/// The largest body that is parsed on the executor's thread, in bytes: well below a millisecond of work.
const PARSED_IN_PLACE: usize = 64 * 1024;

/// The most memory that is reserved for a body before it arrives, in bytes.
const RESERVED: usize = 1024 * 1024;

/// A client of one configuration. Clones share connections and memory.
#[derive(Debug, Clone)]
pub(super) struct Client {
    pub(super) config: Config,
    pools: Arc<Pools>,
    memory: Arc<ValidatorCache>,
}

/// A page, and what to remember of it once all of its components have their values.
pub(super) struct Got {
    pub(super) page: Arc<Page>,
    news: Option<Remembered>,
}

impl Client {
    pub(super) fn new(config: Config) -> Self {
        let pools = Pools::new(Authorities::new(config.authorities.clone(), config.system_authorities));
        Self { memory: Arc::new(ValidatorCache::new(config.limit)), pools: Arc::new(pools), config }
    }

    /// The page at a URL; `None` if the server has none.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection in use. If the system's authorities are being read, they are read to their
    /// end.
    pub(super) async fn get(&self, url: Url) -> Result<Option<Got>, SourceError> {
        let mut hop = Hop::first(&self.pools.client(&url).await?, url, &self.config)?;
        for _ in 0..=REDIRECTS {
            let remembered = self.memory.recall(&hop.url, &hop.headers);
            let (response, lease) = self.send(&hop, remembered.as_deref()).await?;
            match (response.status(), remembered) {
                (StatusCode::OK | StatusCode::NON_AUTHORITATIVE_INFORMATION, _) => {
                    return self.got(hop, response, lease).await;
                }
                (status, remembered) => {
                    lease.keep();
                    match remembered {
                        Some(known) if status == StatusCode::NOT_MODIFIED => {
                            return Ok(Some(Got { page: Arc::clone(&known.page), news: None }));
                        }
                        _ if hop::redirects(status) => hop = hop.next(&response)?,
                        _ if failure::is_absence(status) => return Ok(None),
                        _ => return Err(failure::of_status(&response, &hop, &self.config)),
                    }
                }
            }
        }
        Err(SourceError::new(ErrorKind::Malformed, format!("the server redirects more than {REDIRECTS} times")))
    }

    /// Remembers a page for the next conditional request.
    pub(super) fn remember(&self, got: Got) {
        if let Some(news) = got.news {
            self.memory.store(news);
        }
    }

    /// Closes the connections that are idle, and refuses further requests. Those that are running end as usual.
    pub(super) fn close(&self) {
        self.pools.close();
    }

    /// Sends a request; a second time, on a new connection, if a connection that was used before closed without an answer:
    /// the server may have closed it while the request was being sent, and reading twice does no harm.
    async fn send(&self, hop: &Hop, remembered: Option<&Remembered>) -> Result<(Response, Lease<'_>), SourceError> {
        let lease = self.pools.lease(&hop.url).await?;
        match self.send_on(&lease, hop, remembered).await {
            Ok(response) => Ok((response, lease)),
            Err(error) if lease.may_be_reused() && failure::is_lost(&error) => {
                let lease = self.pools.lease_again(&hop.url, lease).await?;
                match self.send_on(&lease, hop, remembered).await {
                    Ok(response) => Ok((response, lease)),
                    Err(error) => Err(given_up(lease, error, hop)),
                }
            }
            Err(error) => Err(given_up(lease, error, hop)),
        }
    }

    async fn send_on(
        &self,
        lease: &Lease<'_>,
        hop: &Hop,
        remembered: Option<&Remembered>,
    ) -> Result<Response, reqwest::Error> {
        let mut request = lease.client().get(hop.url.clone()).headers(hop.headers.clone());
        request = request.header(ACCEPT, self.config.accepted.header.clone());
        if let Some(remembered) = remembered {
            request = request.headers(remembered.validators.clone());
        }
        let response = request.send().await?;
        lease.answered(response.version());
        Ok(response)
    }

    async fn got(&self, hop: Hop, response: Response, lease: Lease<'_>) -> Result<Option<Got>, SourceError> {
        let head = response.headers().clone();
        let media = Media::of(head.get(CONTENT_TYPE));
        if let Err(unwanted) = self.config.accepted.check(&media) {
            lease.keep();
            return Err(unwanted);
        }
        let body = read(response, self.config.limit).await;
        match &body {
            // A body that is too large is no sign that the other connections are bad.
            Err(error) if error.kind() != ErrorKind::TooLarge => lease.give_up(),
            _ => lease.keep(),
        }
        let page = Arc::new(parse(body?, media, self.config.accepted.takes_html()).await?);
        let news = Remembered::new(hop.url, hop.headers, &head, &page);
        Ok(Some(Got { page, news }))
    }
}

/// The failure of a request, whose connections are not used again.
fn given_up(lease: Lease<'_>, error: reqwest::Error, hop: &Hop) -> SourceError {
    lease.give_up();
    failure::of_sending(error, hop)
}

/// The body, parsed as its type says; a large one is parsed where blocking is allowed, so that no executor thread waits.
async fn parse(body: Vec<u8>, media: Media, takes_html: bool) -> Result<Page, SourceError> {
    if body.len() <= PARSED_IN_PLACE {
        return Page::read(body, &media, takes_html);
    }
    match tokio::task::spawn_blocking(move || Page::read(body, &media, takes_html)).await {
        Ok(page) => page,
        Err(_) => Err(SourceError::new(ErrorKind::Other, "the thread that parses the body ended early")),
    }
}

/// The whole body, as long as it stays within the limit.
async fn read(mut response: Response, limit: usize) -> Result<Vec<u8>, SourceError> {
    let too_large = || SourceError::new(ErrorKind::TooLarge, format!("the body has more than {limit} bytes"));
    if response.content_length().is_some_and(|length| usize::try_from(length).map_or(true, |length| length > limit)) {
        return Err(too_large());
    }
    // The announced length is only a hint, and may be wrong.
    let announced = response.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
    let mut body = Vec::with_capacity(announced.min(RESERVED));
    while let Some(chunk) = response.chunk().await.map_err(failure::of_exchange)? {
        if chunk.len() > limit - body.len() {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
