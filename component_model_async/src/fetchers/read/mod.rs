//! Reads a text file off the executor thread, bounded: shared by the sources that are files.

use std::{
    fs::File,
    io::{ErrorKind as Io, Read},
    path::{Path, PathBuf},
};

use crate::{ErrorKind, SourceError};

/// The largest file that is read, in bytes.
const LIMIT: u64 = 16 * 1024 * 1024;

/// Runs a function that reads files where blocking is allowed.
///
/// # Cancel safety
/// Dropping the future abandons the result; the function ends by itself, since it reads regular files of bounded size.
pub(super) async fn blocking<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, SourceError> + Send + 'static,
) -> Result<T, SourceError> {
    match tokio::task::spawn_blocking(read).await {
        Ok(result) => result,
        Err(_) => Err(SourceError::new(ErrorKind::Other, "the thread that reads the file ended early")),
    }
}

/// The text of a regular file of at most 16 MiB.
pub(super) fn text(path: &Path) -> Result<String, SourceError> {
    let mut bytes = Vec::new();
    open(path)?.take(LIMIT + 1).read_to_end(&mut bytes).map_err(|error| unreadable(path, error))?;
    if bytes.len() as u64 > LIMIT {
        return Err(SourceError::new(ErrorKind::TooLarge, "the file is larger than 16 MiB"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        SourceError::new(ErrorKind::Malformed, format!("the file is not UTF-8 from byte {offset} on"))
    })
}

/// Opens what is a file: a pipe or a device would block for ever or never end.
fn open(path: &Path) -> Result<File, SourceError> {
    let metadata = std::fs::metadata(path).map_err(|error| unreadable(path, error))?;
    if !metadata.is_file() {
        return Err(SourceError::new(ErrorKind::Misconfigured, format!("`{}` is no regular file", path.display())));
    }
    File::open(path).map_err(|error| unreadable(path, error))
}

fn unreadable(path: &Path, error: std::io::Error) -> SourceError {
    match error.kind() {
        Io::NotFound => SourceError::new(ErrorKind::Absent, format!("there is no file `{}`", path.display()))
            .with_hint(format!("a relative path starts at {}", working_folder())),
        Io::PermissionDenied => {
            SourceError::new(ErrorKind::Denied, format!("no permission to read `{}`", path.display()))
        }
        _ => SourceError::new(ErrorKind::Unavailable, format!("`{}` cannot be read", path.display())).with_cause(error),
    }
}

fn working_folder() -> String {
    std::env::current_dir()
        .map_or_else(|_| "the working folder".to_owned(), |folder: PathBuf| folder.display().to_string())
}
