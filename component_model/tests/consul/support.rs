//! What the tests of this folder share.

use std::fs;

use component_model::{
    Answer, Asked, ErrorKind, Request, RequestSpec, Source as _,
    fetchers::consul::{Consul, ConsulBuilder, ConsulFetcher, ConsulQuery},
    plan::Layer,
    prelude::*,
};
use serde::de::DeserializeOwned;

/// Everything may be read.
pub(crate) const READ: &str = r#"key_prefix "" { policy = "read" }"#;

/// A builder with the address of a server.
pub(crate) fn builder(server: &testbed::Consul) -> ConsulBuilder {
    Consul::builder().address(server.url())
}

/// The source of a server without access lists.
pub(crate) fn consul(server: &testbed::Consul) -> Consul {
    builder(server).build().unwrap()
}

/// The source with one of the server's tokens.
pub(crate) fn with_token(server: &testbed::Consul, name: &str) -> Consul {
    builder(server).token(server.token(name)).build().unwrap()
}

pub(crate) async fn get<T: DeserializeOwned + Send>(consul: &Consul, key: &str) -> Result<T, ComponentError> {
    ConsulFetcher::new(consul, key).fetch_component().await
}

/// The kind of the failure of a key.
pub(crate) async fn kind_of(consul: &Consul, key: &str) -> ErrorKind {
    get::<String>(consul, key).await.unwrap_err().kind()
}

pub(crate) fn key(consul: &Consul, key: &str) -> Request<ConsulQuery> {
    consul.bind(&RequestSpec::new(&Layer { key: Some(key), ..Layer::NEW }, &[])).unwrap()
}

pub(crate) fn prefix(consul: &Consul, prefix: &str) -> Request<ConsulQuery> {
    consul.bind(&RequestSpec::new(&Layer { options: &[("prefix", prefix)], ..Layer::NEW }, &[])).unwrap()
}

/// The answers to requests of one group.
pub(crate) async fn fetch(consul: &Consul, requests: &[Request<ConsulQuery>]) -> Vec<Answer> {
    let group = requests.first().and_then(Request::group).cloned();
    assert!(requests.iter().all(|request| request.group() == group.as_ref()));
    let asked: Vec<_> = requests.iter().map(|request| Asked::new(request.query())).collect();
    consul.fetch_many(&asked).await
}

/// The lines of a server's log about requests for keys; its log level has to be `debug`.
pub(crate) fn requests(server: &testbed::Consul) -> Vec<String> {
    let log = fs::read_to_string(server.program().folder().join("server.log")).unwrap();
    let is_request =
        |line: &&str| line.contains("Request finished") && ["/v1/txn", "/v1/kv"].iter().any(|path| line.contains(path));
    log.lines().filter(is_request).map(str::to_owned).collect()
}

/// The connections to a server's port.
pub(crate) fn connections(server: &testbed::Consul) -> usize {
    let port = format!(":{:04X}", server.program().port());
    let table = fs::read_to_string("/proc/net/tcp").unwrap();
    let fields = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    // 01 is an established connection.
    table.lines().map(fields).filter(|line| line.len() > 3 && line[1].ends_with(&port) && line[3] == "01").count()
}
