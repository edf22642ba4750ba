//! Reads the text of one file, and classifies the errors of the file system.

use std::{
    fs::{File, OpenOptions},
    io::{Error, ErrorKind as Io, Read},
    path::Path,
};

use component_model_source::{ErrorKind, SourceError, limit, value::without_byte_order_mark};

use super::{Waiting, irregular};

/// The largest file that is read, in bytes.
const LIMIT: usize = limit::BYTES;

/// The size of a piece in bytes; a read can end between two pieces.
const PIECE: usize = 256 * 1024;

/// The text of a regular file of at most 16 MiB, without a byte order mark.
pub(crate) fn text(path: &Path, waiting: &Waiting) -> Result<String, SourceError> {
    let file = open(path)?;
    #[cfg(all(feature = "file", target_os = "linux"))]
    super::kernel::remember(&file);
    text_of(bytes(path, file, waiting)?)
}

/// The bytes as text, without a byte order mark.
pub(super) fn text_of(bytes: Vec<u8>) -> Result<String, SourceError> {
    let text = String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        SourceError::new(ErrorKind::Malformed, format!("the file is not UTF-8 from byte {offset} on"))
    })?;
    Ok(without_byte_order_mark(text))
}

/// Opens a regular file. Its type is checked before it is opened, since opening a device or a pipe may have an effect, and
/// after, since it may have been replaced.
fn open(path: &Path) -> Result<File, SourceError> {
    let regular = |metadata: std::fs::Metadata| metadata.is_file().then_some(()).ok_or_else(|| irregular(path));
    regular(std::fs::metadata(path).map_err(|error| unreadable(path, error))?)?;
    let file = options().open(path).map_err(|error| unreadable(path, error))?;
    regular(file.metadata().map_err(|error| unreadable(path, error))?)?;
    Ok(file)
}

/// Without waiting for data, since some files that claim to be regular, such as `/proc/kmsg`, are endless.
#[cfg(unix)]
fn options() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;

    use rustix::fs::OFlags;

    let mut options = OpenOptions::new();
    options.read(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed());
    options
}

#[cfg(not(unix))]
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true);
    options
}

/// All bytes of a file, unless they are too many or the caller no longer waits for them.
fn bytes(path: &Path, mut file: File, waiting: &Waiting) -> Result<Vec<u8>, SourceError> {
    let size = file.metadata().map_or(0, |metadata| metadata.len());
    let too_large = || SourceError::new(ErrorKind::TooLarge, format!("the file is larger than {}", limit::BYTES_SHOWN));
    let mut bytes = match usize::try_from(size) {
        Ok(size) if size <= LIMIT => Vec::with_capacity(size + 1),
        _ => return Err(too_large()),
    };
    loop {
        let piece = PIECE.min(LIMIT + 1 - bytes.len());
        let read = (&mut file).take(piece as u64).read_to_end(&mut bytes).map_err(|error| unreadable(path, error))?;
        match (read, bytes.len()) {
            (_, length) if length > LIMIT => return Err(too_large()),
            (read, _) if read < piece => return Ok(bytes),
            _ if waiting.is_over() => return Err(SourceError::new(ErrorKind::Timeout, "the read was cancelled")),
            _ => {}
        }
    }
}

/// An error that only a change of the path or of the file system can fix is misconfigured, not unavailable.
fn unreadable(path: &Path, error: Error) -> SourceError {
    let shown = path.display();
    let misconfigured = |what: &str| SourceError::new(ErrorKind::Misconfigured, format!("`{shown}` {what}"));
    match error.kind() {
        // A file that will never be there: to call it absent would hide it behind a default.
        Io::NotFound if path.starts_with("~") => misconfigured("does not exist: `~` is the name of a folder here")
            .with_hint("`~` is not expanded: write an absolute path, or insert the value of `HOME` yourself"),
        Io::NotFound => {
            let absent = SourceError::new(ErrorKind::Absent, format!("there is no file `{shown}`"));
            match path.is_relative() {
                true => absent.with_hint(format!("a relative path starts at {}", working_folder())),
                false => absent,
            }
        }
        Io::PermissionDenied => SourceError::new(ErrorKind::Denied, format!("no permission to read `{shown}`")),
        Io::NotADirectory => misconfigured("leads through a file as if it were a directory"),
        Io::IsADirectory => irregular(path),
        Io::InvalidFilename | Io::InvalidInput => misconfigured("is not a valid path"),
        Io::WouldBlock => misconfigured("is endless: reading it waits for data, which a file on a disk never does"),
        _ if is_symlink_loop(&error) => misconfigured("is a symbolic link that leads back to itself"),
        _ => SourceError::new(ErrorKind::Unavailable, format!("`{shown}` cannot be read")).with_cause(error),
    }
}

#[cfg(unix)]
fn is_symlink_loop(error: &Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
}

#[cfg(not(unix))]
fn is_symlink_loop(_: &Error) -> bool {
    false
}

fn working_folder() -> String {
    std::env::current_dir().map_or_else(|_| "the working folder".to_owned(), |folder| folder.display().to_string())
}
