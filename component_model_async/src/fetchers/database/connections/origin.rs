//! Where a connection can be used: on the runtime that opened it, and for the file that it opened.

use std::path::{Path, PathBuf};

use tokio::runtime::{Handle, Id};

use crate::fetchers::database::server::{Options, Server};

/// What a connection belongs to. A connection is used again only where its origin is the present one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Origin {
    /// The runtime whose driver wakes it; none if it has a thread of its own.
    pub(super) runtime: Option<Id>,
    /// The state of the database's file; equal as long as nobody has written to it or replaced it.
    pub(super) file: Option<File>,
}

/// What tells one state of a file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct File {
    device: u64,
    inode: u64,
    length: u64,
    modified: (i64, i64),
}

impl Origin {
    /// The origin of a connection that is opened now.
    pub(super) fn present<S: Server>(options: &Options<S>) -> Self {
        let runtime = if S::NEEDS_ITS_RUNTIME { Handle::try_current().ok().map(|handle| handle.id()) } else { None };
        Self { runtime, file: S::file(options).and_then(|path| state(&path)) }
    }
}

/// Whether the database of a connection may be open while nobody reads it.
///
/// In WAL mode a connection that stays open keeps the second file, which SQLite would then read beside a first one that
/// was replaced. Without inodes nothing tells a file from the one that took its place.
pub(super) fn may_stay_open<S: Server>(options: &Options<S>) -> bool {
    match S::file(options) {
        Some(path) => cfg!(unix) && !with_wal(&path).exists(),
        None => true,
    }
}

fn with_wal(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

#[cfg(unix)]
fn state(path: &Path) -> Option<File> {
    use std::os::unix::fs::MetadataExt as _;
    let file = std::fs::metadata(path).ok()?;
    Some(File {
        device: file.dev(),
        inode: file.ino(),
        length: file.len(),
        modified: (file.mtime(), file.mtime_nsec()),
    })
}

#[cfg(not(unix))]
fn state(_: &Path) -> Option<File> {
    None
}
