//! What is mounted where: version 1 or 2 of the KV engine, or something else.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use component_model_source::SourceError;
use tokio::time::Instant;

use super::{
    client::{Call, Client, not_vault},
    misconfigured,
    query::Place,
    secret::{self, Mounted},
};
use crate::{recent::Recent, turn::Turn};

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
const DOUBTED: Duration = Duration::from_secs(1);

/// The most mounts that are remembered; a template may name any number.
const MOUNTS: usize = 256;

type Mount = (Option<Arc<str>>, Arc<str>);

/// The engines that were asked about.
#[derive(Debug)]
pub(super) struct Engines(Mutex<Recent<Mount, Known>>);

impl Default for Engines {
    fn default() -> Self {
        Self(Mutex::new(Recent::with_room_for(MOUNTS)))
    }
}

#[derive(Debug, Clone, Default)]
struct Known {
    /// The engine, and when it was asked about.
    engine: Option<(Engine, Instant)>,
    /// For asking, so that many requests ask once.
    turn: Turn,
}

impl Engines {
    /// The engine at the mount of a secret.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection in use.
    pub(super) async fn of(&self, client: &Client, place: &Place) -> Result<Engine, SourceError> {
        let mount = mount(place);
        let known = self.known(&mount);
        if let Some((engine, _)) = known.engine {
            return Ok(engine);
        }
        client.sign_in().await?;
        let _taken = match known.turn.take(|| self.known(&mount).engine).await {
            Ok((engine, _)) => return Ok(engine),
            Err(taken) => taken,
        };
        let engine = ask(client, place).await?;
        self.lock().of(&mount).engine = Some((engine, Instant::now()));
        Ok(engine)
    }

    /// Another engine than this one, which is asked about again if that was a while ago: the secret is absent, and might be
    /// elsewhere in another version.
    ///
    /// # Cancel safety
    /// As for [`of`](Self::of).
    pub(super) async fn other_than(
        &self,
        client: &Client,
        place: &Place,
        engine: Engine,
    ) -> Result<Option<Engine>, SourceError> {
        {
            let mut engines = self.lock();
            let known = engines.of(&mount(place));
            known.engine = known.engine.filter(|(_, asked)| asked.elapsed() < DOUBTED);
        }
        let now = self.of(client, place).await?;
        Ok(Some(now).filter(|now| *now != engine))
    }

    fn known(&self, mount: &Mount) -> Known {
        self.lock().of(mount).clone()
    }

    fn lock(&self) -> MutexGuard<'_, Recent<Mount, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn mount(place: &Place) -> Mount {
    (place.namespace.clone(), Arc::clone(&place.mount))
}

/// Every token may ask about the mounts that it may use, without a policy for it.
async fn ask(client: &Client, place: &Place) -> Result<Engine, SourceError> {
    let path = ["sys", "internal", "ui", "mounts"].into_iter().chain(place.mount.split('/'));
    let (answered, _) = client.send(&Call::read(path, place.namespace.as_deref())).await?;
    if answered.is_absent {
        return Err(not_vault());
    }
    let Mounted { kind, is_second, path } = secret::engine(&answered.body)?;
    if let Some(path) = path.filter(|path| *path != *place.mount) {
        return Err(
            misconfigured("the mount is none, but a path below one").with_hint(format!("the mount is `{path}`"))
        );
    }
    Ok(match (kind.as_str(), is_second) {
        ("kv", true) => Engine::Versioned,
        ("kv" | "generic" | "cubbyhole", false) => Engine::Plain,
        _ => Engine::Other,
    })
}
