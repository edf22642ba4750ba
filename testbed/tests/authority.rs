//! Clients and servers accept the valid certificates of the authority and reject the others.

mod tls;

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use testbed::{Authority, Certificate};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;

use self::tls::{Outcome, connector, key};

/// A handshake in memory, followed by a byte from the server that tells the client that it was accepted.
async fn handshake(
    server: &Certificate,
    verify_clients: Option<&Authority>,
    client: &tokio_rustls::TlsConnector,
    name: &str,
) -> Outcome {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    let config = match verify_clients {
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from(authority.der().to_vec()))?;
            config.with_client_cert_verifier(
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build()?,
            )
        }
        None => config.with_no_client_auth(),
    };
    let config = config.with_single_cert(vec![server.der().to_vec().into()], key(server))?;
    let (near, far) = tokio::io::duplex(64 * 1024);
    let serving = tokio::spawn(async move {
        let mut stream = TlsAcceptor::from(Arc::new(config)).accept(far).await?;
        stream.write_all(b"!").await
    });
    let mut stream = client.connect(ServerName::try_from(name.to_owned())?, near).await?;
    let mut byte = [0];
    stream.read_exact(&mut byte).await?;
    serving.await??;
    Ok(())
}

fn refusal(outcome: Outcome) -> Outcome<String> {
    Ok(outcome.err().ok_or("it was accepted")?.to_string())
}

#[tokio::test]
async fn a_server_is_accepted_for_loopback_and_its_own_names() -> Outcome {
    let authority = Authority::new()?;
    let (server, client) = (authority.server(&["redis.test"])?, connector(&authority, None)?);
    for name in ["127.0.0.1", "localhost", "redis.test"] {
        handshake(&server, None, &client, name).await?;
    }
    let refused = refusal(handshake(&server, None, &client, "other.test").await)?;
    assert!(refused.contains("NotValidForName") || refused.contains("not valid for name"), "{refused}");
    Ok(())
}

#[tokio::test]
async fn a_client_that_trusts_another_authority_refuses_a_server() -> Outcome {
    let (authority, other) = (Authority::new()?, Authority::new()?);
    let outcome = handshake(&authority.server(&[])?, None, &connector(&other, None)?, "localhost").await;
    let refused = refusal(outcome)?;
    assert!(refused.contains("UnknownIssuer"), "{refused}");
    Ok(())
}

#[tokio::test]
async fn an_expired_certificate_and_one_for_another_host_are_refused() -> Outcome {
    let authority = Authority::new()?;
    let client = connector(&authority, None)?;
    let expired = refusal(handshake(&authority.expired()?, None, &client, "localhost").await)?;
    assert!(expired.contains("expired"), "{expired}");
    let wrong = authority.wrong_name()?;
    let elsewhere = refusal(handshake(&wrong, None, &client, "localhost").await)?;
    assert!(elsewhere.contains("not valid for name"), "{elsewhere}");
    // Nothing else is wrong with it.
    handshake(&wrong, None, &client, "elsewhere.invalid").await
}

#[tokio::test]
async fn a_client_needs_a_certificate_of_the_authority_that_a_server_asks_for() -> Outcome {
    let (authority, other) = (Authority::new()?, Authority::new()?);
    let server = authority.server(&[])?;
    let with = |own: Option<Certificate>| connector(&authority, own.as_ref());
    handshake(&server, Some(&authority), &with(Some(authority.client("app")?))?, "localhost").await?;
    for own in [None, Some(other.client("app")?)] {
        assert!(handshake(&server, Some(&authority), &with(own)?, "localhost").await.is_err());
    }
    Ok(())
}

#[test]
fn only_the_owner_can_read_a_key_file_and_no_debug_shows_a_key() -> Outcome {
    let authority = Authority::new()?;
    let certificate = authority.client("app")?;
    let files = certificate.write(authority.folder())?;
    assert_eq!(std::fs::metadata(&files.key)?.permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_to_string(&files.key)?, certificate.key_pem());
    let shown = format!("{authority:?} {certificate:?}");
    let secret = certificate.key_pem().lines().nth(1).ok_or("no key")?;
    assert!(!shown.contains(secret) && !shown.contains("PRIVATE"), "{shown}");
    Ok(())
}
