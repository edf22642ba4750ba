//! A small file that the kernel holds in memory is read where it is asked for, without a thread: to wake one costs more
//! than to read and parse a usual configuration file.
//!
//! What always holds: nothing here waits. The path is resolved from the kernel's cache only, the file is on a file system
//! that was seen to be local, and its pages are read only if they are in memory. Whatever is not so, or is not known to be
//! so, is left to a thread, and so is every error.

use std::{io::IoSliceMut, path::Path};

use rustix::{
    fs::{FileType, OFlags, Statx},
    io::{ReadWriteFlags, preadv2},
};

use super::{
    kernel::{is_on_known_device, open, stat},
    text::text_of,
};
use crate::SourceError;

/// The largest file that is read and parsed in place, in bytes: about 150 microseconds of parsing.
const SMALL: u64 = 16 * 1024;

/// The text of a small regular file, if it can be had without waiting.
pub(in crate::fetchers) fn text_in_memory(path: &Path) -> Option<Result<String, SourceError>> {
    // Without opening it: that may ask a server.
    let found = open(path, OFlags::PATH).ok()?;
    let size = stat(&found).filter(|stat| is_on_known_device(stat) && is_regular(stat))?.stx_size;
    let size = usize::try_from(size).ok().filter(|_| (1..=SMALL).contains(&size))?;
    let file = open(path, OFlags::RDONLY | OFlags::NONBLOCK).ok()?;
    let mut bytes = vec![0; size + 1];
    let read = preadv2(&file, &mut [IoSliceMut::new(&mut bytes)], 0, ReadWriteFlags::NOWAIT).ok()?;
    bytes.truncate(read);
    (read == size).then(|| text_of(bytes))
}

fn is_regular(stat: &Statx) -> bool {
    FileType::from_raw_mode(stat.stx_mode.into()).is_file()
}

#[cfg(test)]
mod tests {
    use super::{super::text, *};

    fn waiting() -> (std::sync::Arc<()>, super::super::Waiting) {
        let waits = std::sync::Arc::new(());
        let waiting = super::super::Waiting(std::sync::Arc::downgrade(&waits));
        (waits, waiting)
    }

    #[test]
    fn what_is_read_in_place_is_what_a_thread_reads() {
        let folder = tempfile::tempdir().unwrap();
        let (_waits, waiting) = waiting();
        for size in [1, 10, 1 << 14, 1 << 15] {
            let path = folder.path().join(size.to_string());
            std::fs::write(&path, "x".repeat(size)).unwrap();
            let text = text(&path, &waiting).unwrap();
            // A kernel or a file system that cannot say leaves it to a thread.
            if let Some(in_memory) = text_in_memory(&path) {
                assert_eq!(in_memory.unwrap(), text);
                assert!(size as u64 <= SMALL);
            }
        }
    }

    #[test]
    fn what_is_not_a_small_regular_file_of_a_local_file_system_is_left_to_a_thread() {
        let folder = tempfile::tempdir().unwrap();
        assert!(std::process::Command::new("mkfifo").arg(folder.path().join("fifo")).status().unwrap().success());
        let (_waits, waiting) = waiting();
        std::fs::write(folder.path().join("small"), "x").unwrap();
        text(&folder.path().join("small"), &waiting).unwrap();
        let in_folder = ["", "fifo", "missing"].map(|name| folder.path().join(name));
        let elsewhere =
            ["/proc/kmsg", "/proc/self/status", "/dev/zero", "/sys/kernel/mm"].map(std::path::PathBuf::from);
        for path in in_folder.into_iter().chain(elsewhere) {
            assert!(text_in_memory(&path).is_none(), "{}", path.display());
        }
    }
}
