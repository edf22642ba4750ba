//! The connection of the watches of a source.

use std::{sync::Arc, time::Duration};

use component_model_source::{ErrorKind, SourceError};
use tokio::{sync::Mutex, time::timeout};

use super::super::{dial::Dialer, link::Link};
use crate::links::Dial as _;

/// How long opening may take.
const OPENING: Duration = Duration::from_secs(4);

pub(in crate::nats) struct Feed {
    dialer: Arc<Dialer>,
    link: Mutex<Option<Arc<Link>>>,
}

impl Feed {
    pub(in crate::nats) fn new(dialer: &Arc<Dialer>) -> Self {
        Self { dialer: Arc::clone(dialer), link: Mutex::new(None) }
    }

    /// The connection, opened if there is none that works.
    pub(super) async fn link(&self) -> Result<Arc<Link>, SourceError> {
        // Several buckets wait for one opening, each as long as it would take alone.
        let opened = timeout(OPENING, self.opened()).await;
        opened.unwrap_or_else(|_| Err(SourceError::new(ErrorKind::Timeout, "the server does not answer")))
    }

    async fn opened(&self) -> Result<Arc<Link>, SourceError> {
        let mut link = self.link.lock().await;
        if let Some(open) = link.as_ref().filter(|open| !open.has_ended()) {
            return Ok(Arc::clone(open));
        }
        *link = None;
        Ok(Arc::clone(link.insert(Arc::new(self.dialer.dial(&()).await?))))
    }
}
