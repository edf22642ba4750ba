//! Each fault of the proxy affects open and new connections.

#![allow(clippy::unwrap_used, reason = "clippy knows a test function by its attribute, and these have helpers")]

use std::io;
use std::time::Duration;

use testbed::proxy::Proxy;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout};

/// An echo server behind a proxy.
async fn echo() -> Proxy {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                tokio::io::copy(&mut from, &mut to).await
            });
        }
    });
    testbed::proxy(target).await.unwrap()
}

async fn connect(proxy: &Proxy) -> TcpStream {
    TcpStream::connect(proxy.address()).await.unwrap()
}

async fn say(stream: &mut TcpStream, what: &[u8]) -> io::Result<Vec<u8>> {
    stream.write_all(what).await?;
    let mut answer = vec![0; what.len()];
    stream.read_exact(&mut answer).await?;
    Ok(answer)
}

#[tokio::test]
async fn it_transfers_in_both_directions_and_counts_connections() {
    let proxy = echo().await;
    for round in 1..=3 {
        assert_eq!(say(&mut connect(&proxy).await, b"hello").await.unwrap(), b"hello");
        assert_eq!(proxy.connections(), round);
    }
}

#[tokio::test]
async fn delay_makes_an_answer_late() {
    let proxy = echo().await;
    let mut stream = connect(&proxy).await;
    proxy.delay(Duration::from_millis(200)).await.unwrap();
    let start = Instant::now();
    assert_eq!(say(&mut stream, b"hello").await.unwrap(), b"hello");
    assert!(start.elapsed() >= Duration::from_millis(200));
}

#[tokio::test]
async fn stall_accepts_and_forwards_nothing_until_it_heals() {
    let proxy = echo().await;
    let mut open = connect(&proxy).await;
    assert_eq!(say(&mut open, b"before").await.unwrap(), b"before");
    proxy.stall().await.unwrap();
    let mut new = connect(&proxy).await;
    assert!(timeout(Duration::from_millis(150), say(&mut new, b"new")).await.is_err());
    assert!(timeout(Duration::from_millis(150), say(&mut open, b"open")).await.is_err());
    proxy.heal().await.unwrap();
    let mut answer = [0; 4];
    open.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"open");
}

#[tokio::test]
async fn cut_closes_a_connection_after_the_given_number_of_bytes() {
    let proxy = echo().await;
    let mut open = connect(&proxy).await;
    assert_eq!(say(&mut open, b"before").await.unwrap(), b"before");
    proxy.cut(3).await.unwrap();
    for mut stream in [open, connect(&proxy).await] {
        stream.write_all(b"hello").await.unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        assert_eq!(answer, b"hel");
    }
}

#[tokio::test]
async fn refuse_closes_the_port_and_heal_opens_it_again() {
    let proxy = echo().await;
    let mut open = connect(&proxy).await;
    assert_eq!(say(&mut open, b"before").await.unwrap(), b"before");
    proxy.refuse().await.unwrap();
    let refused = TcpStream::connect(proxy.address()).await.unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
    assert!(say(&mut open, b"after").await.is_err());
    proxy.heal().await.unwrap();
    assert_eq!(say(&mut connect(&proxy).await, b"again").await.unwrap(), b"again");
}

#[tokio::test]
async fn garbage_answers_with_bytes_of_no_protocol() {
    let proxy = echo().await;
    proxy.garbage().await.unwrap();
    let mut stream = connect(&proxy).await;
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(!answer.is_empty() && !answer.starts_with(b"GET") && !answer.starts_with(b"HTTP"));
}

#[tokio::test]
async fn trickle_passes_one_byte_at_a_time_until_it_heals() {
    let proxy = echo().await;
    let mut open = connect(&proxy).await;
    assert_eq!(say(&mut open, b"before").await.unwrap(), b"before");
    proxy.trickle(Duration::from_millis(50)).await.unwrap();
    let start = Instant::now();
    assert_eq!(say(&mut open, b"hello").await.unwrap(), b"hello");
    assert!(start.elapsed() >= Duration::from_millis(200));
    assert!(timeout(Duration::from_millis(200), say(&mut open, &[b'x'; 1000])).await.is_err());
    proxy.heal().await.unwrap();
    let mut rest = Vec::new();
    open.shutdown().await.unwrap();
    timeout(Duration::from_secs(5), open.read_to_end(&mut rest)).await.unwrap().unwrap();
    assert!(rest.len() > 500, "{}", rest.len());
}

#[tokio::test]
async fn reset_ends_open_and_new_connections_abruptly() {
    let proxy = echo().await;
    let mut open = connect(&proxy).await;
    assert_eq!(say(&mut open, b"before").await.unwrap(), b"before");
    proxy.reset().await.unwrap();
    assert_eq!(open.read(&mut [0; 1]).await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    assert_eq!(connect(&proxy).await.read(&mut [0; 1]).await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    proxy.heal().await.unwrap();
    assert_eq!(say(&mut connect(&proxy).await, b"again").await.unwrap(), b"again");
}

#[tokio::test]
async fn a_dropped_proxy_closes_its_port() {
    let proxy = echo().await;
    let address = proxy.address();
    drop(proxy);
    timeout(Duration::from_secs(5), async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
}
