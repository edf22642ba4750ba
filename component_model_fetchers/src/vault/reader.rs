//! Reads one secret as a type of the program: what a typed fetcher does, without its timeout and its error.

use std::{fmt, sync::Arc};

use component_model_source::{Asked, ErrorKind, Slot as _, Source as _, SourceError};
use serde::de::DeserializeOwned;

use super::{
    Vault,
    query::{Place, VaultQuery, checked},
};

/// One secret or one of its fields, and where it is read from.
#[derive(Clone)]
pub struct SecretReader {
    vault: Vault,
    /// As they were given; checked when it is read.
    mount: Option<String>,
    path: String,
    field: Option<String>,
    version: Option<u64>,
}

impl SecretReader {
    /// Reads a whole secret.
    #[must_use]
    pub fn new(vault: &Vault, path: impl Into<String>) -> Self {
        Self { vault: vault.clone(), mount: None, path: path.into(), field: None, version: None }
    }

    /// Reads one field.
    #[must_use]
    pub fn field(self, field: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..self }
    }

    /// Reads from another mount.
    #[must_use]
    pub fn mount(self, mount: impl Into<String>) -> Self {
        Self { mount: Some(mount.into()), ..self }
    }

    /// Reads one version.
    #[must_use]
    pub fn version(self, version: u64) -> Self {
        Self { version: Some(version), ..self }
    }

    /// Sends one request, and before the first one of a mount another.
    ///
    /// # Errors
    /// Those of the source; for a type that has no value for absence, also that it is absent.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection in use. A secret with a lease may have been made, which expires.
    pub async fn read<T: DeserializeOwned + Send>(&self) -> Result<T, SourceError> {
        let query = self.query()?;
        let reply = self.vault.fetch(Asked::new(&query)).await;
        let mut slot = None;
        let read = match &reply {
            Ok(reply) => reply.record().map_or(Ok(()), |record| record.read_into(&mut slot, true)),
            Err(error) => Err(error.clone()),
        };
        let absent = match read {
            Err(error) if error.kind() != ErrorKind::Absent => return Err(error),
            Err(absent) => absent,
            Ok(()) => SourceError::new(ErrorKind::Absent, "the server has no such secret"),
        };
        // Absence is a value of some types.
        if slot.is_none() {
            slot.accept_absence();
        }
        slot.ok_or(absent)
    }

    /// The secret as reports show it.
    #[must_use]
    pub fn shown(&self) -> String {
        self.query().map_or_else(|_| self.path.clone(), |query| query.shown())
    }

    fn query(&self) -> Result<VaultQuery, SourceError> {
        let config = &self.vault.client().config;
        let mount = self.mount.as_deref().map(|mount| checked("mount", mount)).transpose()?;
        let place = Place {
            namespace: config.namespace.clone(),
            mount: mount.unwrap_or_else(|| Arc::clone(&config.mount)),
            path: self.path.clone(),
            version: self.version,
        };
        VaultQuery::new(place, self.field.clone())
    }
}

impl fmt::Debug for SecretReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretReader").field("secret", &self.shown()).field("vault", &self.vault).finish()
    }
}
