//! A table in a file.

use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use component_model::{SourcesBuilder, fetchers::database::Database};
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};

use super::{KEYS, NAME, VALUE, WRONG};
use crate::{
    fault::Fault,
    gate::{Gate, Gated},
};

pub(crate) struct Sqlite {
    folder: tempfile::TempDir,
    lock: Option<SqliteConnection>,
}

impl Sqlite {
    pub(super) async fn start() -> Self {
        let bed = Self { folder: tempfile::tempdir().unwrap(), lock: None };
        bed.execute("CREATE TABLE config (key TEXT, value TEXT)").await;
        bed.fill().await;
        bed
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("app.db")
    }

    fn aside(&self) -> PathBuf {
        self.folder.path().join("aside.db")
    }

    async fn fill(&self) {
        for key in KEYS {
            self.execute(&format!("INSERT INTO config VALUES ('{key}', '{VALUE}')")).await;
        }
    }

    async fn execute(&self, statement: &str) {
        let mut connection = open(&self.path()).await;
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    pub(super) fn register(&self, builder: SourcesBuilder, gate: Gate) -> SourcesBuilder {
        let source = Database::from_url(&format!("sqlite:{}", self.path().display())).unwrap();
        builder.source(NAME, Gated { source, gate })
    }

    pub(super) async fn strike(&mut self, fault: Fault) {
        match fault {
            Fault::Deleted => self.execute("DELETE FROM config").await,
            Fault::Wrong => self.execute(&format!("UPDATE config SET value = '{WRONG}'")).await,
            Fault::Locked => {
                let mut connection = open(&self.path()).await;
                sqlx::query("BEGIN EXCLUSIVE").execute(&mut connection).await.unwrap();
                self.lock = Some(connection);
            }
            Fault::Unreadable => set_mode(&self.path(), 0o000),
            Fault::Removed => std::fs::rename(self.path(), self.aside()).unwrap(),
            Fault::Directory => {
                std::fs::rename(self.path(), self.aside()).unwrap();
                std::fs::create_dir(self.path()).unwrap();
            }
            Fault::Truncated => {
                let bytes = std::fs::read(self.path()).unwrap();
                std::fs::rename(self.path(), self.aside()).unwrap();
                std::fs::write(self.path(), &bytes[..bytes.len() / 3]).unwrap();
            }
            Fault::Garbage => {
                std::fs::rename(self.path(), self.aside()).unwrap();
                std::fs::write(self.path(), "this is no database ".repeat(500)).unwrap();
            }
            _ => panic!("{fault:?} is not a fault of SQLite"),
        }
    }

    pub(super) async fn heal(&mut self, fault: Fault) {
        match fault {
            Fault::Deleted => self.fill().await,
            Fault::Wrong => self.execute(&format!("UPDATE config SET value = '{VALUE}'")).await,
            Fault::Locked => self.lock.take().unwrap().close().await.unwrap(),
            Fault::Unreadable => set_mode(&self.path(), 0o644),
            Fault::Directory => {
                std::fs::remove_dir(self.path()).unwrap();
                std::fs::rename(self.aside(), self.path()).unwrap();
            }
            _ => std::fs::rename(self.aside(), self.path()).unwrap(),
        }
    }
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

async fn open(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).create_if_missing(true).connect().await.unwrap()
}
