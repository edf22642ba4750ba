//! What the tests of this folder share.

use std::fs;

use component_model::{
    Answer, Asked, ErrorKind, Request, RequestSpec, Source as _,
    fetchers::etcd::{Etcd, EtcdBuilder, EtcdFetcher, EtcdQuery},
    plan::Layer,
    prelude::*,
};
use serde::de::DeserializeOwned;
use serde_json::json;
use testbed::EtcdClient;

/// A builder with the endpoint of a server.
pub(crate) fn builder(server: &testbed::Etcd) -> EtcdBuilder {
    Etcd::builder().endpoints([server.url()])
}

/// The source of a server without users.
pub(crate) fn etcd(server: &testbed::Etcd) -> Etcd {
    builder(server).build().unwrap()
}

/// The source with one of the server's users.
pub(crate) fn with_user(server: &testbed::Etcd, user: &str) -> Etcd {
    builder(server).login(user, server.password()).build().unwrap()
}

/// Lets the role that has the name of a user read one more key, or no longer.
pub(crate) async fn permit(client: &EtcdClient, role: &str, key: &str, permitted: bool) {
    let key = base64(key);
    if permitted {
        let request = json!({"name": role, "perm": {"permType": "READ", "key": key}});
        client.call("auth/role/grant", request).await.unwrap();
    } else {
        client.call("auth/role/revoke", json!({"role": role, "key": key})).await.unwrap();
    }
}

/// Base64 of text, as etcd's JSON has it.
pub(crate) fn base64(text: &str) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = |three: &[u8]| {
        let bits = (0..3).fold(0, |bits, index| bits << 8 | u32::from(three.get(index).copied().unwrap_or_default()));
        let digit = |index: usize| {
            let digit = DIGITS[(bits >> (18 - 6 * index) & 63) as usize] as char;
            if index > three.len() { '=' } else { digit }
        };
        (0..4).map(digit).collect::<String>()
    };
    text.as_bytes().chunks(3).map(digits).collect()
}

pub(crate) async fn put_all(
    server: &testbed::Etcd,
    keys: impl IntoIterator<Item = (impl AsRef<str>, impl AsRef<str>)>,
) {
    let put = |(key, value): (_, _)| json!({"request_put": {"key": key, "value": value}});
    let encoded = keys.into_iter().map(|(key, value)| (base64(key.as_ref()), base64(value.as_ref())));
    let puts: Vec<_> = encoded.map(put).collect();
    for puts in puts.chunks(100) {
        server.client().call("kv/txn", json!({"success": puts})).await.unwrap();
    }
}

pub(crate) async fn get<T: DeserializeOwned + Send>(etcd: &Etcd, key: &str) -> Result<T, ComponentError> {
    EtcdFetcher::new(etcd, key).fetch_component().await
}

/// The kind of the failure of a key.
pub(crate) async fn kind_of(etcd: &Etcd, key: &str) -> ErrorKind {
    get::<String>(etcd, key).await.unwrap_err().kind()
}

pub(crate) fn key(etcd: &Etcd, key: &str) -> Request<EtcdQuery> {
    etcd.bind(&RequestSpec::new(&Layer { key: Some(key), ..Layer::NEW }, &[])).unwrap()
}

pub(crate) fn prefix(etcd: &Etcd, prefix: &str) -> Request<EtcdQuery> {
    etcd.bind(&RequestSpec::new(&Layer { options: &[("prefix", prefix)], ..Layer::NEW }, &[])).unwrap()
}

/// The answers to requests of one group.
pub(crate) async fn fetch(etcd: &Etcd, requests: &[Request<EtcdQuery>]) -> Vec<Answer> {
    let group = requests.first().and_then(Request::group).cloned();
    assert!(requests.iter().all(|request| request.group() == group.as_ref()));
    let asked: Vec<_> = requests.iter().map(|request| Asked::new(request.query())).collect();
    etcd.fetch_many(&asked).await
}

/// How often a server was called.
pub(crate) async fn calls(server: &testbed::Etcd, service: &str, method: &str) -> usize {
    let kind = if service == "Watch" { "bidi_stream" } else { "unary" };
    let labels = format!(r#"{{grpc_method="{method}",grpc_service="etcdserverpb.{service}",grpc_type="{kind}"}}"#);
    server.client().metric(&format!("grpc_server_started_total{labels}")).await.unwrap() as usize
}

/// The connections to a server's port.
pub(crate) fn connections(server: &testbed::Etcd) -> usize {
    let port = format!(":{:04X}", server.program().port());
    let table = fs::read_to_string("/proc/net/tcp").unwrap();
    let fields = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    // 01 is an established connection.
    table.lines().map(fields).filter(|line| line.len() > 3 && line[1].ends_with(&port) && line[3] == "01").count()
}

#[test]
fn text_in_base64_is_what_etcd_takes() {
    for (text, expected) in [("", ""), ("a", "YQ=="), ("ab", "YWI="), ("abc", "YWJj"), ("app/port", "YXBwL3BvcnQ=")] {
        assert_eq!(base64(text), expected);
    }
}
