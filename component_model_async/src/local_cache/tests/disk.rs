//! Files of others, links, permissions, folders, and temporary files.
#![cfg(unix)]

use std::{
    fs::{self, Permissions},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink},
};

use super::*;
use crate::{ErrorKind, local_cache::lock};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o777
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Neither a load nor a save uses what is at the path; the kind and the text of both errors.
fn refused(cache: &LocalCache, expected: &str) -> ErrorKind {
    let errors = [cache.load_at(now()).unwrap_err(), save_at(cache, now(), vec![entry("port", "1")]).unwrap_err()];
    for error in &errors {
        let text = shown([error]);
        assert!(text.contains(expected) && text.contains("config.cache"), "{text}");
        assert!(error.hint().is_some(), "{text}");
    }
    assert_eq!(errors[0].kind(), errors[1].kind());
    errors[0].kind()
}

#[test]
fn only_the_owner_can_read_what_is_written() {
    let (folder, path) = folder();
    let nested = folder.path().join("new/folders/config.cache");
    for path in [path, nested.clone()] {
        save(&LocalCache::at(&path), vec![entry("port", "1")]);
        assert_eq!((mode(&path), mode(&path.with_extension("cache.lock"))), (0o600, 0o600));
    }
    assert_eq!(mode(nested.parent().unwrap()), 0o700);
    assert_eq!(names(folder.path()), ["config.cache", "config.cache.lock", "new"]);
}

#[test]
fn a_file_that_others_may_read_is_reported_and_used_and_the_next_save_mends_it() {
    let (_folder, path) = folder();
    let cache = LocalCache::at(&path);
    save(&cache, vec![entry("port", "1")]);
    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    let loaded = load(&cache);
    assert_eq!(loaded.entries, [entry("port", "1")]);
    assert!(shown(&loaded.problems).contains("other users may read"), "{}", shown(&loaded.problems));
    save(&cache, vec![]);
    assert_eq!((mode(&path), entries(&cache)), (0o600, vec![entry("port", "1")]));
}

