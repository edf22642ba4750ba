//! How clients speak to the server of a member.

use testbed::{Authority, BedError};

pub(crate) trait Transport: Sized {
    fn new() -> Result<Self, BedError>;

    /// Who vouches for the server, where the connection is encrypted.
    fn authority(&self) -> Option<&Authority>;
}

/// Plain TCP.
pub(crate) struct Plain;

impl Transport for Plain {
    fn new() -> Result<Self, BedError> {
        Ok(Self)
    }

    fn authority(&self) -> Option<&Authority> {
        None
    }
}

/// TLS with a private authority.
pub(crate) struct Tls(Authority);

impl Transport for Tls {
    fn new() -> Result<Self, BedError> {
        Authority::new().map(Self)
    }

    fn authority(&self) -> Option<&Authority> {
        Some(&self.0)
    }
}
