//! Whom a connection with TLS trusts, and what it shows.

use component_model::{Answer, ErrorKind, SourceError, fetchers::redis::Redis};
use testbed::{Authority, Certificate, Redis as Server};

use crate::support::get;

async fn get_with(url: &str, authority: &Authority, own: Option<&Certificate>) -> Answer {
    let builder = Redis::builder(url).ca_pem(authority.pem());
    let builder = own.iter().fold(builder, |builder, own| builder.client_pem(own.pem(), own.key_pem()));
    get(&builder.build().unwrap(), "port").await
}

fn misconfigured(answer: Answer, words: &str) {
    let error = answer.unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Misconfigured, false), "{error}");
    assert!(format!("{error} {:?}", error.hint()).contains(words), "{error} {:?}", error.hint());
}

#[tokio::test]
async fn a_given_authority_is_trusted_and_another_is_not() {
    let (authority, other) = (Authority::new().unwrap(), Authority::new().unwrap());
    let builder = Server::builder().password().tls(&authority.server(&[]).unwrap());
    let server = testbed::require!(builder.start().await);
    assert!(get_with(&server.url(), &authority, None).await.unwrap().is_absent());
    misconfigured(get_with(&server.url(), &other, None).await, "ca_pem");
}

#[tokio::test]
async fn a_certificate_that_is_not_valid_is_misconfigured() {
    let authority = Authority::new().unwrap();
    for (certificate, words) in [(authority.expired(), "expired"), (authority.wrong_name(), "another name")] {
        let server = testbed::require!(Server::builder().tls(&certificate.unwrap()).start().await);
        misconfigured(get_with(&server.url(), &authority, None).await, words);
    }
}

#[tokio::test]
async fn a_server_that_wants_a_certificate_gets_one() {
    let authority = Authority::new().unwrap();
    let (own, client) = (authority.server(&[]).unwrap(), authority.client("testbed").unwrap());
    let server = testbed::require!(Server::builder().mutual_tls(&own, &client).start().await);
    assert!(get_with(&server.url(), &authority, Some(&client)).await.is_ok());
    misconfigured(get_with(&server.url(), &authority, None).await, "certificate");
}

#[tokio::test]
async fn a_scheme_that_the_port_does_not_speak_is_told() {
    let authority = Authority::new().unwrap();
    let plain = testbed::require!(testbed::redis().await);
    let with_tls = testbed::require!(Server::builder().tls(&authority.server(&[]).unwrap()).start().await);
    let error = get_with(&plain.url().replace("redis:", "rediss:"), &authority, None).await.unwrap_err();
    hinted(&error, "redis://");
    let redis = Redis::from_url(&with_tls.url().replace("rediss:", "redis:")).unwrap();
    let error = get(&redis, "port").await.unwrap_err();
    // The server closes the connection, or sends an alert.
    assert!(matches!(error.kind(), ErrorKind::Malformed | ErrorKind::Unreachable), "{error}");
}

fn hinted(error: &SourceError, words: &str) {
    assert!(error.hint().is_some_and(|hint| hint.contains(words)), "{error} {:?}", error.hint());
}
