//! The table: a query for each key, and a source for `config`, over a pool of SQLite's or PostgreSQL's, or over one
//! connection to PostgreSQL.

use std::sync::Arc;

use async_trait::async_trait;
use config::{AsyncSource, ConfigError, Map};
use sqlx::{Connection as _, PgConnection, PgPool, SqlitePool};
use tokio::sync::Mutex;

use super::{
    Problem,
    fields::{Rows, contents},
};

const ONE: &str = "SELECT value FROM config WHERE key = $1";
const ALL: &str = "SELECT key, value FROM config";
const SOME: &str = "SELECT key, value FROM config WHERE key = ANY($1)";

/// A pool whose database can be filled.
pub trait Fill {
    /// Makes the default table and fills it.
    fn fill(&self) -> impl Future<Output = Result<(), Problem>>;
}

/// What can be read from.
pub trait Table {
    /// One query after another.
    fn by_hand(&self) -> impl Future<Output = Result<Rows, Problem>>;

    /// Reads all rows with `config`.
    fn with_config(&self) -> impl Future<Output = Result<Rows, Problem>>;
}

/// The whole table, as a source of `config`.
#[derive(Debug)]
struct All<P>(P);

macro_rules! table {
    ($pool:ty) => {
        impl Fill for $pool {
            async fn fill(&self) -> Result<(), Problem> {
                sqlx::query("CREATE TABLE config (key text PRIMARY KEY, value text NOT NULL)").execute(self).await?;
                for (key, value) in contents() {
                    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    sqlx::query("INSERT INTO config VALUES ($1, $2)").bind(key).bind(text).execute(self).await?;
                }
                Ok(())
            }
        }

        impl Table for $pool {
            async fn by_hand(&self) -> Result<Rows, Problem> {
                let mut connection = self.acquire().await?;
                Rows::one_after_another(async |key| {
                    Ok(sqlx::query_scalar(ONE).bind(key).fetch_one(&mut *connection).await?)
                })
                .await
            }

            async fn with_config(&self) -> Result<Rows, Problem> {
                let config = config::Config::builder().add_async_source(All(self.clone())).build().await?;
                Ok(config.try_deserialize()?)
            }
        }

        #[async_trait]
        impl AsyncSource for All<$pool> {
            async fn collect(&self) -> Result<Map<String, config::Value>, ConfigError> {
                let rows: Result<Vec<(String, String)>, _> = sqlx::query_as(ALL).fetch_all(&self.0).await;
                let rows = rows.map_err(|error| ConfigError::Foreign(Box::new(error)))?;
                Ok(rows.into_iter().map(|(key, value)| (key, value.into())).collect())
            }
        }
    };
}

table!(SqlitePool);
table!(PgPool);

/// One connection to PostgreSQL, without a pool that tests it: two round trips for a query, or one if statements stay
/// prepared on it. Its source for `config` asks for the keys that are wanted, as a fetch does.
#[derive(Debug, Clone)]
pub struct One {
    connection: Arc<Mutex<PgConnection>>,
    keys: Arc<Vec<&'static str>>,
    keep: bool,
}

impl One {
    /// Connects.
    ///
    /// # Errors
    /// If the server refuses.
    pub async fn connect(url: &str, keep: bool) -> Result<Self, Problem> {
        let connection = Arc::new(Mutex::new(PgConnection::connect(url).await?));
        Ok(Self { connection, keys: Arc::new(contents().into_keys().collect()), keep })
    }
}

impl Table for One {
    async fn by_hand(&self) -> Result<Rows, Problem> {
        let mut connection = self.connection.lock().await;
        Rows::one_after_another(async |key| {
            let query = sqlx::query_scalar(ONE).bind(key).persistent(self.keep);
            Ok(query.fetch_one(&mut *connection).await?)
        })
        .await
    }

    async fn with_config(&self) -> Result<Rows, Problem> {
        let config = config::Config::builder().add_async_source(All(self.clone())).build().await?;
        Ok(config.try_deserialize()?)
    }
}

#[async_trait]
impl AsyncSource for All<One> {
    async fn collect(&self) -> Result<Map<String, config::Value>, ConfigError> {
        let mut connection = self.0.connection.lock().await;
        let rows = sqlx::query_as(SOME).bind(&*self.0.keys).persistent(self.0.keep).fetch_all(&mut *connection).await;
        let rows: Vec<(String, String)> = rows.map_err(|error| ConfigError::Foreign(Box::new(error)))?;
        Ok(rows.into_iter().map(|(key, value)| (key, value.into())).collect())
    }
}
