//! The state of a file that another library reads: shows whether it was changed or replaced, without blocking the
//! executor.

use std::{
    io,
    path::{Path, PathBuf},
};

/// What tells one state of a file from another: device, inode, length, seconds and nanoseconds of the last change.
pub(crate) type Fingerprint = [u64; 5];

/// What is at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Found {
    /// None if the system has no inodes.
    fingerprint: Option<Fingerprint>,
    is_regular: bool,
}

/// The state of a file; none if it does not exist, or if the system has no inodes.
///
/// # Cancel safety
/// As [`blocking`](super::blocking).
pub(crate) async fn fingerprint(path: PathBuf) -> Option<Fingerprint> {
    found(path).await.and_then(|found| found.fingerprint)
}

/// Whether something is at a path that is not a regular file, such as a pipe, which may never open.
///
/// # Cancel safety
/// As [`blocking`](super::blocking).
pub(crate) async fn is_irregular(path: PathBuf) -> bool {
    found(path).await.is_some_and(|found| !found.is_regular)
}

/// Whether a file may be read, without opening it, or what is in the way.
///
/// # Cancel safety
/// As [`blocking`](super::blocking).
pub(crate) async fn access(path: PathBuf) -> Result<(), io::ErrorKind> {
    let accessed = super::blocking(move |_| Ok(may_read(&path).map_err(|error| error.kind())));
    accessed.await.unwrap_or(Err(io::ErrorKind::Other))
}

#[cfg(unix)]
fn may_read(path: &Path) -> io::Result<()> {
    Ok(rustix::fs::access(path, rustix::fs::Access::READ_OK)?)
}

#[cfg(not(unix))]
fn may_read(path: &Path) -> io::Result<()> {
    std::fs::metadata(path).map(drop)
}

async fn found(path: PathBuf) -> Option<Found> {
    match in_memory(&path) {
        Some(found) => found,
        None => super::blocking(move |_| Ok(waiting(&path))).await.ok().flatten(),
    }
}

/// What is at a path, if that is known without waiting; the inner option is none if nothing is there.
#[cfg(target_os = "linux")]
fn in_memory(path: &Path) -> Option<Option<Found>> {
    use rustix::{fs::OFlags, io::Errno};

    use super::kernel;

    match kernel::open(path, OFlags::PATH) {
        Ok(found) => kernel::stat(&found).filter(kernel::is_on_local_mount).map(|stat| Some(from_stat(&stat))),
        Err(Errno::NOENT) => Some(None),
        Err(_) => None,
    }
}

#[cfg(not(target_os = "linux"))]
fn in_memory(_: &Path) -> Option<Option<Found>> {
    None
}

#[cfg(target_os = "linux")]
fn waiting(path: &Path) -> Option<Found> {
    use rustix::fs::{CWD, Mode, OFlags, openat};

    use super::kernel;

    // With `O_PATH`: closing a readable descriptor would release the locks that SQLite has on the file.
    let found = openat(CWD, path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).ok()?;
    kernel::remember(&found);
    kernel::stat(&found).map(|stat| from_stat(&stat))
}

#[cfg(target_os = "linux")]
fn from_stat(stat: &rustix::fs::Statx) -> Found {
    let device = rustix::fs::makedev(stat.stx_dev_major, stat.stx_dev_minor);
    let modified = &stat.stx_mtime;
    let fingerprint = [device, stat.stx_ino, stat.stx_size, modified.tv_sec.cast_unsigned(), modified.tv_nsec.into()];
    let is_regular = rustix::fs::FileType::from_raw_mode(stat.stx_mode.into()).is_file();
    Found { fingerprint: Some(fingerprint), is_regular }
}

#[cfg(all(unix, not(target_os = "linux")))]
fn waiting(path: &Path) -> Option<Found> {
    use std::os::unix::fs::MetadataExt as _;

    let file = std::fs::metadata(path).ok()?;
    let fingerprint =
        [file.dev(), file.ino(), file.len(), file.mtime().cast_unsigned(), file.mtime_nsec().cast_unsigned()];
    Some(Found { fingerprint: Some(fingerprint), is_regular: file.is_file() })
}

#[cfg(not(unix))]
fn waiting(path: &Path) -> Option<Found> {
    let is_regular = std::fs::metadata(path).ok()?.is_file();
    Some(Found { fingerprint: None, is_regular })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_that_changes_has_another_state_and_one_that_is_missing_has_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        assert_eq!(fingerprint(path.clone()).await, None);
        std::fs::write(&path, "a").unwrap();
        let first = fingerprint(path.clone()).await.unwrap();
        assert_eq!(fingerprint(path.clone()).await, Some(first));
        std::fs::write(&path, "ab").unwrap();
        let second = fingerprint(path.clone()).await.unwrap();
        assert_ne!(first, second);
        std::fs::write(folder.path().join("other"), "ab").unwrap();
        std::fs::rename(folder.path().join("other"), &path).unwrap();
        assert_ne!(fingerprint(path.clone()).await, Some(second));
        assert!(!is_irregular(path.clone()).await && is_irregular(folder.path().to_owned()).await);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(fingerprint(path.clone()).await, None);
        assert!(!is_irregular(path).await);
    }

    #[test]
    fn the_state_in_memory_is_the_same_as_on_a_thread() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "a").unwrap();
        let waited = waiting(&path);
        assert!(waited.is_some());
        // A thread is used if the kernel or the file system cannot tell.
        if let Some(known) = in_memory(&path) {
            assert_eq!(known, waited);
        }
    }

    #[test]
    fn a_thread_is_used_if_the_file_system_is_not_known_to_be_local() {
        assert!(in_memory(Path::new("/proc/self/status")).is_none());
    }
}
