//! Documents of the JSON type, whose module is not here: what a server with it, and one without it, sends.

use component_model::{ErrorKind, fetchers::redis::RedisFetcher, prelude::*};
use serde::Deserialize;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

#[derive(Debug, Deserialize, PartialEq)]
struct Pool {
    max: u32,
    open: bool,
}

/// `GET`, `TYPE` and `PTTL` of a document.
const UNKNOWN: &[u8] = b"-WRONGTYPE Operation against a key holding the wrong kind of value\r\n+ReJSON-RL\r\n:-1\r\n";

const DOCUMENT: &[u8] = b"$23\r\n{\"max\":5,\"open\": false}\r\n";

/// A server that gives its replies one after another. Returns its URL.
async fn scripted(replies: &'static [&'static [u8]]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut client, _) = listener.accept().await.unwrap();
        for reply in replies {
            assert!(client.read(&mut [0; 4096]).await.unwrap() > 0);
            client.write_all(reply).await.unwrap();
        }
        while client.read(&mut [0; 4096]).await.is_ok_and(|read| read > 0) {}
    });
    format!("redis://{address}")
}

#[tokio::test]
async fn a_document_is_read_with_the_types_of_its_values() {
    let url = scripted(&[UNKNOWN, DOCUMENT, DOCUMENT]).await;
    let fetcher = RedisFetcher::new(&url, "pool").unwrap();
    for _ in 0..2 {
        // The second time the type is known.
        let pool: Pool = fetcher.fetch_component().await.unwrap();
        assert_eq!(pool, Pool { max: 5, open: false });
    }
}

#[tokio::test]
async fn a_document_that_the_server_cannot_read_is_misconfigured_and_a_broken_one_is_malformed() {
    let url = scripted(&[UNKNOWN, b"-ERR unknown command 'JSON.GET', with args beginning with: 'pool'\r\n"]).await;
    let error = fails(&url).await;
    assert_eq!(error.kind(), ErrorKind::Misconfigured, "{error}");
    assert!(error.hint().unwrap().contains("module"), "{:?}", error.hint());
    let url = scripted(&[UNKNOWN, b"$9\r\n{\"hunter2\r\n"]).await;
    let error = fails(&url).await;
    assert_eq!(error.kind(), ErrorKind::Malformed, "{error}");
    assert!(!format!("{error:#?}").contains("hunter2"));
}

async fn fails(url: &str) -> ComponentError {
    let fetched: Result<Pool, _> = RedisFetcher::new(url, "pool").unwrap().fetch_component().await;
    fetched.unwrap_err()
}
