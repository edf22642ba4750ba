//! Watches the keys of a file: the system tells what changes in the folders that lead to it, and a slow poll finds what it
//! does not tell, such as a change on another machine.
//!
//! What always holds: the file is read after its folders are watched, so that no change falls in between; it is read when
//! the stream is polled, so that a burst of changes is one; nothing outlives the stream but the end of its thread.

mod folders;
mod notified;

use std::{collections::VecDeque, path::PathBuf, sync::Arc, time::Duration};

use component_model_source::{BoxStream, Change, ErrorKind, Source as _, SourceError, Watched};
use futures_util::{
    StreamExt as _,
    future::{Either, select},
    stream,
};
use tokio::{
    runtime::Handle,
    sync::Notify,
    time::{Instant, sleep, sleep_until, timeout},
};

use self::notified::Notified;
use super::{File, FileQuery};
use crate::{
    read,
    told::{Told, changes},
};

/// How often the file is read although nothing was told.
const POLL: Duration = Duration::from_secs(5);

/// The same, if its folders cannot be watched.
const UNWATCHED: Duration = Duration::from_secs(1);

/// How long a change must be the last one before the file is read: a program that writes a file does so in several steps.
const QUIET: Duration = Duration::from_millis(20);

/// The longest that a change waits for others.
const BUSY: Duration = Duration::from_millis(200);

/// The changes of keys of one file.
pub(super) fn watch(source: File, watched: Vec<Watched<FileQuery>>) -> BoxStream<'static, Change> {
    let Some(path) = watched.first().map(|watched| watched.query.file().to_owned()) else {
        return stream::empty().boxed();
    };
    let watch = FileWatch {
        source,
        path,
        told: watched.into_iter().map(Told::from).collect(),
        notified: None,
        signal: Arc::default(),
        next: None,
        changes: VecDeque::new(),
        ended: false,
    };
    let changes = stream::unfold(watch, |mut watch| async {
        while watch.changes.is_empty() && !watch.ended {
            watch.next().await;
        }
        watch.changes.pop_front().map(|change| (change, watch))
    });
    changes.boxed()
}

struct FileWatch {
    source: File,
    path: PathBuf,
    told: Vec<Told<FileQuery>>,
    /// What tells changes; none if nothing can.
    notified: Option<Notified>,
    /// Something has changed.
    signal: Arc<Notify>,
    /// When to read the file whatever is told; at once, the first time.
    next: Option<Instant>,
    changes: VecDeque<Change>,
    ended: bool,
}

impl FileWatch {
    async fn next(&mut self) {
        // The stream may have been moved out of a runtime, which the timers need.
        if Handle::try_current().is_err() {
            return self.end(
                SourceError::new(ErrorKind::Misconfigured, "the watch runs outside a tokio runtime")
                    .with_hint("poll it within `#[tokio::main]`, `#[tokio::test]` or `Runtime::block_on`"),
            );
        }
        if let Some(next) = self.next {
            self.change(next).await;
        }
        self.follow().await;
        self.read().await;
        let interval = if self.notified.is_some() { POLL } else { UNWATCHED };
        self.next = Some(Instant::now() + interval);
    }

    fn end(&mut self, error: SourceError) {
        self.ended = true;
        let answers = (0..self.told.len()).map(|index| Change::Answer { index, answer: Err(error.clone()) });
        self.changes.extend(answers);
    }

    /// Waits for a change, the time of the next poll, or the end of the source.
    async fn change(&self, next: Instant) {
        let told = std::pin::pin!(select(Box::pin(self.signal.notified()), Box::pin(self.source.ended.wait())));
        if let Either::Left((Either::Left(_), _)) = select(told, Box::pin(sleep_until(next))).await {
            let quiet = async { while timeout(QUIET, self.signal.notified()).await.is_ok() {} };
            select(Box::pin(quiet), Box::pin(sleep(BUSY))).await;
        }
    }

    /// Watches the folders that lead to the file now.
    async fn follow(&mut self) {
        let (path, signal, last) = (self.path.clone(), Arc::clone(&self.signal), self.notified.take());
        self.notified = read::blocking(move |_| Ok(Notified::follow(&path, &signal, last))).await.ok().flatten();
    }

    async fn read(&mut self) {
        let asked: Vec<_> = self.told.iter().map(Told::asked).collect();
        let answers = self.source.fetch_many(&asked).await;
        self.ended = answers.iter().any(|answer| matches!(answer, Err(error) if error.kind() == ErrorKind::ShutDown));
        self.changes.extend(changes(&mut self.told, answers));
    }
}
