//! Whether a stream still tells what changes: etcd is asked on another connection.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use component_model_source::{ErrorKind, SourceError};
use futures_util::{FutureExt as _, future::BoxFuture};
use tokio::time::sleep;

use super::super::{client::Client, keys, query::EtcdQuery, wire::Range};
use crate::watching::pace::WAIT;

/// How long a change that etcd has may take to arrive.
const GRACE: Duration = Duration::from_secs(1);

/// Up to which change a stream has told everything. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Seen(Arc<AtomicU64>);

impl Seen {
    pub(super) fn new(revision: u64) -> Self {
        Self(Arc::new(AtomicU64::new(revision)))
    }

    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn advance(&self, revision: u64) {
        self.0.fetch_max(revision, Ordering::Relaxed);
    }
}

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Checked {
    /// The stream has told everything, or is telling it.
    Fine,
    /// The store changed since, up to another revision.
    Moved { since: u64, until: u64, in_range: bool, count: u64 },
    /// The time is over in which something should have come since, beyond so many bytes.
    Late { since: u64, received: u64 },
    /// A key that was denied is so no longer.
    Permitted,
    /// The server has lost its history, or has another one.
    OtherHistory,
}

/// What is checked.
#[derive(Debug, Clone)]
pub(super) struct Subject {
    pub(super) client: Client,
    pub(super) range: (Vec<u8>, Vec<u8>),
    pub(super) cluster: u64,
    pub(super) seen: Seen,
    /// What is not in the range, since it may not be read.
    pub(super) denied: Arc<[EtcdQuery]>,
}

pub(super) type Check = BoxFuture<'static, Result<Checked, SourceError>>;

impl Subject {
    /// Checks after a while.
    pub(super) fn soon(&self) -> Check {
        let subject = self.clone();
        async move {
            sleep(WAIT).await;
            subject.check().await
        }
        .boxed()
    }

    /// Waits for what is late.
    pub(super) fn late(since: u64, received: u64) -> Check {
        async move {
            sleep(GRACE).await;
            Ok(Checked::Late { since, received })
        }
        .boxed()
    }

    async fn check(&self) -> Result<Checked, SourceError> {
        let since = self.seen.get();
        let (begin, _) = &self.range;
        let (header, _) = self.client.count(&Range::between((begin.clone(), Vec::new())).counted()).await?;
        if header.cluster != self.cluster || header.revision < since {
            return Ok(Checked::OtherHistory);
        }
        if self.is_permitted().await {
            return Ok(Checked::Permitted);
        }
        if header.revision == since || self.seen.get() != since {
            return Ok(Checked::Fine);
        }
        let range = Range::between(self.range.clone()).changed_after(since);
        let (header, changed) = self.client.count(&range).await?;
        Ok(Checked::Moved { since, until: header.revision, in_range: changed.any, count: changed.count })
    }

    async fn is_permitted(&self) -> bool {
        let denied: Vec<_> = self.denied.iter().collect();
        let is_denied = |error: &SourceError| error.kind() == ErrorKind::Denied || error.is_transient();
        keys::fetch(&self.client, &denied).await.iter().any(|read| !read.as_ref().is_err_and(is_denied))
    }
}
