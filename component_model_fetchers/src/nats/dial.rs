//! Opens connections: to any of the servers, with TLS or without it, signed in.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_nats::{ConnectOptions, ServerAddr};
use component_model_source::{ErrorKind, SourceError};
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use rustls::ClientConfig;
use tokio::time::timeout;

use super::{
    address::Address,
    config::Config,
    events::Events,
    failure::{self, Refusal},
    link::Link,
    login::Login,
};
use crate::{
    links::Dial,
    trust::{Tls, Trust},
};

/// How long a server may take before the next one is tried beside it.
const HEAD_START: Duration = Duration::from_millis(250);

/// How long opening may take; attempts have shorter limits, and this one is for what the client library does after a
/// connection was lost: it tries once to open it again, which nobody waits for.
const OPENING: Duration = Duration::from_secs(5);

/// How often the server is asked whether it is there, while nothing else is heard.
const PING: Duration = Duration::from_secs(10);

/// How many messages of a watch may wait to be taken.
const MESSAGES: usize = 8192;

/// Opens connections of one configuration.
pub(super) struct Dialer {
    pub(super) config: Config,
    /// The server that is tried first: the one that answered last.
    first: AtomicUsize,
    tls: Tls,
    /// Whether a server asked for TLS, although the URL does not.
    asked_for_tls: AtomicBool,
}

impl Dialer {
    pub(super) fn new(config: Config) -> Self {
        // So that the clients of a cluster spread over its servers.
        let first = AtomicUsize::new(fastrand::usize(..config.servers.len().max(1)));
        let tls = Tls::new(config.trust.clone());
        Self { config, first, tls, asked_for_tls: AtomicBool::new(false) }
    }

    /// The first of the servers that answers. If none does, the failure of one that could be reached says the most.
    async fn any(&self) -> Result<Link, SourceError> {
        let (servers, first) = (&self.config.servers, self.first.load(Ordering::Relaxed));
        let mut waiting = (0..servers.len()).map(|index| (index + first) % servers.len());
        let mut opening = FuturesUnordered::new();
        let mut failed: Option<SourceError> = None;
        loop {
            let next = waiting.next();
            opening.extend(next.map(|index| async move { (index, self.open(&servers[index]).await) }));
            let opened = match next {
                Some(_) => timeout(HEAD_START, opening.next()).await.ok(),
                None => Some(opening.next().await),
            };
            match opened {
                None => {}
                Some(None) => return Err(failed.unwrap_or_else(|| super::misconfigured("there is no server"))),
                Some(Some((index, Ok(link)))) => {
                    self.first.store(index, Ordering::Relaxed);
                    return Ok(link);
                }
                Some(Some((_, Err(error)))) if !error.is_transient() => return Err(error),
                Some(Some((_, Err(error)))) => {
                    let says_little = |failed: &SourceError| failed.kind() == ErrorKind::Unreachable;
                    failed = Some(failed.filter(|failed| !says_little(failed)).unwrap_or(error));
                }
            }
        }
    }

    async fn open(&self, address: &Address) -> Result<Link, SourceError> {
        if self.config.tls || self.asked_for_tls.load(Ordering::Relaxed) {
            return self.connect(address, self.tls.config().await?).await.map_err(|refusal| refusal.error);
        }
        // Which authorities are trusted is read only if a server has a certificate.
        match self.connect(address, Trust::none()?).await {
            Err(Refusal { is_certificate: true, .. }) => {
                self.asked_for_tls.store(true, Ordering::Relaxed);
                self.connect(address, self.tls.config().await?).await
            }
            other => other,
        }
        .map_err(|refusal| refusal.error)
    }

    async fn connect(&self, address: &Address, tls: ClientConfig) -> Result<Link, Refusal> {
        let other = |error| Refusal { error, is_certificate: false };
        let login = &self.config.login;
        let has_login = *login != Login::None;
        let events = Events::new(has_login);
        let heard = Arc::clone(&events);
        let options = ConnectOptions::new()
            .name("component_model")
            .require_tls(self.config.tls)
            .tls_client_config(tls)
            // The servers, and what happens when a connection is lost, are this source's matter. 0 would be no limit.
            .ignore_discovered_servers()
            .max_reconnects(1)
            .connection_timeout(OPENING)
            .ping_interval(PING)
            .subscription_capacity(MESSAGES)
            .event_callback(move |event| {
                heard.hear(&event);
                std::future::ready(())
            });
        let options = match &self.config.inbox_prefix {
            Some(prefix) => options.custom_inbox_prefix(prefix),
            None => options,
        };
        let options = login.add_to(options).await.map_err(other)?;
        let url = format!("{}://{address}", if self.config.tls { "tls" } else { "nats" });
        let server: ServerAddr = url.parse().map_err(|_| other(super::misconfigured("the URL is not valid")))?;
        let client = options.connect(server).await;
        let client = client.map_err(|error| failure::of_connecting(&error, address, self.config.tls, has_login))?;
        Ok(Link::new(client, events))
    }
}

impl Dial for Dialer {
    type Target = ();
    type Link = Link;

    async fn dial(&self, (): &()) -> Result<Link, SourceError> {
        self.any().await
    }
}

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Dialer").field(&self.config).finish()
    }
}
