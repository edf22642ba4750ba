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
use crate::{Answer, BoxStream, Change, KeyQuery, News, Watched};

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
    news: News,
    /// The script whose last step was taken, by how often it was replaced.
    played: Option<u64>,
}

impl KeyWatch {
    fn new(shared: Arc<Shared>, watched: Watched<KeyQuery>) -> Self {
        let (changed, news) = (shared.changes(), News::since(watched.known));
        Self { shared, changed, key: watched.query.key().to_owned(), news, played: None }
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
            if let Some(news) = self.news.tell(step.answer(self.news.version())) {
                return Some(news);
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
