//! What the system tells of changes in folders.

use std::{path::Path, sync::Arc};

use notify::{
    Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _,
    event::{AccessKind, AccessMode},
};
use tokio::sync::Notify;

use super::folders::Folders;

/// How often the folders are looked up, if they change while they are being watched.
const ATTEMPTS: usize = 10;

/// Folders that are watched. Their thread ends soon after this is dropped.
pub(super) struct Notified {
    _watcher: RecommendedWatcher,
    folders: Folders,
}

impl Notified {
    /// Watches the folders that lead to a path; what watched them before is kept as long as they are the same. None if they
    /// cannot be watched. May wait for the file system.
    pub(super) fn follow(path: &Path, signal: &Arc<Notify>, last: Option<Self>) -> Option<Self> {
        let mut last = last;
        for _ in 0..ATTEMPTS {
            let folders = Folders::of(path);
            match last {
                Some(last) if last.folders == folders => return Some(last),
                _ => last = Self::new(folders, Arc::clone(signal)),
            }
            last.as_ref()?;
        }
        last
    }

    fn new(folders: Folders, signal: Arc<Notify>) -> Option<Self> {
        let concern = folders.clone();
        let told = move |event: notify::Result<Event>| {
            if event.map_or(true, |event| is_change(&event, &concern)) {
                signal.notify_one();
            }
        };
        let mut watcher = notify::recommended_watcher(told).ok()?;
        for folder in folders.iter() {
            watcher.watch(folder, RecursiveMode::NonRecursive).ok()?;
        }
        Some(Self { _watcher: watcher, folders })
    }
}

/// Whether an event may be a change of the file. Reading it is none.
fn is_change(event: &Event, folders: &Folders) -> bool {
    let is_read = match event.kind {
        EventKind::Access(kind) => kind != AccessKind::Close(AccessMode::Write),
        _ => false,
    };
    event.need_rescan() || !is_read && event.paths.iter().any(|path| folders.concern(path))
}
