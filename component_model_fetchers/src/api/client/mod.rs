//! The HTTP client: connections, redirects, conditional requests, the limit. The one place that classifies errors.
//!
//! What always holds: configured headers are sent to the origin that they were configured for and to no other, and a body
//! in memory is never larger than the limit.

mod encoding;
mod failure;
mod hop;

use std::time::Duration;

use component_model_source::{Answer, ErrorKind, SourceError, Version};
use reqwest::{
    Response, StatusCode,
    header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE},
};
use url::Url;

use self::{encoding::Encoding, hop::Hop};
use super::{
    config::Config,
    freshness::{self, Freshness},
    media::Media,
    page::{self, Reading},
    pointer::Pointer,
    target,
};
use crate::{
    http::{self, Http, Lease},
    parsers::{self, Parsers},
};

const REDIRECTS: usize = 10;

/// A client of one configuration. Clones share connections.
#[derive(Debug, Clone)]
pub(super) struct Client {
    pub(super) config: Config,
    http: Http,
    parsers: Parsers,
}

/// What a server has at a URL.
pub(super) enum Got {
    /// An answer to each pointer.
    Answers(Vec<Answer>),
    /// There is none; why, in the words of the status.
    Absent(StatusCode),
    /// The version that was known still holds.
    Unchanged { good_for: Option<Duration> },
}

impl Client {
    pub(super) fn new(config: Config) -> Self {
        Self { http: Http::new(config.trust.clone()), parsers: Parsers::default(), config }
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
        let mut hop = Hop::first(&self.http.client(&url).await?, url, &self.config)?;
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
                _ if failure::is_absence(status) => return Ok(Got::Absent(status)),
                _ => return Err(failure::of_status(&response, &hop, &self.config)),
            }
        }
        Err(SourceError::new(ErrorKind::Malformed, format!("the server redirects more than {REDIRECTS} times")))
    }

    /// Closes the connections that are idle, and refuses further requests. Those that are running end as usual.
    pub(super) fn close(&self) {
        self.http.close();
    }

    async fn send(&self, hop: &Hop, known: Option<&Version>) -> Result<(Response, Lease<'_>), SourceError> {
        let request = |client: &reqwest::Client| {
            let request = client.get(hop.url.clone()).headers(hop.headers.clone());
            let request = request.header(ACCEPT, self.config.accepted.header.clone());
            let request = request.header(ACCEPT_ENCODING, encoding::ACCEPTED);
            known
                .and_then(freshness::unless)
                .into_iter()
                .fold(request, |request, (name, value)| request.header(name, value))
        };
        self.http.send(&hop.url, request).await
    }

    async fn answers(
        &self,
        response: Response,
        lease: Lease<'_>,
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
        let body = http::read(response, self.config.limit).await;
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
                Encoding::Gzip => encoding::unzip(&body, limit)?.ok_or_else(|| http::too_large(limit))?,
            };
            page::answers(body, reading)
        };
        self.parsers.run(parse).await?
    }
}
