//! Who may read and write the file. Only systems of the Unix family have the checks.

use std::{
    fs::{File, OpenOptions},
    io,
    path::Path,
};

use crate::SourceError;

/// Refuses a file that another user may have written. Whether others may read it.
#[cfg(unix)]
pub(super) fn check(path: &Path, file: &File) -> Result<bool, SourceError> {
    use std::os::unix::fs::MetadataExt as _;

    use crate::ErrorKind;

    let metadata = file.metadata().map_err(|error| super::failure::failed("read", path, error))?;
    let (shown, mode) = (path.display(), metadata.mode() & 0o7777);
    let refused = |message| SourceError::new(ErrorKind::Denied, message);
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(refused(format!("`{shown}` belongs to another user, and is not used as the local cache"))
            .with_hint(super::ANOTHER_PATH));
    }
    if mode & 0o022 != 0 {
        return Err(refused(format!("other users may write `{shown}`, the local cache (its mode is {mode:04o})"))
            .with_hint("if its content is right, run `chmod 600` on it; otherwise delete it"));
    }
    Ok(mode & 0o077 != 0)
}

#[cfg(not(unix))]
pub(super) fn check(_: &Path, _: &File) -> Result<bool, SourceError> {
    Ok(false)
}

/// Opens no symbolic link, and does not wait for the other end of a pipe.
#[cfg(unix)]
pub(super) fn unfollowed(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;

    use rustix::fs::OFlags;

    options.custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed())
}

#[cfg(not(unix))]
pub(super) fn unfollowed(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

/// Creates files that only their owner can read.
#[cfg(unix)]
pub(super) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600)
}

#[cfg(not(unix))]
pub(super) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

/// Creates a folder, and those that contain it, for their owner only.
pub(super) fn create_folder(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

/// Whether the path still leads to this file.
#[cfg(unix)]
pub(super) fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;

    let (open, there) = (file.metadata()?, std::fs::symlink_metadata(path)?);
    Ok((open.dev(), open.ino()) == (there.dev(), there.ino()))
}

#[cfg(not(unix))]
pub(super) fn is_at(_: &File, _: &Path) -> io::Result<bool> {
    Ok(true)
}

/// Makes a rename in a folder survive a power failure.
#[cfg(unix)]
pub(super) fn synchronize(folder: &Path) -> io::Result<()> {
    match File::open(folder)?.sync_all() {
        // File systems that cannot synchronize a folder say so.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        result => result,
    }
}

#[cfg(not(unix))]
pub(super) fn synchronize(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    #[test]
    fn a_link_that_appears_after_the_check_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        symlink(folder.path().join("target"), &link).unwrap();
        let opened = unfollowed(OpenOptions::new().write(true).create(true)).open(&link);
        assert!(opened.is_err() && !folder.path().join("target").exists());
    }

    #[test]
    fn a_file_that_was_deleted_or_replaced_is_not_at_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let file = File::create(&path).unwrap();
        assert!(is_at(&file, &path).unwrap());
        fs::remove_file(&path).unwrap();
        assert!(is_at(&file, &path).is_err());
        File::create(&path).unwrap();
        assert!(!is_at(&file, &path).unwrap());
    }
}
