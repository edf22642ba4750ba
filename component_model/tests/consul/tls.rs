//! Whom a client trusts, and who it says it is.

use component_model::{ErrorKind, fetchers::consul::ConsulBuilder};
use testbed::Authority;

use super::support::{builder, get, kind_of};

#[tokio::test]
async fn a_server_of_an_unknown_authority_is_misconfigured_and_of_a_given_one_it_serves() {
    let authority = Authority::new().unwrap();
    let server = testbed::require!(testbed::Consul::builder().tls(&authority.server(&[]).unwrap()).start().await);
    server.put("port", "8080").await.unwrap();
    let given = builder(&server).ca_pem(authority.pem());
    for trusting in [given.clone(), given.without_system_roots()] {
        assert_eq!(get::<u16>(&trusting.build().unwrap(), "port").await.unwrap(), 8080);
    }
    let other = Authority::new().unwrap();
    let distrusting = builder(&server).ca_pem(other.pem()).without_system_roots().build().unwrap();
    let error = get::<u16>(&distrusting, "port").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misconfigured, "{error}");
    let plain = ConsulBuilder::default().address(server.address()).build().unwrap();
    let error = get::<u16>(&plain, "port").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misconfigured, "{error}");
    assert!(error.to_string().contains("expects TLS"), "{error}");
}

#[tokio::test]
async fn a_certificate_that_is_not_valid_is_misconfigured() {
    let authority = Authority::new().unwrap();
    for certificate in [authority.expired().unwrap(), authority.wrong_name().unwrap()] {
        let server = testbed::require!(testbed::Consul::builder().tls(&certificate).start().await);
        let consul = builder(&server).ca_pem(authority.pem()).build().unwrap();
        assert_eq!(kind_of(&consul, "port").await, ErrorKind::Misconfigured);
    }
}

#[tokio::test]
async fn a_server_that_asks_for_a_certificate_serves_those_who_have_one() {
    let authority = Authority::new().unwrap();
    let server = testbed::Consul::builder().mutual_tls(&authority.server(&[]).unwrap()).start().await;
    let server = testbed::require!(server);
    server.put("port", "8080").await.unwrap();
    let client = authority.client("app").unwrap();
    let trusting = builder(&server).ca_pem(authority.pem());
    let known = trusting.clone().client_pem(client.pem(), client.key_pem()).build().unwrap();
    assert_eq!(get::<u16>(&known, "port").await.unwrap(), 8080);
    // The server says why and closes the connection; if that comes before the request is sent, its reason is lost.
    let unknown = trusting.build().unwrap();
    for _ in 0..20 {
        let error = get::<u16>(&unknown, "port").await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Misconfigured | ErrorKind::Unreachable), "{error:?}");
        assert!(error.hint().is_some_and(|hint| hint.contains("client certificate")), "{error:?}");
    }
}
