//! A small file that the kernel has in memory is read by the caller, without a thread: waking a thread costs more than
//! reading and parsing a usual configuration file.
//!
//! What always holds: nothing here waits. The path is resolved from the kernel's cache only, the file is on a mount whose
//! file system is known to be local, and its pages are read only if they are in memory. Everything else is left to a
//! thread: whatever is not known to be so, every error, and a document that may be large although its file is small.

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

/// The file systems whose files open without a request to a server: ext, XFS, Btrfs, ZFS, F2FS, overlay, tmpfs, ramfs, squashfs.
const LOCAL: [u64; 9] =
    [0xef53, 0x5846_5342, 0x9123_683e, 0x2fc1_2fc1, 0xf2f5_2010, 0x794c_7630, 0x0102_1994, 0x8584_58f6, 0x7371_7368];

/// The mounts whose file system was found to be local, the newest last.
static MOUNTS: Mutex<Vec<Mount>> = Mutex::new(Vec::new());

/// The most mounts that are remembered, of which the oldest are forgotten: a program reads files from a few.
const MOST: usize = 64;

/// `STATX_MNT_ID_UNIQUE`, of Linux 6.8: `stx_mnt_id` is then never used for another mount.
const UNIQUE_MOUNT: StatxFlags = StatxFlags::from_bits_retain(0x4000);

/// A mount, under a name that no other mount takes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mount {
    /// The unique number of the mount.
    Numbered(u64),
    /// The major and the minor number of its block device, where the kernel has no unique numbers. The device numbers of a
    /// file system without a block device (major 0) do not name a mount: a server's file system may get the same one later.
    Device(u32, u32),
}

impl Mount {
    fn of(stat: &Statx) -> Option<Self> {
        if StatxFlags::from_bits_retain(stat.stx_mask).contains(UNIQUE_MOUNT) {
            return Some(Self::Numbered(stat.stx_mnt_id));
        }
        (stat.stx_dev_major != 0).then_some(Self::Device(stat.stx_dev_major, stat.stx_dev_minor))
    }
}

/// The text of a small regular file, if it can be read without waiting and is cheap to parse.
pub(in crate::fetchers) fn text_in_memory(path: &Path) -> Option<Result<String, SourceError>> {
    // Without opening it: that may ask a server.
    let found = open(path, OFlags::PATH)?;
    let size = stat(&found).filter(|stat| is_regular(stat) && Mount::of(stat).is_some_and(is_known))?.stx_size;
    let size = usize::try_from(size).ok().filter(|_| (1..=SMALL).contains(&size))?;
    let file = open(path, OFlags::RDONLY | OFlags::NONBLOCK)?;
    let mut bytes = vec![0; size + 1];
    let read = preadv2(&file, &mut [IoSliceMut::new(&mut bytes)], 0, ReadWriteFlags::NOWAIT).ok()?;
    bytes.truncate(read);
    (read == size && !may_expand(path, &bytes)).then(|| text_of(bytes))
}

/// Whether the document may be larger than its text: a few aliases (`*name`) of YAML may stand for a million values.
fn may_expand(path: &Path, bytes: &[u8]) -> bool {
    let ending = path.extension().unwrap_or_default();
    let is_yaml = ["yaml", "yml"].iter().any(|yaml| ending.eq_ignore_ascii_case(yaml));
    is_yaml && bytes.contains(&b'*')
}

/// Remembers that the file's mount has a local file system, if it has. May wait.
pub(super) fn remember(file: &std::fs::File) {
    let Some(mount) = stat(file).as_ref().and_then(Mount::of).filter(|mount| !is_known(*mount)) else { return };
    let is_local = fstatfs(file).is_ok_and(|system| u64::try_from(system.f_type).is_ok_and(|ty| LOCAL.contains(&ty)));
    let mut mounts = MOUNTS.lock().unwrap_or_else(PoisonError::into_inner);
    if is_local && !mounts.contains(&mount) {
        if mounts.len() == MOST {
            mounts.remove(0);
        }
        mounts.push(mount);
    }
}

fn is_known(mount: Mount) -> bool {
    MOUNTS.lock().unwrap_or_else(PoisonError::into_inner).contains(&mount)
}

fn open(path: &Path, flags: OFlags) -> Option<std::os::fd::OwnedFd> {
    openat2(CWD, path, flags | OFlags::CLOEXEC, Mode::empty(), ResolveFlags::CACHED).ok()
}

/// What the kernel knows about the file, without asking a server.
fn stat(file: impl std::os::fd::AsFd) -> Option<Statx> {
    statx(file, c"", AtFlags::EMPTY_PATH | AtFlags::STATX_DONT_SYNC, StatxFlags::BASIC_STATS | UNIQUE_MOUNT).ok()
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
            // With a kernel or a file system that cannot tell, a thread reads it.
            if let Some(in_memory) = text_in_memory(&path) {
                assert_eq!(in_memory.unwrap(), text);
                assert!(size as u64 <= SMALL);
            }
        }
    }

    #[test]
    fn a_mount_is_known_by_its_unique_number_or_by_its_block_device() {
        let file = std::fs::File::open("/proc/self/status").unwrap();
        let mut stat = stat(&file).unwrap();
        assert_eq!(stat.stx_dev_major, 0, "it has no block device");
        stat.stx_mnt_id = 7;
        stat.stx_mask |= UNIQUE_MOUNT.bits();
        assert_eq!(Mount::of(&stat), Some(Mount::Numbered(7)));
        // What an older kernel answers: the number, if there is one, may be used again.
        stat.stx_mask &= !UNIQUE_MOUNT.bits();
        assert_eq!(Mount::of(&stat), None);
        (stat.stx_dev_major, stat.stx_dev_minor) = (8, 1);
        assert_eq!(Mount::of(&stat), Some(Mount::Device(8, 1)));
    }

    #[test]
    fn yaml_that_may_repeat_itself_is_left_to_a_thread() {
        let folder = tempfile::tempdir().unwrap();
        let (_waits, waiting) = waiting();
        let is_in_place = |name: &str, content: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, content).unwrap();
            text(&path, &waiting).unwrap();
            text_in_memory(&path).is_some()
        };
        // With a kernel or a file system that cannot tell, a thread reads everything.
        let in_place = is_in_place("plain.yaml", "a: 1");
        assert_eq!(is_in_place("star.toml", "a = '*'"), in_place);
        assert_eq!(is_in_place("star", "*"), in_place);
        for name in ["star.yaml", "star.yml", "star.YAML"] {
            assert!(!is_in_place(name, "a: &a [1]\nb: [*a, *a]"), "{name}");
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
