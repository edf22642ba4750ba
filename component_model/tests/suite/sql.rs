//! What the members behind an SQL server share: a database of their own, reached through a proxy.

use std::{marker::PhantomData, sync::Arc, time::Duration};

use component_model::{ErrorKind, Sources, SourcesBuilder, fetchers::database::Database as Source};
use testbed::{BedError, Database, SqlServer, proxy::Proxy};

use crate::member::{
    Authenticated, Content, Counted, Entry, Guarded, Killable, Member, Mortal, NAME, Networked, Watching,
};

/// A kind of server.
pub(crate) trait Product {
    /// The default table of the source.
    const TABLE: &'static str;

    async fn server() -> Result<SqlServer, BedError>;
    async fn database() -> Result<Database, BedError>;

    /// The column of the keys, as its statements write it.
    const KEY: &'static str;

    /// The text whose UTF-8 bytes these are, in hexadecimal.
    fn literal(hex: &str) -> String;

    /// Prepares for values that are larger than usual, and for being counted.
    async fn prepare(_database: &Database) -> Result<(), BedError> {
        Ok(())
    }

    /// A query for how often the table was read, as the server counts.
    fn count_of_reads(database: &Database) -> String;
}

/// A table on a server.
pub(crate) struct Table<P> {
    database: Database,
    proxy: Proxy,
    /// A server of one's own, which is reached directly.
    server: Option<SqlServer>,
    product: PhantomData<P>,
}

impl<P: Product> Table<P> {
    async fn filled(database: Database, server: Option<SqlServer>, entries: &[Entry]) -> Result<Self, BedError> {
        P::prepare(&database).await?;
        let rows: String = entries.iter().map(|(key, content)| row::<P>(key, *content)).collect();
        database.execute(&format!("{};{rows}", P::TABLE)).await?;
        let proxy = testbed::proxy(([127, 0, 0, 1], port_of(&database.url())).into()).await?;
        Ok(Self { database, proxy, server, product: PhantomData })
    }

    fn source_at(&self, url: &str) -> SourcesBuilder {
        Sources::builder().source(NAME, self.database_at(url))
    }

    fn database_at(&self, url: &str) -> Source {
        let url = if self.server.is_some() { url.to_owned() } else { self.proxy.instead_in(url) };
        Source::from_url(&url).unwrap()
    }
}

fn row<P: Product>(key: &str, content: Content) -> String {
    let value = match content {
        Content::Text(text) => P::literal(&hex(text)),
        Content::Number(number) => format!("'{number}'"),
        Content::Large(length) => format!("repeat('x', {length})"),
    };
    insert::<P>(key, &value)
}

fn insert<P: Product>(key: &str, value: &str) -> String {
    format!("INSERT INTO config VALUES ({}, {value});", P::literal(&hex(key)))
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn port_of(url: &str) -> u16 {
    let authority = url.split('/').nth(2).unwrap();
    authority.rsplit(':').next().unwrap().parse().unwrap()
}

impl<P: Product> Member for Table<P> {
    async fn start(entries: &[Entry]) -> Result<Self, BedError> {
        Self::filled(P::database().await?, None, entries).await
    }

    fn source(&self) -> SourcesBuilder {
        self.source_at(&self.database.url())
    }

    fn locator(&self, key: &str) -> String {
        format!("config[{key}]")
    }

    fn secrets(&self) -> Vec<String> {
        vec![self.database.password().to_owned(), "wrong-password".to_owned()]
    }
}

impl<P: Product> Networked for Table<P> {
    fn proxy(&self) -> &Proxy {
        &self.proxy
    }
}

impl<P: Product> Authenticated for Table<P> {
    fn with_wrong_password(&self) -> SourcesBuilder {
        self.source_at(&self.database.wrong_password_url())
    }
}

impl<P: Product> Guarded for Table<P> {
    async fn without_permission(&self) -> SourcesBuilder {
        self.source_at(&self.database.stranger_url())
    }
}

impl<P: Product> Mortal for Table<P> {
    const GONE: ErrorKind = ErrorKind::Unreachable;

    async fn alone(entries: &[Entry]) -> Result<Self, BedError> {
        let server = P::server().await?;
        Self::filled(server.database().await?, Some(server), entries).await
    }

    async fn stop(&mut self) {
        self.server.as_ref().unwrap().stop().await.unwrap();
    }

    async fn start_again(&mut self) {
        self.server.as_ref().unwrap().start().await.unwrap();
    }
}

impl<P: Product> Killable for Table<P> {
    async fn kill(&mut self) {
        self.server.as_ref().unwrap().kill().await.unwrap();
    }
}

impl<P: Product> Counted for Table<P> {
    /// Servers count when a connection ends, so it waits until they have.
    async fn round_trips(&self, sources: Sources) -> usize {
        drop(sources);
        for _ in 0..100 {
            let count = self.database.query(&P::count_of_reads(&self.database)).await.unwrap();
            match count.trim().parse() {
                Ok(0) | Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                Ok(count) => return count,
            }
        }
        panic!("the server counted nothing");
    }
}

/// How many changes one command of the server's client takes.
const CHANGES: usize = 200;

impl<P: Product> Watching for Table<P> {
    type Source = Source;

    fn watchable(&self) -> Arc<Source> {
        Arc::new(self.database_at(&self.database.url()))
    }

    async fn write(&self, changes: &[(&str, &str)]) {
        let change = |(key, text): &(&str, &str)| {
            let delete = delete::<P>(key);
            format!("BEGIN; {delete} {} COMMIT;", insert::<P>(key, &P::literal(&hex(text))))
        };
        for chunk in changes.chunks(CHANGES) {
            self.database.execute(&chunk.iter().map(change).collect::<String>()).await.unwrap();
        }
    }

    async fn delete(&self, key: &str) {
        self.database.execute(&delete::<P>(key)).await.unwrap();
    }

    async fn held(&self) -> usize {
        self.proxy.open_connections()
    }
}

fn delete<P: Product>(key: &str) -> String {
    format!("DELETE FROM config WHERE {} = {};", P::KEY, P::literal(&hex(key)))
}
