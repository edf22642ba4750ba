//! What is mounted where: version 1 or 2 of the KV engine, or something else.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use component_model_source::SourceError;
use tokio::time::Instant;

use super::{
    client::{Call, Client, not_vault},
    query::Place,
    secret,
};

/// The kind of a secrets engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Engine {
    /// Key/value, with one version of each secret.
    Plain,
    /// Key/value with versions, whose paths have `data` behind the mount.
    Versioned,
    /// One that makes its secrets, with leases or without.
    Other,
}

/// How long an engine is taken for what it was, if a secret is absent: the mount may have been upgraded.
const DOUBTED: Duration = Duration::from_secs(10);

type Mount = (Option<Arc<str>>, Arc<str>);

/// The engines that were asked about.
#[derive(Debug, Default)]
pub(super) struct Engines {
    known: Mutex<HashMap<Mount, (Engine, Instant)>>,
    /// Held while one is asked about, so that many requests ask once.
    asking: tokio::sync::Mutex<()>,
}

impl Engines {
    /// The engine at the mount of a secret.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection in use.
    pub(super) async fn of(&self, client: &Client, place: &Place) -> Result<Engine, SourceError> {
        let mount = (place.namespace.clone(), Arc::clone(&place.mount));
        if let Some(engine) = self.get(&mount) {
            return Ok(engine);
        }
        let _asking = self.asking.lock().await;
        if let Some(engine) = self.get(&mount) {
            return Ok(engine);
        }
        let engine = ask(client, place).await?;
        self.lock().insert(mount, (engine, Instant::now()));
        Ok(engine)
    }

    /// Asks again next time, if it is a while ago: the secret is absent, and might be elsewhere in another version.
    pub(super) fn doubt(&self, place: &Place) {
        let mount = (place.namespace.clone(), Arc::clone(&place.mount));
        let mut known = self.lock();
        if known.get(&mount).is_some_and(|(_, asked)| asked.elapsed() >= DOUBTED) {
            known.remove(&mount);
        }
    }

    fn get(&self, mount: &Mount) -> Option<Engine> {
        self.lock().get(mount).map(|(engine, _)| *engine)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Mount, (Engine, Instant)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Every token may ask about the mounts that it may use, without a policy for it.
async fn ask(client: &Client, place: &Place) -> Result<Engine, SourceError> {
    let path = ["sys", "internal", "ui", "mounts"].into_iter().chain(place.mount.split('/'));
    let (answered, _) = client.send(&Call::read(path, place.namespace.as_deref())).await?;
    if answered.is_absent {
        return Err(not_vault());
    }
    Ok(match secret::engine(&answered.body)? {
        (kind, true) if kind == "kv" => Engine::Versioned,
        (kind, false) if matches!(kind.as_str(), "kv" | "generic" | "cubbyhole") => Engine::Plain,
        _ => Engine::Other,
    })
}
