//! What the tests of this folder share.

use component_model::{
    Answer, Asked, ErrorKind, Request, RequestSpec, Source as _,
    fetchers::nats::{Nats, NatsBuilder, NatsFetcher, NatsQuery},
    plan::Layer,
    prelude::*,
};
use serde::de::DeserializeOwned;
use testbed::{BedError, Nats as Server};

/// The bucket of the tests.
pub(crate) const BUCKET: &str = "app";

/// A server that has a bucket with some keys.
pub(crate) async fn server(keys: &[(&str, &str)]) -> Result<Server, BedError> {
    let server = testbed::nats().await?;
    fill(&server, keys).await?;
    Ok(server)
}

/// Creates the bucket and writes keys.
pub(crate) async fn fill(server: &Server, keys: &[(&str, &str)]) -> Result<(), BedError> {
    server.client().create(BUCKET).await?;
    for (key, value) in keys {
        server.client().put(BUCKET, key, value).await?;
    }
    Ok(())
}

/// A builder with the address and the bucket.
pub(crate) fn builder(server: &Server) -> NatsBuilder {
    Nats::builder(&server.url()).bucket(BUCKET)
}

pub(crate) fn nats(server: &Server) -> Nats {
    builder(server).build().unwrap()
}

/// The source with one of the server's users.
pub(crate) fn with_user(server: &Server, user: &str) -> Nats {
    builder(server).login(user, server.password()).build().unwrap()
}

pub(crate) async fn get<T: DeserializeOwned + Send>(nats: &Nats, key: &str) -> Result<T, ComponentError> {
    NatsFetcher::from_nats(nats, key).fetch_component().await
}

/// The kind of the failure of a key.
pub(crate) async fn kind_of(nats: &Nats, key: &str) -> ErrorKind {
    get::<String>(nats, key).await.unwrap_err().kind()
}

pub(crate) fn key(nats: &Nats, key: &str) -> Request<NatsQuery> {
    nats.bind(&RequestSpec::new(&Layer { key: Some(key), ..Layer::NEW }, &[])).unwrap()
}

/// The answers to requests of one group.
pub(crate) async fn fetch(nats: &Nats, requests: &[Request<NatsQuery>]) -> Vec<Answer> {
    let group = requests.first().and_then(Request::group).cloned();
    assert!(requests.iter().all(|request| request.group() == group.as_ref()));
    let asked: Vec<_> = requests.iter().map(|request| Asked::new(request.query())).collect();
    nats.fetch_many(&asked).await
}
