//! Secrets, keys, and what happens without them.

use super::*;
use crate::{ErrorKind, local_cache::format};

const SECRET: &str = "hunter2-canary";

fn secret() -> Entry {
    let version = Some(Version::new(format!("hash-of-{SECRET}")));
    Entry { sensitive: true, version, ..entry("api_key", SECRET) }
}

/// Whether any file in the folder contains the secret, in plain text or in Base64.
fn is_in_a_file(folder: &Path) -> bool {
    use base64::{Engine, engine::general_purpose::STANDARD};

    // Wherever it begins within a group of three bytes.
    let encoded = (0..3).map(|skipped| {
        let text = STANDARD.encode(format!("{}{SECRET}", "x".repeat(skipped)));
        text[4..text.len() - 4].to_owned()
    });
    let forms: Vec<String> = encoded.chain([SECRET.to_owned()]).collect();
    names(folder).iter().any(|name| {
        let bytes = std::fs::read(folder.join(name)).unwrap();
        forms.iter().any(|form| bytes.windows(form.len()).any(|window| window == form.as_bytes()))
    })
}

#[test]
fn without_a_key_a_secret_is_refused_and_in_no_file() {
    let (folder, path) = folder();
    let cache = LocalCache::at(&path);
    let error = save_at(&cache, now(), vec![secret(), entry("port", "1")]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotSetUp);
    let text = shown([&error]);
    assert!(text.contains("`AppConfig.api_key`: it is sensitive") && text.contains("encrypted_with"), "{text}");
    assert!(!text.contains(SECRET) && !is_in_a_file(folder.path()));
    assert_eq!(entries(&cache), [entry("port", "1")]);
    assert_eq!(cache.refusal(true).map(|error| error.kind()), Some(ErrorKind::NotSetUp));
    assert!(cache.refusal(false).is_none() && cache.encrypted_with(key(1)).refusal(true).is_none());
}

#[test]
fn with_a_key_a_secret_is_stored_and_in_no_file_as_text() {
    let (folder, path) = folder();
    // The search finds it where it is not encrypted.
    save(&LocalCache::at(&path), vec![entry("plain", SECRET)]);
    assert!(is_in_a_file(folder.path()));
    std::fs::remove_file(&path).unwrap();
    save(&LocalCache::at(&path), vec![entry("plain", Value::Bytes(format!("x{SECRET}").into_bytes()))]);
    assert!(is_in_a_file(folder.path()));
    std::fs::remove_file(&path).unwrap();

    let cache = LocalCache::at(&path).encrypted_with(key(1));
    save(&cache, vec![secret(), entry("also", SECRET)]);
    assert!(!is_in_a_file(folder.path()));
    let loaded = load(&cache);
    assert_eq!(loaded.find(&id("api_key")), Some(&secret()));
    assert!(!format!("{loaded:?} {cache:?}").contains(SECRET));
}

#[test]
fn what_was_stored_before_a_component_became_sensitive_is_removed() {
    let (folder, path) = folder();
    let cache = LocalCache::at(&path);
    save(&cache, vec![entry("api_key", SECRET), entry("port", "1")]);
    assert!(is_in_a_file(folder.path()));
    assert!(save_at(&cache, now(), vec![secret()]).is_err());
    assert!(!is_in_a_file(folder.path()));
    assert_eq!(entries(&cache), [entry("port", "1")]);
}

#[test]
fn with_another_key_and_without_one_entries_are_reported_and_ignored_but_stay() {
    let (_folder, path) = folder();
    let cache = LocalCache::at(&path);
    save(&cache.clone().encrypted_with(key(1)), vec![secret()]);
    for (other, kind, text) in [
        (cache.clone(), ErrorKind::NotSetUp, "no key was given"),
        (cache.clone().encrypted_with(key(2)), ErrorKind::Denied, "another key"),
    ] {
        let loaded = load(&other);
        assert!(loaded.entries.is_empty());
        let problem = loaded.problems.iter().find(|problem| problem.to_string().contains(text));
        let problem = problem.unwrap_or_else(|| panic!("{}", shown(&loaded.problems)));
        assert_eq!(problem.kind(), kind);
        assert!(problem.to_string().ends_with("`AppConfig.api_key`"), "{problem}");
        save(&other, vec![entry(text, "1")]);
    }
    assert_eq!(load(&cache.encrypted_with(key(1))).entries, [secret()]);
}

