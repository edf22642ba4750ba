//! The messages of a watch: one line each, as long as they come.

use std::time::Duration;

use component_model_source::{ErrorKind, SourceError};
use futures_util::FutureExt as _;
use reqwest::Response;
use tokio::{task::yield_now, time::timeout};

use super::BODY;
use crate::http;

/// How often other tasks run before it is known that no line is there.
const YIELDS: usize = 3;

/// The lines of a response that does not end.
#[derive(Debug)]
pub(in super::super) struct Lines {
    response: Response,
    /// What came after the last line.
    rest: Vec<u8>,
    /// How much of it has no line end.
    searched: usize,
    received: u64,
}

impl Lines {
    pub(super) fn new(response: Response) -> Self {
        Self { response, rest: Vec::new(), searched: 0, received: 0 }
    }

    /// The next line.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub(in super::super) async fn next(&mut self) -> Result<Vec<u8>, SourceError> {
        loop {
            if let Some(line) = self.line() {
                return Ok(line);
            }
            let chunk = self.response.chunk().await.map_err(http::of_exchange)?;
            let Some(chunk) = chunk else {
                return Err(SourceError::new(ErrorKind::Unreachable, "the server closed the connection of the watch"));
            };
            if chunk.len() > BODY - self.rest.len() {
                return Err(http::too_large(BODY));
            }
            self.received += chunk.len() as u64;
            self.rest.extend_from_slice(&chunk);
        }
    }

    /// The next line, if it is there already, or comes within a time.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub(in super::super) async fn soon(&mut self, time: Option<Duration>) -> Option<Result<Vec<u8>, SourceError>> {
        // The task of the connection hands over one line at a time.
        for _ in 0..YIELDS {
            if let Some(line) = self.next().now_or_never() {
                return Some(line);
            }
            yield_now().await;
        }
        timeout(time?, self.next()).await.ok()
    }

    /// How many bytes came: a large line takes a while.
    pub(in super::super) fn received(&self) -> u64 {
        self.received
    }

    fn line(&mut self) -> Option<Vec<u8>> {
        let end = self.rest[self.searched..].iter().position(|byte| *byte == b'\n');
        let Some(end) = end.map(|end| self.searched + end) else {
            self.searched = self.rest.len();
            return None;
        };
        self.searched = 0;
        let rest = self.rest.split_off(end + 1);
        let mut line = std::mem::replace(&mut self.rest, rest);
        line.truncate(end);
        Some(line)
    }
}
