//! Reads one key or prefix as a type of the program: what a typed fetcher does, without its timeout and its error.

use std::fmt;

use component_model_source::{Asked, ErrorKind, Slot as _, Source as _, SourceError};
use serde::de::DeserializeOwned;

use super::{
    Consul,
    query::{ConsulQuery, Wanted},
};

/// One key or prefix, and where it is read from.
#[derive(Clone)]
pub struct KeyReader {
    consul: Consul,
    /// As it was given; checked when it is read.
    path: String,
    is_prefix: bool,
}

impl KeyReader {
    /// Reads one key.
    #[must_use]
    pub fn new(consul: &Consul, key: impl Into<String>) -> Self {
        Self { consul: consul.clone(), path: key.into(), is_prefix: false }
    }

    /// Reads all keys below a prefix.
    #[must_use]
    pub fn of_prefix(consul: &Consul, prefix: impl Into<String>) -> Self {
        Self { consul: consul.clone(), path: prefix.into(), is_prefix: true }
    }

    /// Sends one request.
    ///
    /// # Errors
    /// Those of the source; for a type that has no value for absence, also that it is absent.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection in use and leaves nothing behind.
    pub async fn read<T: DeserializeOwned + Send>(&self) -> Result<T, SourceError> {
        let query = self.query()?;
        let reply = self.consul.fetch(Asked::new(&query)).await?;
        let mut slot = None;
        match reply.record().map(|record| record.read_into(&mut slot, false)) {
            Some(Err(error)) if error.kind() != ErrorKind::Absent => return Err(error),
            Some(Ok(())) => {}
            // Absence is a value of some types.
            _ => _ = slot.accept_absence(),
        }
        slot.ok_or_else(|| SourceError::new(ErrorKind::Absent, "the server has no such key"))
    }

    /// The key as reports show it.
    #[must_use]
    pub fn shown(&self) -> String {
        self.query().map_or_else(|_| self.path.clone(), |query| query.shown())
    }

    fn query(&self) -> Result<ConsulQuery, SourceError> {
        let wanted = if self.is_prefix { Wanted::prefix(&self.path) } else { Wanted::key(&self.path) };
        Ok(ConsulQuery { scope: self.consul.client().config.scope.clone(), wanted: wanted? })
    }
}

impl fmt::Debug for KeyReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyReader").field("key", &self.shown()).field("consul", &self.consul).finish()
    }
}
