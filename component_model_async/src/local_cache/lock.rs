//! The lock between processes: `<file>.lock`, which stays when nobody has it.

use std::{
    fs::{File, OpenOptions, TryLockError},
    path::Path,
    thread::sleep,
    time::{Duration, Instant},
};

use super::{access, failure::failed, file};
use crate::{ErrorKind, SourceError};

/// How long a process waits for others: they keep the lock for milliseconds.
pub(super) const LONGEST: Duration = Duration::from_secs(5);

/// How long it waits before it tries again.
const PAUSE: Duration = Duration::from_millis(5);

/// Locks the file until the result is dropped. Creates its folder.
pub(super) fn acquire(path: &Path, longest: Duration) -> Result<File, SourceError> {
    let path = &file::beside(path, ".lock")?;
    access::create_folder(file::folder(path)).map_err(|error| failed("create the folder of", path, error))?;
    let started = Instant::now();
    loop {
        let lock = open(path)?;
        match lock.try_lock() {
            // Somebody may have deleted the file that the lock is on, and another process have created it again.
            Ok(()) if access::is_at(&lock, path).unwrap_or(false) => return Ok(lock),
            Ok(()) | Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(failed("lock", path, error)),
        }
        if started.elapsed() >= longest {
            let message = format!("another process has locked `{}` for too long", path.display());
            return Err(SourceError::new(ErrorKind::Unavailable, message)
                .with_hint("end the process that has it; the file of the local cache is unchanged"));
        }
        sleep(PAUSE);
    }
}

fn open(path: &Path) -> Result<File, SourceError> {
    let mut options = OpenOptions::new();
    options.write(true);
    let lock = match file::open(path, &mut options)? {
        Some(existing) => existing,
        None => access::private(access::unfollowed(options.create(true)))
            .open(path)
            .map_err(|error| failed("create", path, error))?,
    };
    access::check(path, &lock)?;
    Ok(lock)
}
