//! What the kernel knows about a file without waiting for a disk or a server.
//!
//! What always holds: only [`remember`] waits. A path is resolved only from the kernel's cache, and the result is used
//! only on a mount whose file system was found to be local.

use std::{
    os::fd::{AsFd, OwnedFd},
    path::Path,
    sync::{Mutex, PoisonError},
};

use rustix::{
    fs::{AtFlags, CWD, Mode, OFlags, ResolveFlags, Statx, StatxFlags, fstatfs, openat2, statx},
    io::Errno,
};

/// The file systems whose files open without a request to a server: ext, XFS, Btrfs, ZFS, F2FS, overlay, tmpfs, ramfs, squashfs.
const LOCAL: [u64; 9] =
    [0xef53, 0x5846_5342, 0x9123_683e, 0x2fc1_2fc1, 0xf2f5_2010, 0x794c_7630, 0x0102_1994, 0x8584_58f6, 0x7371_7368];

/// The mounts whose file system was found to be local, the newest last.
static MOUNTS: Mutex<Vec<Mount>> = Mutex::new(Vec::new());

/// The maximum number of remembered mounts; the oldest are forgotten. A program reads files from only a few mounts.
const MOST: usize = 64;

/// `STATX_MNT_ID_UNIQUE`, of Linux 6.8: `stx_mnt_id` is then never used for another mount.
const UNIQUE_MOUNT: StatxFlags = StatxFlags::from_bits_retain(0x4000);

/// The identity of a mount, which no other mount will get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mount {
    /// The unique number of the mount.
    Numbered(u64),
    /// The major and the minor number of its block device, if the kernel has no unique numbers. The device numbers of a
    /// file system without a block device (major 0) do not identify a mount: a network file system may get the same
    /// number later.
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

/// Remembers the file's mount if its file system is local. May wait.
pub(super) fn remember(file: impl AsFd + Copy) {
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

/// Whether a file is on a mount whose file system was found to be local.
pub(super) fn is_on_local_mount(stat: &Statx) -> bool {
    Mount::of(stat).is_some_and(is_known)
}

fn is_known(mount: Mount) -> bool {
    MOUNTS.lock().unwrap_or_else(PoisonError::into_inner).contains(&mount)
}

/// Opens a file, if the kernel has its whole path in memory. If the kernel reports that it does not exist, this is
/// certain.
pub(super) fn open(path: &Path, flags: OFlags) -> Result<OwnedFd, Errno> {
    openat2(CWD, path, flags | OFlags::CLOEXEC, Mode::empty(), ResolveFlags::CACHED)
}

/// What the kernel knows about the file, without asking a server.
pub(super) fn stat(file: impl AsFd) -> Option<Statx> {
    statx(file, c"", AtFlags::EMPTY_PATH | AtFlags::STATX_DONT_SYNC, StatxFlags::BASIC_STATS | UNIQUE_MOUNT).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mount_is_identified_by_its_unique_number_or_by_its_block_device() {
        let file = std::fs::File::open("/proc/self/status").unwrap();
        let mut stat = stat(&file).unwrap();
        assert_eq!(stat.stx_dev_major, 0, "it has no block device");
        stat.stx_mnt_id = 7;
        stat.stx_mask |= UNIQUE_MOUNT.bits();
        assert_eq!(Mount::of(&stat), Some(Mount::Numbered(7)));
        // The answer of an older kernel: the number, if there is one, may be reused.
        stat.stx_mask &= !UNIQUE_MOUNT.bits();
        assert_eq!(Mount::of(&stat), None);
        (stat.stx_dev_major, stat.stx_dev_minor) = (8, 1);
        assert_eq!(Mount::of(&stat), Some(Mount::Device(8, 1)));
    }
}
