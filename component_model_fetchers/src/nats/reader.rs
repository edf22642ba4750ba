//! Reads one key as a type of the program: what a typed fetcher does, without its timeout and its error.

use std::fmt;

use component_model_source::{Asked, ErrorKind, Slot as _, SourceError};
use serde::de::DeserializeOwned;

use super::{Nats, NatsQuery};
use crate::single::only;

/// A key, and the bucket that it is in.
#[derive(Clone)]
pub struct EntryReader {
    nats: Nats,
    bucket: Option<String>,
    key: String,
}

impl EntryReader {
    /// A reader with the connections of a source.
    #[must_use]
    pub fn from_nats(nats: &Nats, key: impl Into<String>) -> Self {
        Self { nats: nats.clone(), bucket: nats.client().config().bucket.clone(), key: key.into() }
    }

    /// Reads from another bucket than the default one.
    pub fn bucket(&mut self, bucket: impl Into<String>) {
        self.bucket = Some(bucket.into());
    }

    /// Reads the value.
    ///
    /// # Errors
    /// Those of the source; for a type that has no value for absence, also that it is absent.
    ///
    /// # Cancel safety
    /// Dropping the future leaves nothing behind.
    pub async fn read<T: DeserializeOwned + Send>(&self) -> Result<T, SourceError> {
        let reply = only(self.nats.client().get(&[Asked::new(&self.query()?)]).await)?;
        let mut slot = None;
        match reply.record().map(|record| record.read_into(&mut slot, false)) {
            Some(Err(error)) if error.kind() != ErrorKind::Absent => return Err(error),
            Some(Ok(())) => {}
            // Absence is a value of some types.
            _ => _ = slot.accept_absence(),
        }
        slot.ok_or_else(|| SourceError::new(ErrorKind::Absent, "the bucket has no such key"))
    }

    /// The error with the key as its place, if it has none yet.
    #[must_use]
    pub fn located(&self, error: SourceError) -> SourceError {
        match self.query() {
            Ok(query) if error.place().is_none() => error.at(query.shown()),
            _ => error,
        }
    }

    fn query(&self) -> Result<NatsQuery, SourceError> {
        NatsQuery::new(self.bucket.clone(), self.key.clone())
    }
}

impl fmt::Debug for EntryReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EntryReader")
            .field("nats", &self.nats)
            .field("bucket", &self.bucket)
            .field("key", &self.key)
            .finish()
    }
}
