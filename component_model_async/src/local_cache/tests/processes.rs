//! Several processes with one file: none loses what another wrote, and one may be killed at any moment.
#![cfg(unix)]

use std::{
    env,
    process::{Child, Command, Stdio},
    thread,
    time::Instant,
};

use super::*;

const PATH: &str = "LOCAL_CACHE_OF_TEST";
const NAME: &str = "LOCAL_CACHE_TEST_NAME";

/// How many saves a writer does.
const SAVES: usize = 40;

/// A test of this program, as a command for a process of its own.
fn test(name: &str) -> Vec<String> {
    let program = env::current_exe().unwrap().to_str().unwrap().to_owned();
    let path = format!("{}::{name}", module_path!().split_once("::").unwrap().1);
    vec![program, "--ignored".to_owned(), "--exact".to_owned(), path]
}

fn start(command: &[String], path: &Path, name: &str) -> Child {
    let mut command = {
        let mut started = Command::new(&command[0]);
        started.args(&command[1..]);
        started
    };
    command.env(PATH, path).env(NAME, name).stdout(Stdio::null()).spawn().unwrap()
}

fn of_parent() -> (LocalCache, String) {
    (LocalCache::at(env::var_os(PATH).expect("a test starts it")), env::var(NAME).unwrap())
}

fn numbered(name: &str, number: usize) -> Entry {
    Entry { fetched: SystemTime::now(), ..entry(&format!("{name}-{number}"), number.to_string()) }
}

fn write_all(cache: &LocalCache, name: &str) {
    for number in 0..SAVES {
        save_at(cache, SystemTime::now(), vec![numbered(name, number)]).unwrap();
    }
}

#[test]
fn the_clock_is_read_once_the_file_is_locked() {
    let folder = tempfile::tempdir().unwrap();
    let cache = LocalCache::at(folder.path().join("config.cache"));
    let is_locked = || super::super::lock::acquire(&cache.path, std::time::Duration::ZERO).is_err();
    let clock = || {
        assert!(is_locked());
        now()
    };
    cache.save_at(vec![entry("port", "1")], clock).unwrap();
    assert!(!is_locked());
}

#[test]
#[ignore = "a process that another test starts"]
fn writer() {
    let (cache, name) = of_parent();
    write_all(&cache, &name);
}

#[test]
#[ignore = "a process that another test starts"]
fn endless_writer() {
    let (cache, name) = of_parent();
    let large = "x".repeat(2_000_000);
    for number in 0.. {
        let update = Entry { fetched: SystemTime::now(), ..entry(&name, format!("{number} {large}")) };
        save_at(&cache, SystemTime::now(), vec![update]).unwrap();
    }
}

/// Runs with a limit on the size of files, as on a disk that is full.
#[test]
#[ignore = "a process that another test starts"]
fn writer_without_space() {
    let (cache, _) = of_parent();
    let large = entry("large", "x".repeat(200_000));
    let error = save_at(&cache, now(), vec![large]).unwrap_err();
    let text = shown([&error]);
    assert!(text.contains("config.cache") && text.contains("File too large") && error.hint().is_some(), "{text}");
    assert_eq!(error.kind(), crate::ErrorKind::Unavailable);
}

#[test]
fn processes_and_threads_that_write_at_once_lose_nothing() {
    let (folder, path) = folder();
    let children = ["one", "two"].map(|name| (name, start(&test("writer"), &path, name)));
    let threads = ["three", "four"].map(|name| {
        let cache = LocalCache::at(&path);
        (name, thread::spawn(move || write_all(&cache, name)))
    });
    let mut writers = Vec::new();
    for (name, thread) in threads {
        thread.join().unwrap();
        writers.push(name);
    }
    for (name, mut child) in children {
        assert!(child.wait().unwrap().success());
        writers.push(name);
    }
    let loaded = LocalCache::at(&path).load_at(SystemTime::now()).unwrap();
    assert!(loaded.problems.is_empty(), "{}", shown(&loaded.problems));
    assert_eq!(loaded.entries.len(), writers.len() * SAVES);
    for name in writers {
        for number in 0..SAVES {
            assert!(loaded.find(&id(&format!("{name}-{number}"))).is_some(), "{name}-{number}");
        }
    }
    assert_eq!(names(folder.path()), ["config.cache", "config.cache.lock"]);
}

#[test]
fn a_process_that_is_killed_while_it_writes_leaves_a_whole_file() {
    let (folder, path) = folder();
    let cache = LocalCache::at(&path);
    save(&cache, vec![Entry { fetched: SystemTime::now(), ..entry("before", "1") }]);
    // It may have renamed the file before it ends: as often as needed, but some in any case.
    let (mut rounds, mut was_cut) = (0, 0);
    while rounds < 5 || was_cut < 3 {
        let (began, temporary) = (Instant::now(), path.with_extension("cache.tmp"));
        let _ = std::fs::remove_file(&temporary);
        let mut child = start(&test("endless_writer"), &path, "large");
        while !temporary.exists() {
            assert!(began.elapsed() < MINUTE, "the process does not write");
        }
        child.kill().unwrap();
        child.wait().unwrap();
        rounds += 1;
        assert!(rounds < 1000, "none was killed between creating and renaming the new file");
        was_cut += usize::from(temporary.exists());
        let loaded = cache.load_at(SystemTime::now()).unwrap();
        assert!(loaded.problems.is_empty(), "{}", shown(&loaded.problems));
        assert!(loaded.find(&id("before")).is_some());
    }
    save(&cache, vec![Entry { fetched: SystemTime::now(), ..entry("after", "1") }]);
    assert!(entries(&cache).iter().any(|entry| entry.id == id("after")));
    assert_eq!(names(folder.path()), ["config.cache", "config.cache.lock"]);
}

#[test]
fn a_disk_that_is_full_leaves_the_old_file_and_no_other() {
    let (folder, path) = folder();
    let cache = LocalCache::at(&path);
    save(&cache, vec![entry("port", "1")]);
    let before = std::fs::read(&path).unwrap();
    // The signal is ignored, so that the write returns an error as on a disk that is full.
    let mut command: Vec<_> = ["sh", "-c", "trap '' XFSZ; ulimit -f 64; exec \"$@\"", "sh"].map(str::to_owned).into();
    command.extend(test("writer_without_space"));
    assert!(start(&command, &path, "").wait().unwrap().success());
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert_eq!(names(folder.path()), ["config.cache", "config.cache.lock"]);
}
