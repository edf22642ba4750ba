//! A client that may do everything, and trusts every certificate.

use std::sync::Arc;
use std::time::Duration;

use async_nats::{Client, ConnectOptions, HeaderMap};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error as TlsError, SignatureScheme};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::server::{ADMIN, Access, NatsServer};
use crate::{BedError, Certificate};

/// How long a write is tried: a server that has just started may have no leader yet.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long one attempt may take.
const ATTEMPT: Duration = Duration::from_secs(2);

/// Creates buckets of a NATS server, and writes their keys.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let nats = testbed::require!(testbed::nats().await);
/// let client = nats.client();
/// client.create("app").await.unwrap();
/// assert_eq!(client.put("app", "port", "8080").await.unwrap(), 1);
/// client.delete("app", "port").await.unwrap();
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct NatsClient(Client);

impl NatsClient {
    /// A client of servers without users, such as those of a cluster.
    ///
    /// # Errors
    ///
    /// If none of them answers.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let cluster = testbed::require!(testbed::nats_cluster(3).await);
    /// let ports: Vec<_> = cluster.addresses().iter().map(|address| address.port()).collect();
    /// testbed::NatsClient::at(&ports).await.unwrap();
    /// # }
    /// ```
    pub async fn at(ports: &[u16]) -> Result<Self, BedError> {
        Self::with(ConnectOptions::new(), "nats", ports).await
    }

    pub(super) async fn connect(
        port: u16,
        server: &NatsServer,
        certificate: Option<&Certificate>,
    ) -> Result<Self, BedError> {
        let options = ConnectOptions::new();
        let options = match server.access() {
            Access::All => options,
            Access::Users(_) => options.user_and_password(ADMIN.to_owned(), server.password().to_owned()),
            Access::Token => options.token(server.password().to_owned()),
            Access::Nkey { seed, .. } => options.nkey(seed.clone()),
            Access::Operator(operator) => options.credentials(&operator.credentials).map_err(failed)?,
        };
        let options = match server.has_tls() {
            true => options.require_tls(true).tls_client_config(trusting(certificate)?),
            false => options,
        };
        Self::with(options, server.scheme(), &[port]).await
    }

    async fn with(options: ConnectOptions, scheme: &str, ports: &[u16]) -> Result<Self, BedError> {
        let urls: Vec<_> = ports.iter().map(|port| format!("{scheme}://127.0.0.1:{port}")).collect();
        let options = options.reconnect_delay_callback(|_| Duration::from_millis(20)).request_timeout(Some(ATTEMPT));
        options.connect(urls).await.map(Self).map_err(failed)
    }

    /// Creates a bucket.
    ///
    /// # Errors
    ///
    /// If the server refuses, or does not answer within 20 s.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let nats = testbed::require!(testbed::nats().await);
    /// nats.client().create("app").await.unwrap();
    /// # }
    /// ```
    pub async fn create(&self, bucket: &str) -> Result<(), BedError> {
        self.create_with(bucket, 1, true).await
    }

    /// Creates a bucket with some replicas, and with or without direct reads.
    ///
    /// # Errors
    ///
    /// As for [`create`](Self::create).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let nats = testbed::require!(testbed::nats().await);
    /// nats.client().create_with("app", 1, false).await.unwrap();
    /// # }
    /// ```
    pub async fn create_with(&self, bucket: &str, replicas: usize, direct: bool) -> Result<(), BedError> {
        self.create_stream(bucket, replicas, direct, Duration::ZERO).await
    }

    /// Creates a bucket whose entries expire.
    ///
    /// # Errors
    ///
    /// As for [`create`](Self::create).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let nats = testbed::require!(testbed::nats().await);
    /// nats.client().create_expiring("app", std::time::Duration::from_secs(60)).await.unwrap();
    /// # }
    /// ```
    pub async fn create_expiring(&self, bucket: &str, after: Duration) -> Result<(), BedError> {
        self.create_stream(bucket, 1, true, after).await
    }

    async fn create_stream(
        &self,
        bucket: &str,
        replicas: usize,
        direct: bool,
        max_age: Duration,
    ) -> Result<(), BedError> {
        let stream = format!("KV_{bucket}");
        let config = json!({
            "name": stream, "subjects": [format!("$KV.{bucket}.>")], "max_msgs_per_subject": 1, "discard": "new",
            "allow_rollup_hdrs": true, "deny_delete": true, "allow_direct": direct, "num_replicas": replicas,
            "storage": "file", "retention": "limits", "max_consumers": -1, "max_msgs": -1, "max_bytes": -1,
            "max_age": max_age.as_nanos() as u64, "max_msg_size": -1,
        });
        self.call(&format!("$JS.API.STREAM.CREATE.{stream}"), config).await.map(drop)
    }

    /// Deletes a bucket.
    ///
    /// # Errors
    ///
    /// As for [`create`](Self::create).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let nats = testbed::require!(testbed::nats().await);
    /// nats.client().create("app").await.unwrap();
    /// nats.client().remove("app").await.unwrap();
    /// # }
    /// ```
    pub async fn remove(&self, bucket: &str) -> Result<(), BedError> {
        self.call(&format!("$JS.API.STREAM.DELETE.KV_{bucket}"), Value::Null).await.map(drop)
    }

