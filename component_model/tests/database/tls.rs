//! Connections over TLS, which are verified as the URL says.

use component_model::ErrorKind;
use testbed::{Authority, Certificate, Database};

use super::{ask, failure};

/// A database on a server of its own with that certificate, and the URL that verifies it against the authority.
struct Verified {
    database: Database,
    url: String,
}

async fn postgres(certificate: &Certificate, trusted: &Authority) -> Result<Verified, testbed::BedError> {
    let database = testbed::postgres_with_tls(certificate).await?.database().await?;
    let url = format!("{}?sslmode=verify-full&sslrootcert={}", database.url(), trusted.file().display());
    Ok(Verified { database, url })
}

async fn mariadb(certificate: &Certificate, trusted: &Authority) -> Result<Verified, testbed::BedError> {
    let database = testbed::mariadb_with_tls(certificate).await?.database().await?;
    let url = format!("{}?ssl-mode=VERIFY_IDENTITY&ssl-ca={}", database.url(), trusted.file().display());
    Ok(Verified { database, url })
}

#[tokio::test]
async fn postgresql_is_verified_against_the_authority_of_the_url() {
    let authority = Authority::new().unwrap();
    let server = testbed::require!(postgres(&authority.server(&[]).unwrap(), &authority).await);
    let encrypted: bool = ask(&server.url, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").await.unwrap();
    assert!(encrypted);
}

#[tokio::test]
async fn mariadb_is_verified_against_the_authority_of_the_url() {
    let authority = Authority::new().unwrap();
    let server = testbed::require!(mariadb(&authority.server(&[]).unwrap(), &authority).await);
    let query = "SELECT variable_value FROM information_schema.session_status WHERE variable_name = 'Ssl_version'";
    let version: String = ask(&server.url, query).await.unwrap();
    assert!(version.starts_with("TLS"), "{version}");
}

/// Certificates that do not fit, each with what is said of it.
macro_rules! refused {
    ($server:ident) => {{
        let (authority, other) = (Authority::new().unwrap(), Authority::new().unwrap());
        for (certificate, problem) in [
            (other.server(&[]).unwrap(), "no trusted authority issued the server's certificate"),
            (authority.expired().unwrap(), "the server's certificate has expired"),
            (authority.wrong_name().unwrap(), "the server's certificate is for another name"),
        ] {
            let server = testbed::require!($server(&certificate, &authority).await);
            let (error, text) = failure(&server.url, "SELECT 'x'").await;
            assert_eq!(error.kind(), ErrorKind::Misconfigured, "{text}");
            assert!(text.contains(problem) && error.hint().is_some(), "{text}");
            assert!(!text.contains(server.database.password()), "{text}");
        }
    }};
}

#[tokio::test]
async fn postgresql_with_a_certificate_that_does_not_fit_is_misconfigured() {
    refused!(postgres);
}

#[tokio::test]
async fn mariadb_with_a_certificate_that_does_not_fit_is_misconfigured() {
    refused!(mariadb);
}

/// A server that agrees to TLS as PostgreSQL does, and then speaks something else.
async fn agrees_and_babbles() -> u16 {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let _ = client.read_exact(&mut [0; 8]).await;
            let _ = client.write_all(b"S").await;
            let _ = client.read(&mut [0; 1024]).await;
            let _ = client.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    port
}

#[tokio::test]
async fn a_server_that_does_not_speak_tls_is_unreachable() {
    let port = agrees_and_babbles().await;
    let (error, text) = failure(&format!("postgres://u:p@127.0.0.1:{port}/d?sslmode=require"), "SELECT 1").await;
    assert_eq!(error.kind(), ErrorKind::Unreachable, "{text}");
    assert!(text.contains("does not speak TLS"), "{text}");
}

#[tokio::test]
async fn a_server_without_tls_is_misconfigured_if_the_url_requires_it() {
    let postgres = testbed::require!(testbed::postgres_database().await);
    let mariadb = testbed::require!(testbed::mariadb_database().await);
    for url in [format!("{}?sslmode=require", postgres.url()), format!("{}?ssl-mode=required", mariadb.url())] {
        let (error, text) = failure(&url, "SELECT 1").await;
        assert_eq!(error.kind(), ErrorKind::Misconfigured, "{text}");
        assert!(error.hint().is_some() && !error.is_transient(), "{text}");
    }
}
