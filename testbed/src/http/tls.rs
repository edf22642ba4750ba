//! HTTP over TLS.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::Listener;
use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::{BedError, Certificate};

const HANDSHAKE: Duration = Duration::from_secs(60);

pub(super) fn server_config(certificate: &Certificate, protocol: &[u8]) -> Result<ServerConfig, BedError> {
    let failed = |error: rustls::Error| BedError::failed(format!("cannot set up TLS: {error}"));
    let key = PrivatePkcs8KeyDer::from(certificate.key_der().to_vec());
    let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(failed)?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().to_vec().into()], key.into())
        .map_err(failed)?;
    config.alpn_protocols = vec![protocol.to_vec()];
    Ok(config)
}

/// Accepts connections whose handshake succeeds, and ignores those whose handshake fails. A client that is silent during
/// its handshake does not keep others waiting.
pub(super) struct TlsListener {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
    handshakes: JoinSet<Option<(TlsStream<TcpStream>, SocketAddr)>>,
}

impl TlsListener {
    pub(super) fn new(tcp: TcpListener, config: ServerConfig) -> Self {
        Self { tcp, acceptor: TlsAcceptor::from(Arc::new(config)), handshakes: JoinSet::new() }
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            tokio::select! {
                (stream, address) = Listener::accept(&mut self.tcp) => {
                    let handshake = timeout(HANDSHAKE, self.acceptor.accept(stream));
                    self.handshakes.spawn(async move { Some((handshake.await.ok()?.ok()?, address)) });
                }
                Some(finished) = self.handshakes.join_next() => {
                    if let Ok(Some(accepted)) = finished {
                        return accepted;
                    }
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}
