//! Whom a client trusts, and who it says it is.

use component_model::{ErrorKind, fetchers::nats::Nats};
use testbed::Authority;

use super::support::{BUCKET, builder, fill, get, kind_of, server};

#[tokio::test]
async fn a_server_of_an_unknown_authority_is_misconfigured_and_of_a_given_one_it_serves() {
    let authority = Authority::new().unwrap();
    let server = testbed::Nats::builder().user("app", &[">"]).tls(&authority.server(&[]).unwrap()).start().await;
    let server = testbed::require!(server);
    fill(&server, &[("port", "8080")]).await.unwrap();
    let given = builder(&server).login("app", server.password()).ca_pem(authority.pem());
    for trusting in [given.clone(), given.without_system_roots()] {
        assert_eq!(get::<u16>(&trusting.build().unwrap(), "port").await.unwrap(), 8080);
    }
    let other = Authority::new().unwrap();
    let plain = format!("nats://{}", server.address());
    for distrusting in [
        builder(&server).ca_pem(other.pem()).without_system_roots(),
        builder(&server),
        // The server asks for TLS.
        Nats::builder(&plain).bucket(BUCKET),
    ] {
        let error = get::<u16>(&distrusting.build().unwrap(), "port").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misconfigured, "{error:?}");
        assert!(format!("{error:?}").contains("NATS_CA"), "{error:?}");
    }
    let trusting = Nats::builder(&plain).bucket(BUCKET).login("app", server.password()).ca_pem(authority.pem());
    assert_eq!(get::<u16>(&trusting.build().unwrap(), "port").await.unwrap(), 8080);
}

#[tokio::test]
async fn a_certificate_that_is_not_valid_is_misconfigured() {
    let authority = Authority::new().unwrap();
    for certificate in [authority.expired().unwrap(), authority.wrong_name().unwrap()] {
        let server = testbed::require!(testbed::Nats::builder().tls(&certificate).start().await);
        let nats = builder(&server).ca_pem(authority.pem()).build().unwrap();
        assert_eq!(kind_of(&nats, "port").await, ErrorKind::Misconfigured);
    }
}

#[tokio::test]
async fn a_server_without_tls_is_not_spoken_to_where_tls_is_asked_for() {
    let server = testbed::require!(server(&[("port", "8080")]).await);
    let nats = Nats::builder(&format!("tls://app:hunter2@{}", server.address())).bucket(BUCKET).build().unwrap();
    let error = get::<u16>(&nats, "port").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable, "{error:?}");
}

#[tokio::test]
async fn a_server_that_asks_for_a_certificate_serves_those_who_have_one() {
    let authority = Authority::new().unwrap();
    let (certificate, client) = (authority.server(&[]).unwrap(), authority.client("app").unwrap());
    let server = testbed::Nats::builder().mutual_tls(&certificate, &client).start().await;
    let server = testbed::require!(server);
    fill(&server, &[("port", "8080")]).await.unwrap();
    let trusting = builder(&server).ca_pem(authority.pem());
    let known = trusting.clone().client_pem(client.pem(), client.key_pem()).build().unwrap();
    assert_eq!(get::<u16>(&known, "port").await.unwrap(), 8080);
    // The server says why and closes the connection; if that comes before its reply is read, its reason is lost.
    let unknown = trusting.build().unwrap();
    for _ in 0..20 {
        let error = get::<u16>(&unknown, "port").await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Misconfigured | ErrorKind::Unreachable), "{error:?}");
        assert!(error.hint().is_some_and(|hint| hint.contains("client certificate")), "{error:?}");
    }
}
