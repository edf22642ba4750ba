//! What several tests need.

use component_model::{
    Answer, Asked, Request, RequestSpec, Source, SourceError, Sources,
    fetchers::redis::{Redis, RedisQuery},
    plan::Layer,
};
use testbed::{BedError, Redis as Server};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

/// A server with some commands executed.
pub(crate) async fn server(commands: &[&[&str]]) -> Result<Server, BedError> {
    let server = testbed::redis().await?;
    for command in commands {
        server.execute(command).await?;
    }
    Ok(server)
}

pub(crate) fn source(server: &Server) -> Redis {
    Redis::from_url(&server.url()).unwrap()
}

pub(crate) fn sources(redis: &Redis) -> Sources {
    Sources::builder().source("redis", redis.clone()).build()
}

pub(crate) fn bound(redis: &Redis, layer: &Layer<'_>) -> Result<Request<RedisQuery>, SourceError> {
    redis.bind(&RequestSpec::new(layer, &[]))
}

/// The query for a key.
pub(crate) fn key(redis: &Redis, key: &str) -> RedisQuery {
    bound(redis, &Layer { key: Some(key), ..Layer::NEW }).unwrap().query().clone()
}

/// The query for a field of a hash.
pub(crate) fn field(redis: &Redis, key: &str, field: &str) -> RedisQuery {
    bound(redis, &Layer { key: Some(key), options: &[("field", field)], ..Layer::NEW }).unwrap().query().clone()
}

pub(crate) async fn get(redis: &Redis, name: &str) -> Answer {
    redis.fetch(Asked::new(&key(redis, name))).await
}

/// A server that answers everything with the same bytes. Returns its URL.
pub(crate) async fn parrot(reply: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut question = [0; 4096];
                while client.read(&mut question).await.is_ok_and(|read| read > 0) {
                    if client.write_all(reply).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    format!("redis://{address}")
}