#[test]
fn with_a_key_plain_entries_are_ignored_until_they_are_fetched_again() {
    let (_folder, path) = folder();
    save(&LocalCache::at(&path), vec![entry("port", "1"), entry("other", "1")]);
    let cache = LocalCache::at(&path).encrypted_with(key(1));
    let loaded = load(&cache);
    assert!(loaded.entries.is_empty());
    assert!(shown(&loaded.problems).contains("anybody could have written them"), "{}", shown(&loaded.problems));
    save(&cache, vec![entry("port", "1")]);
    assert_eq!(load(&cache).entries, [entry("port", "1")]);
    assert_eq!(load(&LocalCache::at(&path)).entries, [entry("other", "1")]);
}

/// The heads and the bodies of a file's lines.
type Parts = Vec<(String, String)>;

/// Writes lines with right checksums, as somebody who knows the format can.
fn forge(path: &Path, change: impl FnOnce(&mut Parts)) {
    let content = format::read(&std::fs::read(path).unwrap()).unwrap();
    let mut parts: Parts = content.lines.iter().map(|line| (line.head().to_owned(), line.body().to_owned())).collect();
    change(&mut parts);
    let lines: Vec<_> = parts.iter().map(|(head, body)| format::Line::new(head, body)).collect();
    std::fs::write(path, format::write(&lines)).unwrap();
}

fn replace(lines: &mut Parts, from: &str, to: &str) {
    for (head, _) in lines {
        assert!(head.contains(from), "{head}");
        *head = head.replace(from, to);
    }
}

#[test]
fn entries_cannot_be_exchanged_or_changed_if_there_is_a_key() {
    let changes: [fn(&mut Parts); 5] = [
        |lines| {
            let other = lines[1].1.clone();
            lines[1].1 = std::mem::replace(&mut lines[0].1, other);
        },
        |lines| replace(lines, "app/", "other/"),
        |lines| replace(lines, "consul", "file"),
        |lines| replace(lines, "\"fetched_ms\":1", "\"fetched_ms\":2"),
        |lines| replace(lines, "\"sensitive\":false", "\"sensitive\":true"),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let (_folder, path) = folder();
        let cache = LocalCache::at(&path).encrypted_with(key(1));
        save(&cache, vec![entry("a", "1"), entry("b", "2")]);
        forge(&path, change);
        let loaded = load(&cache);
        assert!(loaded.entries.is_empty(), "{number}: {loaded:?}");
        assert_eq!(loaded.problems[0].kind(), ErrorKind::Denied, "{number}");
    }
}

#[test]
fn an_entry_that_claims_not_to_be_sealed_is_not_used_if_there_is_a_key() {
    let (_folder, path) = folder();
    let cache = LocalCache::at(&path).encrypted_with(key(1));
    save(&cache, vec![entry("a", "1")]);
    forge(&path, |lines| {
        lines[0].0 = lines[0].0.replace("\"sealed\":true", "\"sealed\":false");
        lines[0].1 = "null\t\"text:forged\"".to_owned();
    });
    assert!(load(&cache).entries.is_empty());
}

#[test]
fn an_entry_that_is_sensitive_and_in_plain_text_is_not_used() {
    let (_folder, path) = folder();
    let cache = LocalCache::at(&path);
    save(&cache, vec![entry("a", "1")]);
    forge(&path, |lines| replace(lines, "\"sensitive\":false", "\"sensitive\":true"));
    let loaded = load(&cache);
    assert!(loaded.entries.is_empty() && loaded.problems[0].kind() == ErrorKind::Malformed, "{loaded:?}");
}

#[test]
fn the_newest_of_two_entries_for_one_component_is_used_and_stays() {
    for swapped in [false, true] {
        let (_folder, path) = folder();
        let cache = LocalCache::at(&path).encrypted_with(key(1));
        save(&cache, vec![Entry { fetched: now() - MINUTE, ..entry("a", "old") }]);
        let old = format::read(&std::fs::read(&path).unwrap()).unwrap().lines.remove(0);
        save(&cache, vec![entry("a", "new")]);
        forge(&path, |lines| lines.insert(usize::from(swapped), (old.head().to_owned(), old.body().to_owned())));
        assert_eq!(load(&cache).entries, [entry("a", "new")]);
        save(&cache, vec![]);
        assert_eq!(entries(&cache), [entry("a", "new")]);
    }
}

#[test]
fn without_a_key_a_forged_entry_is_used_as_the_documentation_says() {
    let (_folder, path) = folder();
    let cache = LocalCache::at(&path);
    save(&cache, vec![entry("a", "1")]);
    forge(&path, |lines| lines[0].1 = "null\t\"text:forged\"".to_owned());
    assert_eq!(value(&cache, "a"), Some(Value::text("forged")));
}
