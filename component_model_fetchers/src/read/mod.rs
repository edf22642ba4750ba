//! Reads files and their metadata without blocking the executor, within limits; used by all sources that read files.
//!
//! What always holds: only regular files are read, at most 16 MiB of each, without waiting for further data; a read
//! whose future was dropped ends at the next piece; at most [`READERS`] reads run at once, on threads that no runtime
//! waits for when it shuts down.

#[cfg(all(feature = "file", target_os = "linux"))]
mod cached;
#[cfg(feature = "sqlite")]
mod fingerprint;
#[cfg(all(any(feature = "file", feature = "sqlite"), target_os = "linux"))]
mod kernel;
#[cfg(any(feature = "consul", feature = "env", feature = "file", feature = "nats", feature = "vault"))]
mod text;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Weak},
};

use component_model_source::{ErrorKind, SourceError};
use tokio::sync::Semaphore;

#[cfg(all(feature = "file", target_os = "linux"))]
pub(super) use self::cached::text_in_memory;
#[cfg(feature = "sqlite")]
pub(super) use self::fingerprint::{Fingerprint, access, fingerprint, is_irregular};
#[cfg(any(feature = "consul", feature = "env", feature = "file", feature = "nats", feature = "vault"))]
pub(super) use self::text::text;

/// The maximum number of concurrent reads in a process, including those that wait for a file system.
const READERS: usize = 16;

static PERMITS: Semaphore = Semaphore::const_new(READERS);

/// Whether the caller still waits for the result.
#[derive(Debug, Clone)]
pub(super) struct Waiting(Weak<()>);

impl Waiting {
    #[cfg_attr(
        not(any(feature = "consul", feature = "env", feature = "file")),
        allow(dead_code, reason = "only a read of text ends early")
    )]
    pub(super) fn is_over(&self) -> bool {
        self.0.strong_count() == 0
    }
}

/// The text of a small file, if it can be read without waiting: only Linux can tell.
#[cfg(all(feature = "file", not(target_os = "linux")))]
pub(super) fn text_in_memory(_: &std::path::Path) -> Option<Result<String, SourceError>> {
    None
}

/// Runs a function that reads files on a blocking thread, as soon as one of the readers is free.
///
/// # Cancel safety
/// Dropping the future abandons the result. [`Waiting`] informs the function; its reader is occupied until it ends.
pub(super) async fn blocking<T: Send + 'static>(
    read: impl FnOnce(&Waiting) -> Result<T, SourceError> + Send + 'static,
) -> Result<T, SourceError> {
    let permit = PERMITS.acquire().await.map_err(ended_early)?;
    let waits = Arc::new(());
    let waiting = Waiting(Arc::downgrade(&waits));
    let result = blocking::unblock(move || {
        let _permit = permit;
        catch_unwind(AssertUnwindSafe(|| read(&waiting)))
    });
    let result = result.await.map_err(ended_early)?;
    drop(waits);
    result
}

/// Occupies all readers, as reads of a file system that hangs do.
#[cfg(test)]
pub(super) async fn occupy() -> tokio::sync::SemaphorePermit<'static> {
    PERMITS.acquire_many(READERS.try_into().expect("a small number")).await.expect("it is never closed")
}

/// What is at the path is not a regular file, and not read: opening a device or a pipe may have an effect, or never end.
pub(super) fn irregular(path: &std::path::Path) -> SourceError {
    SourceError::new(ErrorKind::Misconfigured, format!("`{}` is not a regular file", path.display()))
}

fn ended_early<E>(_: E) -> SourceError {
    SourceError::new(ErrorKind::Other, "the thread that reads the file ended early")
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, time::Duration};

    use super::*;

    #[tokio::test]
    async fn a_function_that_panics_is_an_error() {
        let error = blocking::<()>(|_| std::panic::resume_unwind(Box::new("gone"))).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Other);
    }

    #[tokio::test]
    async fn a_read_is_informed_that_its_future_was_dropped() {
        let (started, has_started) = mpsc::channel();
        let (ended, has_ended) = mpsc::channel();
        let read = blocking(move |waiting| {
            started.send(()).unwrap();
            while !waiting.is_over() {
                std::thread::yield_now();
            }
            ended.send(()).unwrap();
            Ok(())
        });
        let mut read = Box::pin(read);
        assert!(futures_util::FutureExt::now_or_never(read.as_mut()).is_none());
        has_started.recv_timeout(Duration::from_secs(10)).unwrap();
        drop(read);
        has_ended.recv_timeout(Duration::from_secs(10)).unwrap();
    }

    #[tokio::test]
    async fn a_read_waits_for_a_reader_while_all_of_them_hang() {
        let (started, has_started) = mpsc::channel();
        let releases: Vec<_> = (0..READERS + 4)
            .map(|_| {
                let (release, released) = mpsc::channel::<()>();
                let started = started.clone();
                tokio::spawn(blocking(move |_| {
                    started.send(()).unwrap();
                    Ok(released.recv().is_ok())
                }));
                release
            })
            .collect();
        while PERMITS.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(has_started.iter().take(1).count() == 1 && has_started.try_iter().count() < READERS);
        drop(releases);
        blocking(|_| Ok(())).await.unwrap();
    }

    #[test]
    fn a_runtime_does_not_wait_for_a_read_that_hangs() {
        let (release, released) = mpsc::channel::<()>();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let read = blocking(move |_| Ok(released.recv().is_ok()));
        let timed_out =
            runtime.block_on(async { tokio::time::timeout(Duration::from_millis(20), read).await.is_err() });
        drop(runtime);
        assert!(timed_out);
        drop(release);
    }
}
