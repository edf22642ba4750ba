//! Poolers that stand in front of PostgreSQL and take less than it does.

use component_model::{ErrorKind, fetchers::database::DatabaseFetcher, prelude::*};
use testbed::Database;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// A URL that leads through a pooler which refuses every first message with options, with a code of its own.
async fn without_options(database: &Database, code: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = database.url();
    let server = url.split(['@', '/']).nth(3).unwrap().to_owned();
    let url = url.replace(&server, &listener.local_addr().unwrap().to_string());
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(pass_on(client, server.clone(), code));
        }
    });
    format!("{url}?sslmode=disable")
}

async fn pass_on(mut client: TcpStream, server: String, code: &str) -> std::io::Result<()> {
    let length = client.read_u32().await?;
    let mut first = vec![0; length as usize - 4];
    client.read_exact(&mut first).await?;
    if first.windows(8).any(|name| name == b"options\0") {
        let fields = format!("SFATAL\0VFATAL\0C{code}\0Munsupported startup parameter\0\0");
        client.write_u8(b'E').await?;
        client.write_u32(fields.len() as u32 + 4).await?;
        return client.write_all(fields.as_bytes()).await;
    }
    let mut server = TcpStream::connect(server).await?;
    server.write_u32(length).await?;
    server.write_all(&first).await?;
    tokio::io::copy_bidirectional(&mut client, &mut server).await.map(drop)
}

#[tokio::test]
async fn a_pooler_that_takes_no_options_can_be_used() {
    let database = testbed::require!(testbed::postgres_database().await);
    for code in ["08P01", "0A000"] {
        let url = without_options(&database, code).await;
        assert_eq!(crate::one::<u16>(&url, "8080").await, 8080);
    }
}

#[tokio::test]
async fn options_of_the_url_are_not_dropped_because_a_pooler_refuses_them() {
    let database = testbed::require!(testbed::postgres_database().await);
    let url = without_options(&database, "08P01").await;
    let fetcher = DatabaseFetcher::from_url(&format!("{url}&options=-c%20geqo%3Doff"), "SELECT 1").unwrap();
    let error = ComponentFetcher::<u16>::fetch_component(&fetcher).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable, "{error:#}");
}

#[tokio::test]
async fn the_url_may_ask_for_warnings() {
    let database = testbed::require!(testbed::postgres_database().await);
    let url = database.url();
    let shown = "current_setting('client_min_messages')";
    assert_eq!(crate::one::<String>(&url, shown).await, "error");
    let url = format!("{url}?options[client_min_messages]=warning");
    assert_eq!(crate::one::<String>(&url, shown).await, "warning");
}
