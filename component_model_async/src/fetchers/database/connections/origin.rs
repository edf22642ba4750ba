//! Where a connection can be used: on the runtime that opened it, and for the file that it opened.

use std::path::Path;

use tokio::runtime::{Handle, Id};

use crate::fetchers::database::server::{Options, Server};

/// What a connection belongs to. A connection is used again only where its origin is the present one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Origin {
    /// The runtime whose driver wakes it; none if it has a thread of its own.
    pub(super) runtime: Option<Id>,
    pub(super) files: Files,
}

/// The state of a database's files; equal as long as nobody has written or replaced them.
pub(super) type Files = [Option<File>; 2];

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
        let files = match S::file(options) {
            // What is written to a database in WAL mode stands in the second file for a while.
            Some(path) => [state(&path), state(&with_wal(&path))],
            None => [None; 2],
        };
        Self { runtime, files }
    }
}

fn with_wal(path: &Path) -> std::path::PathBuf {
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

// Nothing else tells a file from the one that took its place, and `Dialect::file` keeps no connection then.
#[cfg(not(unix))]
fn state(_: &Path) -> Option<File> {
    None
}
