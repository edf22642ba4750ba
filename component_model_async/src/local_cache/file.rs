//! The file on disk: read if nobody else can have written it, and replaced as a whole.
//!
//! A new file is written beside the old one, under a name of its own (`<file>.tmp`), synchronized with the disk, and
//! renamed. Only the process that has the lock (`<file>.lock`) writes it, so whatever has this name before is left over
//! from a process that was killed. Symbolic links are not followed.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use super::{access, failure::failed};
use crate::{ErrorKind, SourceError, limit};

/// A file that was read.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) bytes: Vec<u8>,
    /// Whether other users may read it.
    pub(super) is_exposed: bool,
}

/// Reads the file; none if it does not exist.
pub(super) fn read(path: &Path) -> Result<Option<Found>, SourceError> {
    let mut options = OpenOptions::new();
    options.read(true);
    let Some(file) = open(path, &mut options)? else { return Ok(None) };
    let is_exposed = access::check(path, &file)?;
    let mut bytes = Vec::new();
    let most = limit::BYTES as u64;
    file.take(most + 1).read_to_end(&mut bytes).map_err(|error| failed("read", path, error))?;
    if bytes.len() > limit::BYTES {
        let message = format!("`{}` is larger than {}: no local cache is", path.display(), limit::BYTES_SHOWN);
        return Err(SourceError::new(ErrorKind::TooLarge, message).with_hint(super::ANOTHER_PATH));
    }
    Ok(Some(Found { bytes, is_exposed }))
}

/// Opens a regular file; none if it does not exist. What it is gets checked before, since opening a device may have an
/// effect; a link that appears in between is not followed.
pub(super) fn open(path: &Path, options: &mut OpenOptions) -> Result<Option<File>, SourceError> {
    let is = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata.file_type(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed("read", path, error)),
    };
    if !is.is_file() {
        return Err(irregular(
            path,
            if is.is_symlink() { "a symbolic link, which is not followed" } else { "not a regular file" },
        ));
    }
    let file = match access::unfollowed(options).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed("open", path, error)),
    };
    match file.metadata() {
        Ok(metadata) if metadata.is_file() => Ok(Some(file)),
        Ok(_) => Err(irregular(path, "not a regular file")),
        Err(error) => Err(failed("open", path, error)),
    }
}

fn irregular(path: &Path, what: &str) -> SourceError {
    SourceError::new(ErrorKind::Misconfigured, format!("`{}` is {what}", path.display())).with_hint(super::ANOTHER_PATH)
}

/// Replaces the file. Whenever it ends, the path has the old content or the new.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), SourceError> {
    let temporary = Temporary::create(beside(path, ".tmp")?)?;
    let written = (&temporary.file).write_all(bytes).and_then(|()| temporary.file.sync_all());
    written.and_then(|()| temporary.rename(path)).map_err(|error| failed("write", path, error))?;
    access::synchronize(folder(path)).map_err(|error| failed("write", path, error))
}

/// A file that is removed unless it is renamed.
struct Temporary {
    file: File,
    path: Option<PathBuf>,
}

impl Temporary {
    /// Creates a file that only its owner can read, in place of one that was left over.
    fn create(path: PathBuf) -> Result<Self, SourceError> {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed("remove", &path, error)),
            _ => {}
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        let file = access::private(access::unfollowed(&mut options)).open(&path);
        let file = file.map_err(|error| failed("create", &path, error))?;
        Ok(Self { file, path: Some(path) })
    }

    fn rename(mut self, to: &Path) -> io::Result<()> {
        if let Some(path) = &self.path {
            fs::rename(path, to)?;
        }
        self.path = None;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            // The next process that writes removes it otherwise.
            let _ = fs::remove_file(path);
        }
    }
}

/// The path of a file with a longer name, in the same folder.
pub(super) fn beside(path: &Path, suffix: &str) -> Result<PathBuf, SourceError> {
    let Some(name) = path.file_name() else { return Err(irregular(path, "not the path of a file")) };
    let mut name = name.to_owned();
    name.push(suffix);
    Ok(path.with_file_name(name))
}

/// The folder of the file.
pub(super) fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
