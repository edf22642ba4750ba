//! What the tests of this folder share.

use component_model::{
    ErrorKind,
    fetchers::api::{Api, ApiBuilder, ApiFetcher},
    prelude::*,
};
use serde::de::DeserializeOwned;
use testbed::http::{HttpServer, Reply};

/// A builder whose base is the server.
pub(crate) fn based_on(http: &HttpServer) -> ApiBuilder {
    Api::builder().base(http.url("")).unwrap()
}

/// The source whose base is the server.
pub(crate) fn api_of(http: &HttpServer) -> Api {
    based_on(http).build().unwrap()
}

/// What a type gets from a URL of a source.
pub(crate) async fn get<T: DeserializeOwned + Send>(api: &Api, url: &str) -> Result<T, ComponentError> {
    ApiFetcher::from_api(api, url).fetch_component().await
}

/// What a type makes of one reply.
pub(crate) async fn read<T: DeserializeOwned + Send>(reply: Reply) -> Result<T, ComponentError> {
    let http = testbed::http().await.unwrap();
    http.on("/value", reply);
    get(&api_of(&http), "value").await
}

/// The kind of the failure that one reply is.
pub(crate) async fn kind_of(reply: Reply) -> ErrorKind {
    read::<serde_json::Value>(reply).await.unwrap_err().kind()
}
