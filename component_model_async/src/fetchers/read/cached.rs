//! A small file that the kernel holds in memory is read where it is asked for, without a thread: to wake one costs more
//! than to read and parse a usual configuration file.
//!
//! What always holds: nothing here waits. The path is resolved from the kernel's cache only, the file is on a file system
//! that was seen to be local, and its pages are read only if they are in memory. Whatever is not so, or is not known to be
//! so, is left to a thread, and so is every error.

use std::{
    io::IoSliceMut,
    path::Path,
    sync::{Mutex, PoisonError},
};

use rustix::{
    fs::{AtFlags, CWD, FileType, Mode, OFlags, ResolveFlags, Statx, StatxFlags, fstatfs, openat2, statx},
    io::{ReadWriteFlags, preadv2},
};

use super::text::text_of;
use crate::SourceError;

/// The largest file that is read and parsed in place, in bytes: about 150 microseconds of parsing.
const SMALL: u64 = 16 * 1024;

/// The file systems whose files open without asking anybody: ext, XFS, Btrfs, ZFS, F2FS, overlay, tmpfs, ramfs, squashfs.
const LOCAL: [u64; 9] =
    [0xef53, 0x5846_5342, 0x9123_683e, 0x2fc1_2fc1, 0xf2f5_2010, 0x794c_7630, 0x0102_1994, 0x8584_58f6, 0x7371_7368];

/// The devices whose file system was seen to be local; the most that are remembered is enough for any host.
static DEVICES: Mutex<Vec<Device>> = Mutex::new(Vec::new());
const MOST: usize = 64;

/// The major and the minor number.
type Device = (u32, u32);

/// The text of a small regular file, if it can be had without waiting.
pub(in crate::fetchers) fn text_in_memory(path: &Path) -> Option<Result<String, SourceError>> {
    // Without opening it: that may ask a server.
    let found = open(path, OFlags::PATH)?;
    let size = stat(&found).filter(|stat| is_known(device(stat)) && is_regular(stat))?.stx_size;
    let size = usize::try_from(size).ok().filter(|_| (1..=SMALL).contains(&size))?;
    let file = open(path, OFlags::RDONLY | OFlags::NONBLOCK)?;
    let mut bytes = vec![0; size + 1];
    let read = preadv2(&file, &mut [IoSliceMut::new(&mut bytes)], 0, ReadWriteFlags::NOWAIT).ok()?;
    bytes.truncate(read);
    (read == size).then(|| text_of(bytes))
}

/// Remembers that the file's device holds a local file system, if it does. May wait.
pub(super) fn remember(file: &std::fs::File) {
    let Some(device) = stat(file).map(|stat| device(&stat)).filter(|device| !is_known(*device)) else { return };
    let is_local = fstatfs(file).is_ok_and(|system| u64::try_from(system.f_type).is_ok_and(|ty| LOCAL.contains(&ty)));
    let mut devices = DEVICES.lock().unwrap_or_else(PoisonError::into_inner);
    if is_local && devices.len() < MOST && !devices.contains(&device) {
        devices.push(device);
    }
}

fn is_known(device: Device) -> bool {
    DEVICES.lock().unwrap_or_else(PoisonError::into_inner).contains(&device)
}

fn open(path: &Path, flags: OFlags) -> Option<std::os::fd::OwnedFd> {
    openat2(CWD, path, flags | OFlags::CLOEXEC, Mode::empty(), ResolveFlags::CACHED).ok()
}

/// What the kernel knows of the file, without asking a server.
fn stat(file: impl std::os::fd::AsFd) -> Option<Statx> {
    statx(file, c"", AtFlags::EMPTY_PATH | AtFlags::STATX_DONT_SYNC, StatxFlags::BASIC_STATS).ok()
}

fn device(stat: &Statx) -> Device {
    (stat.stx_dev_major, stat.stx_dev_minor)
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
