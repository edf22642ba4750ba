//! The circuit breakers of a source, by hand.

use crate::{
    BreakerState,
    policy::guard::{Forced, Guard},
};

/// The circuit breakers of one registered source, to be set by hand: before maintenance, or in an incident.
///
/// ```
/// use component_model::{ErrorKind, Sources};
/// # use doc_examples::{AppConfig, sources};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let sources = Sources::builder().closure("remote", |_| async { Ok::<_, std::io::Error>(Some(8080)) }).build();
/// let circuit = sources.circuit("remote").unwrap();
///
/// circuit.force_open();
/// // No request is sent, whatever the attributes of its component say.
/// circuit.automatic();
/// # }
/// ```
#[derive(Clone, Copy)]
pub struct Circuit<'s>(&'s Guard);

impl<'s> Circuit<'s> {
    pub(super) fn new(guard: &'s Guard) -> Self {
        Self(guard)
    }

    /// Opens the breakers of all endpoints, until another method is called. No request is sent to the source, whether a
    /// breaker applies to its component or not.
    ///
    /// ```
    /// use component_model::{Memory, Sources};
    ///
    /// let sources = Sources::builder().source("consul", Memory::default()).build();
    /// sources.circuit("consul").unwrap().force_open();
    /// ```
    pub fn force_open(&self) {
        self.0.force(Some(Forced::Open));
    }

    /// Closes the breakers of all endpoints, until another method is called: every request is sent.
    ///
    /// ```
    /// use component_model::{Memory, Sources};
    ///
    /// let sources = Sources::builder().source("consul", Memory::default()).build();
    /// sources.circuit("consul").unwrap().force_closed();
    /// ```
    pub fn force_closed(&self) {
        self.0.force(Some(Forced::Closed));
    }

    /// Leaves the breakers to themselves again. They begin closed, and without a memory of what was before.
    ///
    /// ```
    /// use component_model::{Memory, Sources};
    ///
    /// let sources = Sources::builder().source("consul", Memory::default()).build();
    /// sources.circuit("consul").unwrap().automatic();
    /// ```
    pub fn automatic(&self) {
        self.0.force(None);
    }

    /// The states, by endpoint.
    ///
    /// ```
    /// use component_model::{Memory, Sources};
    ///
    /// let sources = Sources::builder().source("consul", Memory::default()).build();
    /// assert!(sources.circuit("consul").unwrap().states().is_empty());
    /// ```
    #[must_use]
    pub fn states(&self) -> Vec<(String, BreakerState)> {
        self.0.states()
    }
}

impl std::fmt::Debug for Circuit<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Circuit").field(&self.states()).finish()
    }
}
