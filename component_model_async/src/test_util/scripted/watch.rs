//! The watch of a scripted source: the steps of each key as changes.
//!
//! What always holds: a step that is not told before its script is replaced is never told, and a repeated last step is no
//! change.

use std::sync::Arc;

use futures_util::{
    StreamExt,
    future::{Either, select},
    stream::{self, SelectAll},
};
use tokio::sync::watch;

use super::{super::Script, state::Shared};
use crate::{Answer, BoxStream, Change, KeyQuery, Reply, Version, Watched};

pub(super) fn changes(shared: &Arc<Shared>, watched: Vec<Watched<KeyQuery>>) -> BoxStream<'static, Change> {
    let of_keys: SelectAll<_> = watched
        .into_iter()
        .enumerate()
        .map(|(index, watched)| {
            let key = KeyWatch::new(Arc::clone(shared), watched);
            let answers = stream::unfold(key, |mut key| async { key.next().await.map(|answer| (answer, key)) });
            answers.map(move |answer| Change::Answer { index, answer }).boxed()
        })
        .collect();
    of_keys.boxed()
}

/// The watch of one key.
struct KeyWatch {
    shared: Arc<Shared>,
    changed: watch::Receiver<()>,
    key: String,
    told: Told,
    /// The script whose last step was taken, by how often it was replaced.
    played: Option<u64>,
}

/// What the watcher knows.
struct Told {
    version: Option<Version>,
    is_absent: bool,
    failed: bool,
}

impl KeyWatch {
    fn new(shared: Arc<Shared>, watched: Watched<KeyQuery>) -> Self {
        let told = Told { version: watched.known, is_absent: false, failed: false };
        let changed = shared.changes();
        Self { shared, changed, key: watched.query.key().to_owned(), told, played: None }
    }

    /// The next answer that is news; `None` once the source is shut down.
    async fn next(&mut self) -> Option<Answer> {
        loop {
            let (step, of) = self.take().await?;
            let replaced = {
                let (waited, replaced) = (std::pin::pin!(step.wait()), std::pin::pin!(self.until_replaced(of)));
                matches!(select(waited, replaced).await, Either::Right(_))
            };
            if replaced {
                continue;
            }
            let answer = step.answer(self.told.version.as_ref());
            if self.told.is_changed_by(&answer) {
                return Some(answer);
            }
        }
    }

    /// The next step, and of which script; `None` once the source is shut down.
    async fn take(&mut self) -> Option<(Script, u64)> {
        if let Some(played) = self.played {
            self.until_replaced(played).await;
        }
        let mut state = self.shared.state();
        if state.is_shut_down {
            return None;
        }
        let key = state.key(&self.key);
        let (step, follows) = key.steps.take();
        self.played = (!follows).then_some(key.replaced);
        Some((step, key.replaced))
    }

    /// Waits until there is another script than this one, or none because the source is shut down.
    async fn until_replaced(&self, script: u64) {
        let mut changed = self.changed.clone();
        loop {
            changed.mark_unchanged();
            {
                let mut state = self.shared.state();
                if state.is_shut_down || state.key(&self.key).replaced != script {
                    return;
                }
            }
            // The sender is in `shared`.
            let _ = changed.changed().await;
        }
    }
}

impl Told {
    /// Whether an answer tells something new; remembers it.
    fn is_changed_by(&mut self, answer: &Answer) -> bool {
        let Ok(reply) = answer else {
            self.failed = true;
            return true;
        };
        let had_failed = std::mem::take(&mut self.failed);
        let was_absent = self.is_absent;
        if !matches!(reply, Reply::Unchanged { .. }) {
            self.version = reply.version().cloned();
            self.is_absent = reply.is_absent();
        }
        match reply {
            Reply::Found(_) => true,
            Reply::Absent { .. } => had_failed || !was_absent,
            _ => had_failed,
        }
    }
}
