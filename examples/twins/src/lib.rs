//! The configuration of one service, twice: with `component_model`, and by hand with `figment` and the clients of its
//! sources. Both do the same, which the tests check, and each has tests with fakes for what it asks over the network.
//!
//! - Variables over a file, for most fields; the text of a mounted file for the token, which is never shown.
//! - A row of a database, for the region that was read before; a document of an HTTP API; the leader of a fleet, which only a
//!   function of the service's own knows.
//! - What does not depend on each other is asked at the same time. An attempt takes at most two seconds; the API is asked three
//!   times, after pauses, and has a fallback.
//! - Values are checked. An error names all fields that have none, each with its source and the cause.

#![allow(
    missing_docs,
    missing_debug_implementations,
    clippy::missing_errors_doc,
    clippy::must_use_candidate,
    reason = "a service, and not a library"
)]

pub mod with_component_model;
pub mod with_figment;

/// What the service itself knows about its fleet.
pub mod fleet {
    /// The name of the machine that leads a region; there may be none.
    ///
    /// # Errors
    /// If the region does not exist.
    pub async fn leader(region: &str) -> std::io::Result<Option<String>> {
        match region {
            "eu" => Ok(Some("eu-7".to_owned())),
            "us" => Ok(None),
            _ => Err(std::io::Error::other("there is no such region")),
        }
    }
}