    /// How many consumers a bucket has.
    ///
    /// # Errors
    ///
    /// As for [`create`](Self::create).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let nats = testbed::require!(testbed::nats().await);
    /// nats.client().create("app").await.unwrap();
    /// assert_eq!(nats.client().consumers("app").await.unwrap(), 0);
    /// # }
    /// ```
    pub async fn consumers(&self, bucket: &str) -> Result<u64, BedError> {
        let info = self.call(&format!("$JS.API.STREAM.INFO.KV_{bucket}"), Value::Null).await?;
        Ok(info["state"]["consumer_count"].as_u64().unwrap_or_default())
    }

    /// The name of the server that leads a bucket, such as `n0`; empty if it has no leader.
    ///
    /// # Errors
    ///
    /// As for [`create`](Self::create).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let cluster = testbed::require!(testbed::nats_cluster(3).await);
    /// let client = testbed::NatsClient::at(&[cluster.addresses()[0].port()]).await.unwrap();
    /// client.create("app").await.unwrap();
    /// assert!(["n0", "n1", "n2"].contains(&client.leader("app").await.unwrap().as_str()));
    /// # }
    /// ```
    pub async fn leader(&self, bucket: &str) -> Result<String, BedError> {
        let info = self.call(&format!("$JS.API.STREAM.INFO.KV_{bucket}"), Value::Null).await?;
        Ok(info["cluster"]["leader"].as_str().unwrap_or_default().to_owned())
    }

    /// Writes a key; returns its revision.
    ///
    /// # Errors
    ///
    /// As for [`create`](Self::create).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let nats = testbed::require!(testbed::nats().await);
    /// nats.client().create("app").await.unwrap();
    /// assert_eq!(nats.client().put("app", "port", "8080").await.unwrap(), 1);
    /// # }
    /// ```
    pub async fn put(&self, bucket: &str, key: &str, value: impl AsRef<[u8]>) -> Result<u64, BedError> {
        self.write(bucket, key, HeaderMap::new(), value.as_ref()).await
    }

    /// Deletes a key; its earlier entries stay.
    ///
    /// # Errors
    ///
    /// As for [`create`](Self::create).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let nats = testbed::require!(testbed::nats().await);
    /// nats.client().create("app").await.unwrap();
    /// nats.client().delete("app", "port").await.unwrap();
    /// # }
    /// ```
    pub async fn delete(&self, bucket: &str, key: &str) -> Result<(), BedError> {
        self.mark(bucket, key, &[("KV-Operation", "DEL")]).await
    }

    /// Deletes a key with its earlier entries.
    ///
    /// # Errors
    ///
    /// As for [`create`](Self::create).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let nats = testbed::require!(testbed::nats().await);
    /// nats.client().create("app").await.unwrap();
    /// nats.client().purge("app", "port").await.unwrap();
    /// # }
    /// ```
    pub async fn purge(&self, bucket: &str, key: &str) -> Result<(), BedError> {
        self.mark(bucket, key, &[("KV-Operation", "PURGE"), ("Nats-Rollup", "sub")]).await
    }

    async fn mark(&self, bucket: &str, key: &str, headers: &[(&str, &str)]) -> Result<(), BedError> {
        let mut all = HeaderMap::new();
        headers.iter().for_each(|(name, value)| all.insert(*name, *value));
        self.write(bucket, key, all, &[]).await.map(drop)
    }

    async fn write(&self, bucket: &str, key: &str, headers: HeaderMap, value: &[u8]) -> Result<u64, BedError> {
        let (subject, value) = (format!("$KV.{bucket}.{key}"), value.to_vec());
        let reply = self.until_answered(|| async {
            let reply = self.0.request_with_headers(subject.clone(), headers.clone(), value.clone().into());
            reply.await.map(|message| message.payload.to_vec())
        });
        let acknowledged: Value = parsed(&reply.await?)?;
        Ok(acknowledged["seq"].as_u64().unwrap_or_default())
    }

    async fn call(&self, subject: &str, request: Value) -> Result<Value, BedError> {
        let request = if request.is_null() { String::new() } else { request.to_string() };
        let reply = self.until_answered(|| async {
            let reply = self.0.request(subject.to_owned(), request.clone().into());
            reply.await.map(|message| message.payload.to_vec())
        });
        parsed(&reply.await?)
    }

    /// Tries again as long as nobody answers.
    async fn until_answered<E: std::fmt::Display, F: Future<Output = Result<Vec<u8>, E>>>(
        &self,
        attempt: impl Fn() -> F,
    ) -> Result<Vec<u8>, BedError> {
        let end = Instant::now() + PATIENCE;
        loop {
            match attempt().await {
                Ok(reply) => return Ok(reply),
                Err(error) if Instant::now() >= end => return Err(failed(error)),
                Err(_) => sleep(Duration::from_millis(50)).await,
            }
        }
    }
}

fn parsed(reply: &[u8]) -> Result<Value, BedError> {
    let reply: Value = serde_json::from_slice(reply).map_err(failed)?;
    match reply.get("error") {
        None => Ok(reply),
        Some(error) => Err(BedError::failed(format!("nats: {error}"))),
    }
}

fn failed(error: impl std::fmt::Display) -> BedError {
    BedError::failed(format!("nats: {error}"))
}

/// Settings that trust every server: the tests check whether a certificate is valid, not this client.
fn trusting(certificate: Option<&Certificate>) -> Result<ClientConfig, BedError> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(failed)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody(provider)));
    let Some(certificate) = certificate else { return Ok(builder.with_no_client_auth()) };
    let chain = vec![CertificateDer::from(certificate.der().to_vec())];
    let key = PrivateKeyDer::try_from(certificate.key_der().to_vec()).map_err(failed)?;
    builder.with_client_auth_cert(chain, key).map_err(failed)
}

/// Takes every certificate for valid.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
