//! Whom a client trusts.

use component_model::{ErrorKind, fetchers::vault::Vault};
use serde_json::json;
use testbed::Authority;

use super::support::{builder, get, kind_of};

#[tokio::test]
async fn a_server_of_an_unknown_authority_is_misconfigured_and_of_a_given_one_it_serves() {
    let authority = Authority::new().unwrap();
    let server = testbed::require!(testbed::Vault::builder().tls(&authority.server(&[]).unwrap()).start().await);
    server.put("secret", "port", json!({ "value": 8080 })).await.unwrap();
    let builder = builder(&server).token(server.root_token());
    let given = builder.clone().ca_pem(authority.pem());
    for trusting in [given.clone(), given.without_system_roots()] {
        assert_eq!(get::<u16>(&trusting.build().unwrap(), "port").await.unwrap(), 8080);
    }
    let other = Authority::new().unwrap();
    let distrusting = builder.ca_pem(other.pem()).without_system_roots().build().unwrap();
    assert_eq!(kind_of(&distrusting, "port").await, ErrorKind::Misconfigured);
    let address = server.url().replace("https", "http");
    let plain = Vault::builder().address(address).token(server.root_token()).build().unwrap();
    let error = get::<u16>(&plain, "port").await.unwrap_err();
    assert!(error.kind() == ErrorKind::Misconfigured && error.to_string().contains("expects TLS"), "{error}");
}

#[tokio::test]
async fn a_certificate_that_is_not_valid_is_misconfigured() {
    let authority = Authority::new().unwrap();
    for certificate in [authority.expired().unwrap(), authority.wrong_name().unwrap()] {
        let server = testbed::require!(testbed::Vault::builder().tls(&certificate).start().await);
        let vault = builder(&server).token(server.root_token()).ca_pem(authority.pem()).build().unwrap();
        assert_eq!(kind_of(&vault, "port").await, ErrorKind::Misconfigured);
    }
}
