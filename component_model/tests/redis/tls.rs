//! Whom a connection with TLS trusts, and what it shows.

use std::time::Duration;

use component_model::{Answer, ErrorKind, fetchers::redis::Redis};
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
async fn a_port_that_speaks_no_tls_or_only_tls_is_unreachable_and_the_hint_names_the_other_scheme() {
    let authority = Authority::new().unwrap();
    let plain = testbed::require!(testbed::redis().await);
    let with_tls = testbed::require!(Server::builder().tls(&authority.server(&[]).unwrap()).start().await);
    let urls = [plain.url().replace("redis:", "rediss:"), with_tls.url().replace("rediss:", "redis:")];
    // Redis waits for the rest of what it does not understand, or closes the connection.
    let redis = [Redis::builder(&urls[0]).ca_pem(authority.pem()).build(), Redis::from_url(&urls[1])];
    for (redis, scheme) in redis.into_iter().zip(["`redis://`", "`rediss://`"]) {
        let answer = tokio::time::timeout(Duration::from_secs(10), get(&redis.unwrap(), "port")).await;
        let error = answer.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unreachable);
        assert!(error.hint().is_some_and(|hint| hint.contains(scheme)), "{error} {:?}", error.hint());
    }
}
