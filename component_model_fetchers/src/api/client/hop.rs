//! One request of a chain of redirects, and what of it is sent with the next one.

use component_model_source::{ErrorKind, SourceError};
use reqwest::{
    Response, StatusCode,
    header::{AUTHORIZATION, HeaderMap, LOCATION},
};
use url::Url;

use super::super::{config::Config, misconfigured};
use crate::http;

/// The URL of a request and what is sent with it.
pub(super) struct Hop {
    /// Without a user and a password: they are in the headers.
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    /// Whether an earlier request went to another origin.
    pub(super) astray: bool,
}

impl Hop {
    /// The request for a URL, with the configured headers and parameters if it goes to the origin that they are for.
    pub(super) fn first(client: &reqwest::Client, mut url: Url, config: &Config) -> Result<Self, SourceError> {
        let trusted = config.base.as_ref().is_none_or(|base| base.origin() == url.origin());
        if trusted {
            if config.basic.is_some() || config.headers.contains_key(AUTHORIZATION) {
                // Neither fails for a URL with a host.
                let _ = url.set_username("").and_then(|()| url.set_password(None));
            }
            if !config.query.is_empty() {
                url.query_pairs_mut().extend_pairs(&config.query);
            }
        }
        // reqwest takes user and password out of the URL.
        let mut request = client.get(url);
        if trusted {
            request = request.headers(config.headers.clone());
            if let Some((user, password)) = &config.basic {
                request = request.basic_auth(user, Some(password));
            }
        }
        let request = request.build().map_err(http::of_exchange)?;
        Ok(Self { url: request.url().clone(), headers: request.headers().clone(), astray: false })
    }

    /// The request that a redirect asks for. Nothing that is configured is sent to another origin, nor back from there.
    pub(super) fn next(self, response: &Response) -> Result<Self, SourceError> {
        let mut url = location(&self.url, response)?;
        if self.url.scheme() == "https" && url.scheme() == "http" {
            return Err(misconfigured("the server redirects from https to http, which is not followed")
                .with_hint("set the URL that it redirects to, if that is the right one"));
        }
        // Neither fails for a URL with a host.
        let _ = url.set_username("").and_then(|()| url.set_password(None));
        let same = self.url.origin() == url.origin();
        let headers = if same { self.headers } else { HeaderMap::new() };
        Ok(Self { url, headers, astray: self.astray || !same })
    }

    /// The origin of the URL, for messages.
    pub(super) fn origin(&self) -> String {
        http::origin(&self.url)
    }
}

/// Whether a status asks for another request.
pub(super) fn redirects(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

fn location(current: &Url, response: &Response) -> Result<Url, SourceError> {
    let location = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
    let url = location.and_then(|location| current.join(location).ok());
    url.filter(|url| matches!(url.scheme(), "http" | "https")).ok_or_else(|| {
        SourceError::new(
            ErrorKind::Malformed,
            format!("the server redirects ({}) to something that is not an http URL", response.status().as_u16()),
        )
    })
}