#[test]
fn a_file_that_others_may_write_is_neither_used_nor_replaced() {
    let (_folder, path) = folder();
    let cache = LocalCache::at(&path);
    save(&cache, vec![entry("port", "1")]);
    let before = fs::read(&path).unwrap();
    for mode in [0o620, 0o602, 0o666] {
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        assert_eq!(refused(&cache, &format!("its mode is {mode:04o}")), ErrorKind::Denied);
    }
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_lock_that_others_may_take_is_not_used() {
    let (_folder, path) = folder();
    let cache = LocalCache::at(&path);
    save(&cache, vec![entry("port", "1")]);
    fs::set_permissions(path.with_extension("cache.lock"), Permissions::from_mode(0o666)).unwrap();
    let error = save_at(&cache, now(), vec![entry("port", "2")]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert!(error.to_string().contains("config.cache.lock"), "{error}");
}

#[test]
fn a_file_of_another_user_is_neither_used_nor_replaced() {
    let (_folder, path) = folder();
    if is_root() {
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        std::os::unix::fs::chown(&path, Some(65_534), None).unwrap();
        assert_eq!(refused(&LocalCache::at(&path), "belongs to another user"), ErrorKind::Denied);
    } else {
        let error = LocalCache::at("/etc/passwd").load_at(now()).unwrap_err();
        assert!(error.to_string().contains("belongs to another user"), "{error}");
    }
}

#[test]
fn a_symbolic_link_is_not_followed_wherever_it_is() {
    let (folder, path) = folder();
    let target = folder.path().join("target");
    fs::write(&target, "precious").unwrap();
    fs::set_permissions(&target, Permissions::from_mode(0o600)).unwrap();
    let cache = LocalCache::at(&path);
    for dangling in [false, true] {
        let to = if dangling { folder.path().join("nowhere") } else { target.clone() };
        symlink(&to, &path).unwrap();
        assert_eq!(refused(&cache, "a symbolic link"), ErrorKind::Misconfigured);
        fs::remove_file(&path).unwrap();

        // A link in place of the temporary file is removed, one in place of the lock refused.
        symlink(&to, path.with_extension("cache.tmp")).unwrap();
        save(&cache, vec![entry("port", "1")]);
        fs::remove_file(path.with_extension("cache.lock")).unwrap();
        symlink(&to, path.with_extension("cache.lock")).unwrap();
        let error = save_at(&cache, now(), vec![entry("port", "2")]).unwrap_err();
        assert!(error.to_string().contains("config.cache.lock` is a symbolic link"), "{error}");
        assert_eq!(value(&cache, "port"), Some(Value::text("1")));
        fs::remove_file(path.with_extension("cache.lock")).unwrap();
        fs::remove_file(&path).unwrap();
    }
    assert_eq!(fs::read_to_string(&target).unwrap(), "precious");
    assert_eq!(names(folder.path()), ["target"]);
}

#[test]
fn a_link_to_the_folder_is_followed() {
    let (folder, path) = folder();
    symlink(folder.path(), folder.path().join("link")).unwrap();
    save(&LocalCache::at(folder.path().join("link/config.cache")), vec![entry("port", "1")]);
    assert_eq!(entries(&LocalCache::at(path)), [entry("port", "1")]);
}

#[test]
fn what_is_not_a_regular_file_is_refused_without_opening_it() {
    let (folder, path) = folder();
    fs::create_dir(&path).unwrap();
    assert_eq!(refused(&LocalCache::at(&path), "not a regular file"), ErrorKind::Misconfigured);
    fs::remove_dir(&path).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    assert_eq!(refused(&LocalCache::at(&path), "not a regular file"), ErrorKind::Misconfigured);
    let error = save_at(&LocalCache::at(folder.path().join("..")), now(), vec![]).unwrap_err();
    assert!(error.to_string().contains("not the path of a file"), "{error}");
}

#[test]
fn a_file_of_something_else_is_neither_used_nor_replaced() {
    let (_folder, path) = folder();
    for (text, expected) in
        [("port = 8080\n", "not a local cache"), ("component_model local cache 2\n{}\n", "of another version")]
    {
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        assert_eq!(refused(&LocalCache::at(&path), expected), ErrorKind::Misconfigured);
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
    fs::File::options().write(true).open(&path).unwrap().set_len(17 << 20).unwrap();
    assert_eq!(refused(&LocalCache::at(&path), "larger than 16 MiB"), ErrorKind::TooLarge);
}

#[test]
fn an_empty_file_is_a_truncated_one_and_is_written() {
    let (_folder, path) = folder();
    fs::write(&path, "").unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    let cache = LocalCache::at(path);
    assert!(shown(&load(&cache).problems).contains("truncated"));
    save(&cache, vec![entry("port", "1")]);
    assert_eq!(entries(&cache), [entry("port", "1")]);
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error_and_the_file_is_read() {
    let (folder, path) = folder();
    let cache = LocalCache::at(&path);
    save(&cache, vec![entry("port", "1")]);
    let before = fs::read(&path).unwrap();
    // Permissions do not stop the superuser, but the kernel's own file system does.
    let (error, file) = if is_root() {
        let path = PathBuf::from("/sys/kernel/config.cache");
        (save_at(&LocalCache::at(&path), now(), vec![entry("port", "2")]).unwrap_err(), path)
    } else {
        fs::set_permissions(folder.path(), Permissions::from_mode(0o500)).unwrap();
        let error = save_at(&cache, now(), vec![entry("port", "2")]).unwrap_err();
        assert_eq!(entries(&cache), [entry("port", "1")]);
        fs::set_permissions(folder.path(), Permissions::from_mode(0o700)).unwrap();
        (error, path.clone())
    };
    let text = shown([&error]);
    assert!(matches!(error.kind(), ErrorKind::Denied | ErrorKind::Misconfigured), "{text}");
    assert!(
        text.contains(&file.display().to_string()) && text.contains("os error") && error.hint().is_some(),
        "{text}"
    );
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_folder_that_is_a_file_is_an_error_that_names_it() {
    let (_folder, path) = folder();
    fs::write(&path, "").unwrap();
    let error = save_at(&LocalCache::at(path.join("config.cache")), now(), vec![]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misconfigured, "{}", shown([&error]));
}

#[test]
fn a_temporary_file_that_was_left_behind_is_removed() {
    let (folder, path) = folder();
    fs::write(path.with_extension("cache.tmp"), "half an ent").unwrap();
    save(&LocalCache::at(&path), vec![entry("port", "1")]);
    assert_eq!(names(folder.path()), ["config.cache", "config.cache.lock"]);
}

#[test]
fn a_save_waits_for_the_lock_but_not_for_ever() {
    let (_folder, path) = folder();
    let held = lock::acquire(&path, MINUTE).unwrap();
    let error = lock::acquire(&path, Duration::from_millis(50)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(shown([&error]).contains("config.cache.lock` for too long"), "{}", shown([&error]));
    let waiter = std::thread::spawn(move || {
        save(&LocalCache::at(&path), vec![entry("port", "1")]);
        entries(&LocalCache::at(&path))
    });
    std::thread::sleep(Duration::from_millis(20));
    drop(held);
    assert_eq!(waiter.join().unwrap(), [entry("port", "1")]);
}

#[test]
fn a_lock_that_was_deleted_while_it_was_held_locks_nobody_out() {
    let (_folder, path) = folder();
    let held = lock::acquire(&path, MINUTE).unwrap();
    fs::remove_file(path.with_extension("cache.lock")).unwrap();
    let again = lock::acquire(&path, MINUTE).unwrap();
    drop(held);
    assert!(lock::acquire(&path, Duration::ZERO).is_err());
    drop(again);
}

#[tokio::test]
async fn a_save_that_nobody_waits_for_is_written_and_the_newest_value_stays() {
    let (_folder, path) = folder();
    let cache = LocalCache::at(&path);
    let held = lock::acquire(&path, MINUTE).unwrap();
    let at = |seconds| SystemTime::now() - Duration::from_secs(seconds);
    drop(cache.save(vec![Entry { fetched: at(50), ..entry("port", "1") }], |saved| saved.unwrap()).unwrap());
    while cache.writing.has_queued() {
        tokio::task::yield_now().await;
    }
    for (seconds, value) in [(10, "3"), (20, "2")] {
        let saving = cache.save(vec![Entry { fetched: at(seconds), ..entry("port", value) }], unheard);
        assert!(saving.is_none(), "the thread that runs writes it");
    }
    assert!(tokio::time::timeout(Duration::from_millis(20), cache.end()).await.is_err());
    drop(held);
    cache.end().await;
    assert_eq!(cache.load().await.find(&id("port")).unwrap().value, Some(Value::text("3")));
}

#[tokio::test]
async fn saves_and_loads_that_are_dropped_at_any_moment_leave_a_whole_file() {
    let (folder, path) = folder();
    let cache = LocalCache::at(&path);
    for round in 0..40 {
        let update = Entry { fetched: SystemTime::now(), ..entry("port", format!("{round} {}", "x".repeat(100_000))) };
        if let Some(saving) = cache.save(vec![update], |saved| saved.unwrap()) {
            let _ = tokio::time::timeout(Duration::from_micros(100 * round), saving).await;
        }
        let _ = tokio::time::timeout(Duration::from_micros(10 * round), cache.load()).await;
        let loaded = LocalCache::at(&path).load().await;
        assert!(loaded.problems.is_empty(), "{}", shown(&loaded.problems));
    }
    cache.end().await;
    assert_eq!(names(folder.path()), ["config.cache", "config.cache.lock"]);
}

#[tokio::test]
async fn a_load_does_not_wait_for_a_save_that_waits_for_the_lock() {
    let (_folder, path) = folder();
    let cache = LocalCache::at(&path);
    save(&cache, vec![Entry { fetched: SystemTime::now(), ..entry("port", "1") }]);
    let held = lock::acquire(&path, MINUTE).unwrap();
    let mut saving = cache.save(vec![entry("host", "a")], unheard).unwrap();
    assert_eq!(cache.load().await.entries.len(), 1);
    assert!(saving.try_recv().is_err());
    drop(held);
    saving.await.unwrap().unwrap();
}

#[tokio::test]
async fn loads_that_are_not_polled_hold_up_nobody() {
    let (_folder, path) = folder();
    let cache = LocalCache::at(&path);
    save(&cache, vec![Entry { fetched: SystemTime::now(), ..entry("port", "1") }]);
    let mut left = Vec::new();
    for _ in 0..3 {
        let mut load = Box::pin(cache.load());
        // On a busy machine the thread may have read the file already.
        if futures_util::FutureExt::now_or_never(load.as_mut()).is_none() {
            left.push(load);
        }
    }
    for _ in 0..3 {
        let loaded = tokio::time::timeout(MINUTE, cache.load()).await.unwrap();
        assert_eq!(loaded.entries.len(), 1);
    }
}

#[test]
fn clones_with_other_settings_read_and_write_by_themselves() {
    let cache = LocalCache::at("config.cache");
    assert!(std::sync::Arc::ptr_eq(&cache.clone().reading, &cache.reading));
    let sealed = cache.clone().encrypted_with(LocalCacheKey::from_bytes([7; 32]));
    for other in [sealed, cache.clone().max_age(MINUTE), cache.clone().retention(MINUTE)] {
        assert!(!std::sync::Arc::ptr_eq(&other.reading, &cache.reading));
        assert!(!std::sync::Arc::ptr_eq(&other.writing, &cache.writing));
    }
}
