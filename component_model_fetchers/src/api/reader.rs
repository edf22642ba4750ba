//! Reads one URL as a type of the program: what a typed fetcher does, without its timeout and its error.

use std::fmt;

use component_model_source::{ErrorKind, Reply, Slot as _, SourceError};
use serde::de::DeserializeOwned;
use url::Url;

use super::{
    Api,
    client::{Client, Got},
    config::Config,
    pointer::Pointer,
    target,
};
use crate::single::only;

/// One URL, the part of its document that is meant, and how it is requested.
#[derive(Clone)]
pub struct UrlReader {
    client: Client,
    url: String,
    pointer: Option<String>,
}

impl UrlReader {
    /// A reader with its own connections. The URL is checked when it is read.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self { client: Client::new(Config::default()), url: url.into(), pointer: None }
    }

    /// A reader with the settings and the connections of a source; the URL may be relative to its base.
    #[must_use]
    pub fn from_api(api: &Api, url: impl Into<String>) -> Self {
        Self { client: api.client().clone(), url: url.into(), pointer: None }
    }

    /// Sends a token as `Authorization: Bearer …`.
    ///
    /// # Errors
    /// If the token is empty or has characters that are not valid in a token.
    pub fn bearer(&mut self, token: &str) -> Result<(), SourceError> {
        self.client.config.bearer(token)
    }

    /// Sends a header.
    ///
    /// # Errors
    /// If the name or the value is not valid for a header, or if the client itself sets the header.
    pub fn header(&mut self, name: &str, value: &str) -> Result<(), SourceError> {
        self.client.config.header(name, value)
    }

    /// Reads the part of the document at an RFC 6901 pointer, which is checked when it is read.
    pub fn pointer(&mut self, pointer: impl Into<String>) {
        self.pointer = Some(pointer.into());
    }

    /// Sends one `GET`.
    ///
    /// # Errors
    /// Those of the source; for a type that has no value for absence, also that it is absent.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection in use and leaves nothing behind.
    pub async fn read<T: DeserializeOwned + Send>(&self) -> Result<T, SourceError> {
        let (url, pointer) = (self.url()?, self.parsed_pointer()?);
        let reply = match self.client.get(url, None, vec![pointer]).await? {
            Got::Answers(answers) => only(answers)?,
            Got::Absent(_) | Got::Unchanged { .. } => Reply::ABSENT,
        };
        let mut slot = None;
        match reply.record().map(|record| record.read_into(&mut slot, false)) {
            Some(Err(error)) if error.kind() != ErrorKind::Absent => return Err(error),
            Some(Ok(())) => {}
            // Absence is a value of some types.
            _ => _ = slot.accept_absence(),
        }
        slot.ok_or_else(|| SourceError::new(ErrorKind::Absent, "the server has no such value"))
    }

    /// The error with the URL and the pointer as its place, if both are valid and it has none yet.
    #[must_use]
    pub fn located(&self, error: SourceError) -> SourceError {
        match (self.url(), self.parsed_pointer()) {
            (Ok(url), Ok(pointer)) if error.place().is_none() => error.at(target::shown(&url, pointer.as_ref())),
            _ => error,
        }
    }

    fn url(&self) -> Result<Url, SourceError> {
        target::of_reference(self.client.config.base.as_ref(), &self.url)
    }

    fn parsed_pointer(&self) -> Result<Option<Pointer>, SourceError> {
        self.pointer.as_deref().map(Pointer::parse).transpose()
    }
}

/// Shows the URL without user, password and the values of its query.
impl fmt::Debug for UrlReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UrlReader")
            .field("url", &self.url().map(|url| target::shown(&url, None)).ok())
            .field("pointer", &self.pointer)
            .field("config", &self.client.config)
            .finish()
    }
}
