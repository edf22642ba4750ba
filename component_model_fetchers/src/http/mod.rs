//! HTTP for all sources that speak it: connections, TLS, failures, the limit of a body.
//!
//! What always holds: no text of a server is repeated, and a body in memory is never larger than its limit.

mod body;
mod failure;
mod pools;

use std::{borrow::Cow, sync::Arc};

use component_model_source::{ErrorKind, SourceError};
use reqwest::{RequestBuilder, Response};
use url::Url;

use crate::trust::Trust;

#[cfg(any(feature = "api", feature = "etcd"))]
pub(crate) use self::body::too_large;
#[cfg(any(feature = "api", feature = "etcd"))]
pub(crate) use self::failure::of_exchange;
use self::pools::Pools;
pub(crate) use self::{body::read, failure::of_status, pools::Lease};

/// The connections of one source. Clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Http(Arc<Pools>);

impl Http {
    pub(crate) fn new(trust: Trust) -> Self {
        Self(Arc::new(Pools::new(trust)))
    }

    /// What requests for a URL are built with.
    #[cfg(feature = "api")]
    pub(crate) async fn client(&self, url: &Url) -> Result<reqwest::Client, SourceError> {
        self.0.client(url).await
    }

    /// Sends a request that may be sent twice; a second time, on a new connection, if a connection that was used before
    /// closed without an answer: the server may have closed it while the request was being sent.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection in use.
    pub(crate) async fn send(
        &self,
        url: &Url,
        request: impl Fn(&reqwest::Client) -> RequestBuilder,
    ) -> Result<(Response, Lease<'_>), SourceError> {
        let lease = self.0.lease(url).await?;
        match send_on(&lease, &request).await {
            Ok(response) => Ok((response, lease)),
            Err(error) if lease.may_be_reused() && failure::is_lost(&error) => {
                let lease = self.0.lease_again(url, lease).await?;
                match send_on(&lease, &request).await {
                    Ok(response) => Ok((response, lease)),
                    Err(error) => Err(given_up(lease, error, url)),
                }
            }
            Err(error) => Err(given_up(lease, error, url)),
        }
    }

    /// Sends a request that must not be sent twice, since it creates something: on a connection of its own, which the server
    /// cannot have closed in the meantime.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection; the server may still have created it.
    #[cfg(feature = "vault")]
    pub(crate) async fn send_once(
        &self,
        url: &Url,
        request: impl Fn(&reqwest::Client) -> RequestBuilder,
    ) -> Result<(Response, Lease<'_>), SourceError> {
        let lease = self.0.lease_new(url).await?;
        match send_on(&lease, &request).await {
            Ok(response) => Ok((response, lease)),
            Err(error) => Err(given_up(lease, error, url)),
        }
    }

    /// Closes the connections that are idle, and refuses further requests. Those that are running end as usual.
    pub(crate) fn close(&self) {
        self.0.close();
    }
}

async fn send_on(
    lease: &Lease<'_>,
    request: impl Fn(&reqwest::Client) -> RequestBuilder,
) -> Result<Response, reqwest::Error> {
    let response = request(lease.client()).send().await?;
    lease.answered(response.version());
    Ok(response)
}

/// The failure of a request, whose connections are not used again.
fn given_up(lease: Lease<'_>, error: reqwest::Error, url: &Url) -> SourceError {
    let had_answered = lease.may_be_reused();
    lease.give_up();
    failure::of_sending(error, url, had_answered)
}

/// Scheme, host and port, for messages.
pub(crate) fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// The URL of a path below another one. Each segment is percent-encoded.
#[cfg(any(feature = "consul", feature = "vault"))]
pub(crate) fn below<'s>(address: &Url, segments: impl IntoIterator<Item = &'s str>) -> Url {
    let mut url = address.clone();
    // An http URL always has a path.
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

fn misconfigured(message: impl Into<Cow<'static, str>>) -> SourceError {
    SourceError::new(ErrorKind::Misconfigured, message)
}
