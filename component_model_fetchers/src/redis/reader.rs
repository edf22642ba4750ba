//! Reads one value as a type of the program: what a typed fetcher does, without its timeout and its error.

use std::fmt;

use component_model_source::{Asked, ErrorKind, Slot as _, SourceError};
use serde::de::DeserializeOwned;

use super::{Redis, RedisQuery};
use crate::single::only;

/// A key, and what of it is read.
#[derive(Clone)]
pub struct RedisReader {
    redis: Redis,
    key: String,
    field: Option<String>,
    db: Option<u32>,
}

impl RedisReader {
    /// A reader with the connections of a source.
    #[must_use]
    pub fn from_redis(redis: &Redis, key: impl Into<String>) -> Self {
        Self { redis: redis.clone(), key: key.into(), field: None, db: None }
    }

    /// Reads a field of a hash.
    pub fn field(&mut self, field: impl Into<String>) {
        self.field = Some(field.into());
    }

    /// Reads from another database than that of the URL.
    pub fn db(&mut self, db: u32) {
        self.db = Some(db);
    }

    /// Reads the value.
    ///
    /// # Errors
    /// Those of the source; for a type that has no value for absence, also that it is absent.
    ///
    /// # Cancel safety
    /// Dropping the future leaves nothing behind.
    pub async fn read<T: DeserializeOwned + Send>(&self) -> Result<T, SourceError> {
        let reply = only(self.redis.client().get(&[Asked::new(&self.query()?)]).await)?;
        let mut slot = None;
        match reply.record().map(|record| record.read_into(&mut slot, false)) {
            Some(Err(error)) if error.kind() != ErrorKind::Absent => return Err(error),
            Some(Ok(())) => {}
            // Absence is a value of some types.
            _ => _ = slot.accept_absence(),
        }
        slot.ok_or_else(|| SourceError::new(ErrorKind::Absent, "the server has no such value"))
    }

    /// The error with the key as its place, if it has none yet.
    #[must_use]
    pub fn located(&self, error: SourceError) -> SourceError {
        match self.query() {
            Ok(query) if error.place().is_none() => error.at(query.locator(self.redis.client().config())),
            _ => error,
        }
    }

    fn query(&self) -> Result<RedisQuery, SourceError> {
        self.redis.query(self.key.clone(), self.field.clone(), self.db)
    }
}

impl fmt::Debug for RedisReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisReader")
            .field("redis", &self.redis)
            .field("key", &self.key)
            .field("field", &self.field)
            .field("db", &self.db)
            .finish()
    }
}
