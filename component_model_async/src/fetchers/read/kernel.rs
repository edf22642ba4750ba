//! What the kernel knows of a file without waiting for a disk or a server.
//!
//! What always holds: nothing here waits but [`remember`]. A path is resolved from the kernel's cache only, and what is
//! found is trusted only on a file system that was seen to be local.

use std::{
    os::fd::{AsFd, OwnedFd},
    path::Path,
    sync::{Mutex, PoisonError},
};

use rustix::{
    fs::{AtFlags, CWD, Mode, OFlags, ResolveFlags, Statx, StatxFlags, fstatfs, openat2, statx},
    io::Errno,
};

/// The file systems whose files open without asking anybody: ext, XFS, Btrfs, ZFS, F2FS, overlay, tmpfs, ramfs, squashfs.
const LOCAL: [u64; 9] =
    [0xef53, 0x5846_5342, 0x9123_683e, 0x2fc1_2fc1, 0xf2f5_2010, 0x794c_7630, 0x0102_1994, 0x8584_58f6, 0x7371_7368];

/// The devices whose file system was seen to be local; the most that are remembered is enough for any host.
static DEVICES: Mutex<Vec<Device>> = Mutex::new(Vec::new());
const MOST: usize = 64;

/// The major and the minor number.
type Device = (u32, u32);

/// Remembers that the file's device holds a local file system, if it does. May wait.
pub(super) fn remember(file: impl AsFd + Copy) {
    let Some(device) = stat(file).map(|stat| device(&stat)).filter(|device| !is_known(*device)) else { return };
    let is_local = fstatfs(file).is_ok_and(|system| u64::try_from(system.f_type).is_ok_and(|ty| LOCAL.contains(&ty)));
    let mut devices = DEVICES.lock().unwrap_or_else(PoisonError::into_inner);
    if is_local && devices.len() < MOST && !devices.contains(&device) {
        devices.push(device);
    }
}

/// Whether a file is on a file system that was seen to be local.
pub(super) fn is_on_known_device(stat: &Statx) -> bool {
    is_known(device(stat))
}

fn is_known(device: Device) -> bool {
    DEVICES.lock().unwrap_or_else(PoisonError::into_inner).contains(&device)
}

/// Opens a file, if the kernel has all of its path in memory. It tells for sure that a file is not there.
pub(super) fn open(path: &Path, flags: OFlags) -> Result<OwnedFd, Errno> {
    openat2(CWD, path, flags | OFlags::CLOEXEC, Mode::empty(), ResolveFlags::CACHED)
}

/// What the kernel knows of the file, without asking a server.
pub(super) fn stat(file: impl AsFd) -> Option<Statx> {
    statx(file, c"", AtFlags::EMPTY_PATH | AtFlags::STATX_DONT_SYNC, StatxFlags::BASIC_STATS).ok()
}

fn device(stat: &Statx) -> Device {
    (stat.stx_dev_major, stat.stx_dev_minor)
}
