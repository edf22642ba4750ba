//! Watches the keys of a file: the system tells what changes in the folders that lead to it, and a slow poll finds what it
//! does not tell, such as a change on another machine.
//!
//! What always holds: the file is read after its folders are watched, so that no change falls in between; it is read when
//! the stream is polled, so that a burst of changes is one; a file system that hangs is an error, and is waited for by one
//! read; nothing outlives the stream but the end of its thread, and of that read.

mod folders;
mod notified;

use std::{collections::VecDeque, path::PathBuf, sync::Arc, time::Duration};

use component_model_source::{
    Answer, Asked, BoxFuture, BoxStream, Change, ErrorKind, Source as _, SourceError, Watched,
};
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

/// How long reading may take before that is an error.
const READ: Duration = Duration::from_secs(2);

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
        reading: None,
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

/// What the file has now, and what tells changes of it.
type Reading = BoxFuture<'static, (Option<Notified>, Vec<Answer>)>;

struct FileWatch {
    source: File,
    path: PathBuf,
    told: Vec<Told<FileQuery>>,
    /// What tells changes; none if nothing can, or while the file is read.
    notified: Option<Notified>,
    /// A read that takes too long, which has been told.
    reading: Option<Reading>,
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
        if self.reading.is_none()
            && let Some(next) = self.next
        {
            self.change(next).await;
        }
        self.read().await;
    }

    fn end(&mut self, error: SourceError) {
        self.ended = true;
        let answers = (0..self.told.len()).map(|index| Change::Answer { index, answer: Err(error.clone()) });
        self.changes.extend(answers);
    }

    /// Waits for a change, the time of the next poll, or the end of the source.
    async fn change(&mut self, next: Instant) {
        let told = std::pin::pin!(select(Box::pin(self.signal.notified()), Box::pin(self.source.ended.wait())));
        if let Either::Left((Either::Left(_), _)) = select(told, Box::pin(sleep_until(next))).await {
            let quiet = async { while timeout(QUIET, self.signal.notified()).await.is_ok() {} };
            select(Box::pin(quiet), Box::pin(sleep(BUSY))).await;
        }
    }

    /// Waits for the answers, or until they are late, which is told once.
    async fn read(&mut self) {
        let (limit, mut reading) = match self.reading.take() {
            Some(late) => (Duration::MAX, late),
            None => (READ, self.begin_to_read()),
        };
        let ended = self.source.ended.clone();
        let answered = timeout(limit, select(&mut reading, Box::pin(ended.wait()))).await;
        match answered {
            Ok(Either::Left(((notified, answers), _))) => {
                self.notified = notified;
                self.tell(answers);
                let interval = if self.notified.is_some() { POLL } else { UNWATCHED };
                self.next = Some(Instant::now() + interval);
            }
            Ok(Either::Right(_)) => self.tell(self.all(&SourceError::shut_down())),
            Err(_) => {
                let error = SourceError::new(ErrorKind::Timeout, format!("not read within {} s", READ.as_secs()));
                self.tell(self.all(&error));
                self.reading = Some(reading);
            }
        }
    }

    /// Watches the folders that lead to the file now, and reads it.
    fn begin_to_read(&mut self) -> Reading {
        let (path, signal, last) = (self.path.clone(), Arc::clone(&self.signal), self.notified.take());
        let (source, asked) = (self.source.clone(), self.told.iter().map(Told::to_watched).collect::<Vec<_>>());
        Box::pin(async move {
            let notified = read::blocking(move |_| Ok(Notified::follow(&path, &signal, last))).await.ok().flatten();
            let asked: Vec<_> = asked.iter().map(|one| Asked::new(&one.query).unless(&one.known)).collect();
            (notified, source.fetch_many(&asked).await)
        })
    }

    fn all(&self, error: &SourceError) -> Vec<Answer> {
        self.told.iter().map(|_| Err(error.clone())).collect()
    }

    fn tell(&mut self, answers: Vec<Answer>) {
        self.ended = answers.iter().any(|answer| matches!(answer, Err(error) if error.kind() == ErrorKind::ShutDown));
        self.changes.extend(changes(&mut self.told, answers));
    }
}

#[cfg(test)]
mod tests {
    use component_model_source::{Reply, RequestSpec, plan::Layer};

    use super::*;

    #[tokio::test]
    async fn a_read_that_hangs_is_told_once_is_waited_for_and_does_not_hold_up_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.toml");
        std::fs::write(&path, "a = 1").unwrap();
        let file = File::new(&path);
        let request = file.bind(&RequestSpec::new(&Layer { key: Some("a"), ..Layer::NEW }, &[])).unwrap();
        let mut changes = watch(file.clone(), vec![Watched::new(request.query().clone())]);
        let mut next = async || match changes.next().await {
            Some(Change::Answer { answer: Ok(Reply::Found(_)), .. }) => "found".to_owned(),
            Some(Change::Answer { answer: Ok(_), .. }) => "unchanged".to_owned(),
            Some(Change::Answer { answer: Err(error), .. }) => format!("{:?}", error.kind()),
            other => format!("{other:?}"),
        };
        assert_eq!(next().await, "found");
        let occupied = read::occupy().await;
        std::fs::write(&path, "a = 1 # as before").unwrap();
        assert_eq!(next().await, "Timeout");
        drop(occupied);
        assert_eq!(next().await, "unchanged");
        let _occupied = read::occupy().await;
        std::fs::write(&path, "a = 1 # as ever").unwrap();
        assert_eq!(next().await, "Timeout");
        let (ended, ()) = tokio::join!(next(), async { file.shutdown().await });
        assert_eq!(ended, "ShutDown");
        assert_eq!(next().await, "None");
    }
}
