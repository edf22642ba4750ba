//! Watching files by notification: each way in which programs replace a file is told at once, and nothing is left behind.
#![cfg(all(feature = "file", target_os = "linux"))]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    fs,
    os::unix::fs::symlink,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use component_model::{
    BoxStream, Change, ErrorKind, Polling, Reply, RequestSpec, Source as _, Value, fetchers::file::File, plan::Layer,
    watch,
};
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::sync::{Mutex, MutexGuard};

/// Less than the time until a file is read although nothing was told.
const AT_ONCE: Duration = Duration::from_secs(4);

/// The tests count the threads of the process.
static ALONE: Mutex<()> = Mutex::const_new(());

struct Watch {
    changes: BoxStream<'static, Change>,
    source: Arc<File>,
    _alone: MutexGuard<'static, ()>,
}

impl Watch {
    /// Watches the keys `a` and `b` of a document, or the whole of a plain text.
    async fn of(path: &Path) -> Self {
        let alone = ALONE.lock().await;
        let source = Arc::new(File::new(path));
        let keys: &[_] = if path.extension().is_some() { &[Some("a"), Some("b")] } else { &[Some("")] };
        let request = |key: &Option<&'static str>| {
            (source.bind(&RequestSpec::new(&Layer { key: *key, ..Layer::NEW }, &[])).unwrap(), None)
        };
        let changes = watch(&source, keys.iter().map(request).collect(), Polling::every(Duration::MAX));
        Self { changes, source, _alone: alone }
    }

    /// The next change: which key, and its text, or the kind of its error.
    async fn next(&mut self) -> (usize, Result<String, ErrorKind>) {
        let next = tokio::time::timeout(AT_ONCE, self.changes.next()).await.expect("told at once").unwrap();
        let Change::Answer { index, answer } = next else { panic!("{next:?}") };
        let text = |reply: Reply| match reply.record().map(component_model::Record::value) {
            Some(Value::Text(text) | Value::String(text)) => text.clone(),
            None if matches!(reply, Reply::Unchanged { .. }) => "unchanged".to_owned(),
            None => "absent".to_owned(),
            Some(other) => panic!("{other:?}"),
        };
        (index, answer.map(text).map_err(|error| error.kind()))
    }

    /// The next two changes are those of `a` and `b`.
    async fn tells(&mut self, a: &str, b: &str) {
        assert_eq!(self.next().await, (0, Ok(a.to_owned())));
        assert_eq!(self.next().await, (1, Ok(b.to_owned())));
    }

    async fn tells_only(&mut self, index: usize, text: &str) {
        assert_eq!(self.next().await, (index, Ok(text.to_owned())));
        assert!(self.changes.next().now_or_never().is_none());
    }

    async fn tells_absence(&mut self) {
        for index in [0, 1] {
            assert_eq!(self.next().await, (index, Err(ErrorKind::Absent)));
        }
    }
}

fn document(a: &str, b: &str) -> String {
    format!("a = '{a}'\nb = '{b}'\n")
}

fn replace(path: &Path, text: &str) {
    let new = path.with_file_name("new");
    fs::write(&new, text).unwrap();
    fs::rename(new, path).unwrap();
}

#[tokio::test]
async fn a_file_that_is_replaced_or_written_in_place_tells_the_keys_that_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.toml");
    fs::write(&path, document("1", "1")).unwrap();
    let mut watch = Watch::of(&path).await;
    watch.tells("1", "1").await;
    replace(&path, &document("2", "1"));
    watch.tells_only(0, "2").await;
    fs::write(&path, document("2", "2")).unwrap();
    watch.tells_only(1, "2").await;
    fs::write(&path, "a = ").unwrap();
    for index in [0, 1] {
        assert_eq!(watch.next().await, (index, Err(ErrorKind::Malformed)));
    }
    fs::write(&path, document("3", "2")).unwrap();
    watch.tells("3", "unchanged").await;
}

#[tokio::test]
async fn a_file_that_an_editor_deletes_and_creates_again_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.toml");
    fs::write(&path, document("1", "1")).unwrap();
    let mut watch = Watch::of(&path).await;
    watch.tells("1", "1").await;
    // What is there again at once was never away.
    fs::rename(&path, folder.path().join("app.toml~")).unwrap();
    fs::write(&path, document("2", "1")).unwrap();
    watch.tells_only(0, "2").await;
    fs::remove_file(&path).unwrap();
    watch.tells_absence().await;
    fs::write(&path, document("2", "1")).unwrap();
    watch.tells("2", "1").await;
}

