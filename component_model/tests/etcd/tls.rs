//! Whom a client trusts, and who it says it is.

use component_model::{ErrorKind, fetchers::etcd::EtcdBuilder};
use testbed::Authority;

use super::support::{builder, get, kind_of};

#[tokio::test]
async fn a_server_of_an_unknown_authority_is_misconfigured_and_of_a_given_one_it_serves() {
    let authority = Authority::new().unwrap();
    let server = testbed::Etcd::builder().user("app", "").tls(&authority.server(&[]).unwrap()).start().await;
    let server = testbed::require!(server);
    server.client().put("port", "8080").await.unwrap();
    let given = builder(&server).login("app", server.password()).ca_pem(authority.pem());
    for trusting in [given.clone(), given.without_system_roots()] {
        assert_eq!(get::<u16>(&trusting.build().unwrap(), "port").await.unwrap(), 8080);
    }
    let other = Authority::new().unwrap();
    let distrusting = builder(&server).ca_pem(other.pem()).without_system_roots().build().unwrap();
    let error = get::<u16>(&distrusting, "port").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misconfigured, "{error}");
    let plain = EtcdBuilder::default().endpoints([server.address().to_string()]).build().unwrap();
    let kind = kind_of(&plain, "port").await;
    assert!(matches!(kind, ErrorKind::Misconfigured | ErrorKind::Unreachable | ErrorKind::Malformed), "{kind:?}");
}

#[tokio::test]
async fn a_certificate_that_is_not_valid_is_misconfigured() {
    let authority = Authority::new().unwrap();
    for certificate in [authority.expired().unwrap(), authority.wrong_name().unwrap()] {
        let server = testbed::require!(testbed::Etcd::builder().tls(&certificate).start().await);
        let etcd = builder(&server).ca_pem(authority.pem()).build().unwrap();
        assert_eq!(kind_of(&etcd, "port").await, ErrorKind::Misconfigured);
    }
}

#[tokio::test]
async fn a_server_that_asks_for_a_certificate_serves_those_who_have_one() {
    let authority = Authority::new().unwrap();
    let server = testbed::Etcd::builder().mutual_tls(&authority.server(&[]).unwrap()).start().await;
    let server = testbed::require!(server);
    server.client().put("port", "8080").await.unwrap();
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

#[tokio::test]
async fn where_there_are_users_a_certificate_may_have_no_name() {
    let authority = Authority::new().unwrap();
    let server = testbed::Etcd::builder().user("app", "").mutual_tls(&authority.server(&[]).unwrap()).start().await;
    let server = testbed::require!(server);
    server.client().put("port", "8080").await.unwrap();
    let with = |name: &str| {
        let client = authority.client(name).unwrap();
        let trusting = builder(&server).ca_pem(authority.pem()).login("app", server.password());
        trusting.client_pem(client.pem(), client.key_pem()).build().unwrap()
    };
    assert_eq!(get::<u16>(&with(""), "port").await.unwrap(), 8080);
    let error = get::<u16>(&with("app"), "port").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misconfigured, "{error}");
    assert!(error.hint().is_some_and(|hint| hint.contains("CommonName")), "{error:?}");
}
