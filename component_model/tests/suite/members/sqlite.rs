//! SQLite.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use component_model::{ErrorKind, Sources, SourcesBuilder, fetchers::database::Database};
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use testbed::BedError;

use crate::member::{Content, Documented, Entry, Hanging, Member, Mortal, NAME, Watching};

pub(crate) struct SqliteFile {
    folder: tempfile::TempDir,
    lock: Option<SqliteConnection>,
}

impl SqliteFile {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), lock: None }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("app.db")
    }

    async fn fill(&self, entries: &[Entry]) -> Result<(), sqlx::Error> {
        let mut connection = open(&self.path()).await?;
        sqlx::query("CREATE TABLE config (key TEXT, value)").execute(&mut connection).await?;
        for (key, content) in entries {
            let insert = sqlx::query("INSERT INTO config VALUES (?, ?)").bind(*key);
            let insert = match content {
                Content::Text(text) => insert.bind(*text),
                Content::Number(number) => insert.bind(i64::try_from(*number).unwrap()),
                Content::Large(length) => insert.bind("x".repeat(*length)),
            };
            insert.execute(&mut connection).await?;
        }
        connection.close().await
    }
}

async fn open(path: &Path) -> Result<SqliteConnection, sqlx::Error> {
    SqliteConnectOptions::new().filename(path).create_if_missing(true).connect().await
}

impl Member for SqliteFile {
    async fn start(entries: &[Entry]) -> Result<Self, BedError> {
        let member = Self::new();
        member.fill(entries).await.unwrap();
        Ok(member)
    }

    fn source(&self) -> SourcesBuilder {
        Sources::builder().source(NAME, self.watchable())
    }

    fn locator(&self, key: &str) -> String {
        if key.is_empty() { "config".to_owned() } else { format!("config[{key}]") }
    }
}

impl Documented for SqliteFile {
    async fn broken(text: &str) -> Result<Self, BedError> {
        let member = Self::new();
        std::fs::write(member.path(), text.repeat(500)).unwrap();
        Ok(member)
    }
}

/// Somebody else is writing, and keeps everybody else out.
impl Hanging for SqliteFile {
    async fn hang(&mut self) {
        let mut connection = open(&self.path()).await.unwrap();
        sqlx::query("BEGIN EXCLUSIVE").execute(&mut connection).await.unwrap();
        self.lock = Some(connection);
    }

    async fn go_on(&mut self) {
        self.lock.take().unwrap().close().await.unwrap();
    }
}

/// The file is removed, while connections to it may be open, and another one takes its place.
impl Mortal for SqliteFile {
    const GONE: ErrorKind = ErrorKind::NotSetUp;

    async fn stop(&mut self) {
        std::fs::rename(self.path(), self.folder.path().join("old.db")).unwrap();
    }

    async fn start_again(&mut self) {
        std::fs::copy(self.folder.path().join("old.db"), self.path()).unwrap();
    }
}

impl Watching for SqliteFile {
    type Source = Database;

    fn watchable(&self) -> Arc<Database> {
        Arc::new(Database::from_url(&format!("sqlite:{}", self.path().display())).unwrap())
    }

    async fn write(&self, changes: &[(&str, &str)]) {
        let mut connection = open(&self.path()).await.unwrap();
        sqlx::query("PRAGMA synchronous = OFF").execute(&mut connection).await.unwrap();
        for (key, text) in changes {
            let mut change = connection.begin_with("BEGIN IMMEDIATE").await.unwrap();
            sqlx::query("DELETE FROM config WHERE key = ?").bind(*key).execute(&mut *change).await.unwrap();
            let insert = sqlx::query("INSERT INTO config VALUES (?, ?)").bind(*key).bind(*text);
            insert.execute(&mut *change).await.unwrap();
            change.commit().await.unwrap();
        }
        connection.close().await.unwrap();
    }

    async fn delete(&self, key: &str) {
        let mut connection = open(&self.path()).await.unwrap();
        sqlx::query("DELETE FROM config WHERE key = ?").bind(key).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }
}

suite! {
    SqliteFile, "sqlite",
    passes [
        present, absent, malformed, broken_document, too_large, secret, layered, fallback, exact_keys, odd_keys,
        many_keys, load, many_runtimes, slow, gone_and_back, shut_down, watch_changes, watch_many, watch_burst,
        watch_wrong_value, watch_restart, watch_dropped, watch_shut_down,
    ],
    lacks {
        watch_from_version: "its values have no versions",
        watch_cut: "there is no connection to a server",
        watch_silent: "there is no connection to a server",
        denied: "SQLite cannot open a file that may not be read, and says no more of it than of a missing one",
        wrong_password: "SQLite asks for no password",
        many_keys_at_a_distance: "nothing travels over a network",
        many_keys_in_one_round_trip: "nothing travels, so nothing is counted",
        delayed: "nothing travels over a network",
        half_open: "there is no connection to a server",
        silent: "there is no connection to a server",
        ended_while_idle: "there is no connection to a server",
        cut: "there is no connection to a server",
        garbage: "there is no protocol; broken_document is similar",
        killed_and_back: "SQLite has no process of its own",
    }
}