#[tokio::test]
async fn a_mounted_config_map_tells_the_swap_of_its_link() {
    let mount = tempfile::tempdir().unwrap();
    let swap = |name: &str, text: &str| {
        let folder = mount.path().join(name);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("app.toml"), text).unwrap();
        symlink(name, mount.path().join("..data_tmp")).unwrap();
        fs::rename(mount.path().join("..data_tmp"), mount.path().join("..data")).unwrap();
    };
    swap("..1", &document("1", "1"));
    symlink("..data/app.toml", mount.path().join("app.toml")).unwrap();
    let mut watch = Watch::of(&mount.path().join("app.toml")).await;
    watch.tells("1", "1").await;
    for number in 2..5 {
        swap(&format!("..{number}"), &document(&number.to_string(), "1"));
        fs::remove_dir_all(mount.path().join(format!("..{}", number - 1))).unwrap();
        watch.tells_only(0, &number.to_string()).await;
    }
}

#[tokio::test]
async fn a_folder_that_appears_later_or_is_replaced_is_followed() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("etc/app");
    let path = folder.join("app.toml");
    let mut watch = Watch::of(&path).await;
    watch.tells_absence().await;
    fs::create_dir(root.path().join("etc")).unwrap();
    fs::create_dir(&folder).unwrap();
    fs::write(&path, document("1", "1")).unwrap();
    watch.tells("1", "1").await;

    fs::rename(&folder, root.path().join("etc/old")).unwrap();
    watch.tells_absence().await;
    fs::create_dir(&folder).unwrap();
    replace(&path, &document("2", "1"));
    watch.tells("2", "1").await;
    fs::remove_dir_all(root.path().join("etc")).unwrap();
    watch.tells_absence().await;
    fs::create_dir_all(&folder).unwrap();
    fs::write(&path, document("3", "1")).unwrap();
    watch.tells("3", "1").await;
}

#[tokio::test]
async fn a_release_that_is_switched_by_its_link_is_followed() {
    let root = tempfile::tempdir().unwrap();
    for release in ["1", "2"] {
        fs::create_dir(root.path().join(release)).unwrap();
        fs::write(root.path().join(release).join("secret"), release).unwrap();
    }
    let current = root.path().join("current");
    symlink("1", &current).unwrap();
    let mut watch = Watch::of(&current.join("secret")).await;
    watch.tells_only(0, "1").await;
    fs::remove_file(&current).unwrap();
    symlink("2", &current).unwrap();
    watch.tells_only(0, "2").await;
}

#[tokio::test]
async fn a_burst_of_changes_that_nobody_reads_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    fs::write(&path, "0").unwrap();
    let mut watch = Watch::of(&path).await;
    watch.tells_only(0, "0").await;
    for number in 1..=1000 {
        replace(&path, &number.to_string());
    }
    watch.tells_only(0, "1000").await;
}

/// The threads and the descriptors of watches.
fn left() -> usize {
    let count = |folder: &str, is: &dyn Fn(&Path) -> bool| {
        fs::read_dir(folder).unwrap().filter(|entry| is(&entry.as_ref().unwrap().path())).count()
    };
    let threads = count("/proc/self/task", &|task| {
        fs::read_to_string(task.join("comm")).is_ok_and(|name| name.starts_with("notify"))
    });
    threads + count("/proc/self/fd", &|fd| fs::read_link(fd).is_ok_and(|to| to.ends_with("anon_inode:inotify")))
}

/// Waits for what ends at once: threads take a moment, also those of other tests.
async fn leaves(expected: usize) {
    let started = Instant::now();
    while left() != expected {
        assert!(started.elapsed() < Duration::from_secs(20), "{}", left());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_watch_that_is_dropped_and_one_whose_source_is_shut_down_leave_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    fs::write(&path, "1").unwrap();
    for is_shut_down in [false, true] {
        let mut watch = Watch::of(&path).await;
        watch.tells_only(0, "1").await;
        // A thread and a descriptor.
        leaves(2).await;
        if is_shut_down {
            watch.source.shutdown().await;
            assert_eq!(watch.next().await, (0, Err(ErrorKind::ShutDown)));
            assert!(watch.changes.next().await.is_none());
        } else {
            watch.changes = futures_util::stream::empty().boxed();
        }
        leaves(0).await;
    }
}
