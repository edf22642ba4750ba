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
