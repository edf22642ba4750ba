//! The table: a query for each key, and a source for `config`, over a pool of SQLite's or PostgreSQL's.

use async_trait::async_trait;
use config::{AsyncSource, ConfigError, Map};
use sqlx::{PgPool, SqlitePool};

use super::{
    Problem,
    fields::{Rows, contents},
};

const ONE: &str = "SELECT value FROM config WHERE key = $1";
const ALL: &str = "SELECT key, value FROM config";

/// What can be done with a pool.
pub trait Table: Sized {
    /// Makes the default table and fills it.
    fn fill(&self) -> impl Future<Output = Result<(), Problem>>;

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
        impl Table for $pool {
            async fn fill(&self) -> Result<(), Problem> {
                sqlx::query("CREATE TABLE config (key text PRIMARY KEY, value text NOT NULL)").execute(self).await?;
                for (key, value) in contents() {
                    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    sqlx::query("INSERT INTO config VALUES ($1, $2)").bind(key).bind(text).execute(self).await?;
                }
                Ok(())
            }

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
