//! The failures of the file system, as errors that say what to do.

use std::{
    io::{Error, ErrorKind as Io},
    path::Path,
};

use crate::{ErrorKind, SourceError};

/// The error of an operation on a file of the cache: `read`, `write`.
pub(super) fn failed(operation: &str, path: &Path, error: Error) -> SourceError {
    let (kind, hint) = match error.kind() {
        Io::PermissionDenied => {
            (ErrorKind::Denied, Some("the user of this program must own the folder of the local cache"))
        }
        Io::StorageFull | Io::QuotaExceeded | Io::FileTooLarge => {
            (ErrorKind::Unavailable, Some("the file keeps its former content until there is space"))
        }
        Io::ReadOnlyFilesystem
        | Io::NotADirectory
        | Io::AlreadyExists
        | Io::NotFound
        | Io::InvalidFilename
        | Io::InvalidInput => (ErrorKind::Misconfigured, Some(super::ANOTHER_PATH)),
        _ => (ErrorKind::Unavailable, None),
    };
    let message = format!("cannot {operation} `{}`, the local cache", path.display());
    let failed = SourceError::new(kind, message).with_cause(error);
    match hint {
        Some(hint) => failed.with_hint(hint),
        None => failed,
    }
}
