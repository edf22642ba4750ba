//! No bytes cause a panic, and none are taken for what was not written.

use proptest::test_runner::TestRunner;

use super::*;
use crate::{
    ErrorKind,
    local_cache::{access, format},
};

/// Several entries, in a file that is written once.
fn saved(cache: &LocalCache) -> (Vec<Entry>, Vec<u8>) {
    let list = Value::List(vec![Value::Unsigned(1), Value::Map(vec![("a".to_owned(), Value::Null)])]);
    let written = vec![entry("host", "db"), entry("list", list), entry("port", "8080"), entry("ü", "é")];
    save(cache, written.clone());
    (written, std::fs::read(&cache.path).unwrap())
}

/// Puts bytes into the file, which may have been written by another test case.
fn put(cache: &LocalCache, bytes: &[u8]) {
    let mut options = std::fs::OpenOptions::new();
    let file = access::private(options.write(true).create(true).truncate(true)).open(&cache.path);
    std::io::Write::write_all(&mut file.unwrap(), bytes).unwrap();
}

/// Loads the bytes; every entry that is used must be one that was written.
fn loads_safely(cache: &LocalCache, bytes: &[u8], written: &[Entry]) -> Result<(), TestCaseError> {
    put(cache, bytes);
    match cache.load_at(now()) {
        Err(error) => prop_assert_eq!(error.kind(), ErrorKind::Misconfigured),
        Ok(loaded) => {
            for entry in &loaded.entries {
                prop_assert!(written.contains(entry), "{:?}", entry);
            }
            prop_assert!(loaded.entries == written || !loaded.problems.is_empty(), "no problem is reported");
        }
    }
    Ok(())
}

/// Saves when the file has these bytes: afterwards it is whole, unless it was foreign.
fn saves_safely(cache: &LocalCache, bytes: &[u8]) -> Result<(), TestCaseError> {
    put(cache, bytes);
    let update = entry("new", "1");
    match save_at(cache, now(), vec![update.clone()]) {
        Err(_) => prop_assert_eq!(std::fs::read(&cache.path).unwrap(), bytes),
        Ok(()) => prop_assert!(entries(cache).contains(&update)),
    }
    Ok(())
}

fn caches() -> (TempDir, [LocalCache; 2]) {
    let (folder, path) = folder();
    let sealed = LocalCache::at(path.with_extension("sealed")).encrypted_with(key(1));
    (folder, [LocalCache::at(path), sealed])
}

#[test]
fn a_file_that_was_cut_at_any_byte_is_used_as_far_as_it_goes() {
    let (_folder, caches) = caches();
    for cache in caches {
        let (written, bytes) = saved(&cache);
        let mut before = 0;
        for length in 0..bytes.len() {
            std::fs::write(&cache.path, &bytes[..length]).unwrap();
            let loaded = load(&cache);
            assert!(loaded.entries.len() >= before && written.starts_with(&loaded.entries), "{length}");
            assert!(length == bytes.len() - 1 || loaded.problems.len() == 1, "{length}: {}", shown(&loaded.problems));
            before = loaded.entries.len();
        }
        assert_eq!(before, written.len());
        std::fs::write(&cache.path, &bytes[..bytes.len() / 2]).unwrap();
        let text = shown(&load(&cache).problems);
        assert!(text.contains("Malformed") && text.contains("truncated") && text.contains("repaired"), "{text}");
    }
}

#[test]
fn a_save_repairs_a_damaged_file() {
    let (_folder, caches) = caches();
    for cache in caches {
        let (written, mut bytes) = saved(&cache);
        let end = bytes.len() - 100;
        bytes[end] ^= 1;
        std::fs::write(&cache.path, &bytes).unwrap();
        assert!(!load(&cache).problems.is_empty());
        save(&cache, written.clone());
        assert_eq!(entries(&cache), written);

        // Only the last line is damaged, and there is nothing new.
        let end = std::fs::metadata(&cache.path).unwrap().len() - 2;
        std::fs::File::options().write(true).open(&cache.path).unwrap().set_len(end).unwrap();
        assert_eq!(load(&cache).problems.len(), 1);
        save(&cache, vec![]);
        assert_eq!(entries(&cache), written);
    }
}

#[derive(Debug, Clone)]
enum Mutation {
    Flip(usize, u8),
    Insert(usize, Vec<u8>),
    Remove(usize, usize),
    Copy(usize, usize, usize),
    Line(usize, usize),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let at = any::<prop::sample::Index>().prop_map(|index| index.index(100_000));
    prop_oneof![
        (at.clone(), 1u8..).prop_map(|(at, bits)| Mutation::Flip(at, bits)),
        (at.clone(), prop::collection::vec(any::<u8>(), 1..20)).prop_map(|(at, bytes)| Mutation::Insert(at, bytes)),
        (at.clone(), 1usize..200).prop_map(|(at, length)| Mutation::Remove(at, length)),
        (at.clone(), at.clone(), 1usize..200).prop_map(|(from, to, length)| Mutation::Copy(from, to, length)),
        (0usize..8, 0usize..8).prop_map(|(from, to)| Mutation::Line(from, to)),
    ]
}

fn mutate(mut bytes: Vec<u8>, mutation: &Mutation) -> Vec<u8> {
    let place = |at: &usize| at % (bytes.len() + 1);
    match mutation {
        Mutation::Flip(at, bits) => {
            let at = place(at).min(bytes.len().saturating_sub(1));
            bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= bits);
        }
        Mutation::Insert(at, inserted) => {
            let at = place(at);
            bytes.splice(at..at, inserted.iter().copied());
        }
        Mutation::Remove(at, length) => {
            let at = place(at);
            bytes.drain(at..(at + length).min(bytes.len()));
        }
        Mutation::Copy(from, to, length) => {
            let (from, to) = (place(from), place(to));
            let copied = bytes[from..(from + length).min(bytes.len())].to_vec();
            bytes.splice(to..to, copied);
        }
        Mutation::Line(from, to) => {
            let mut lines: Vec<_> = bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
            if *from < lines.len() {
                let line = lines.remove(*from);
                lines.insert(*to % (lines.len() + 1), line);
            }
            bytes = lines.concat();
        }
    }
    bytes
}

fn mutations() -> impl Strategy<Value = Vec<Mutation>> {
    prop::collection::vec(mutation(), 1..5)
}

fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..300)
}

#[test]
fn a_file_that_was_changed_is_never_taken_for_what_was_not_written() {
    let (_folder, caches) = caches();
    for cache in caches {
        let (written, bytes) = saved(&cache);
        let load = |mutations: Vec<_>| loads_safely(&cache, &mutations.iter().fold(bytes.clone(), mutate), &written);
        TestRunner::new(cases(1000)).run(&mutations(), load).unwrap();
        let save = |mutations: Vec<_>| saves_safely(&cache, &mutations.iter().fold(bytes.clone(), mutate));
        TestRunner::new(cases(50)).run(&mutations(), save).unwrap();
    }
}

#[test]
fn any_bytes_are_no_local_cache() {
    let (_folder, caches) = caches();
    for cache in caches {
        let load = |bytes: Vec<u8>| loads_safely(&cache, &bytes, &[]);
        TestRunner::new(cases(500)).run(&any_bytes(), load).unwrap();
        let save = |bytes: Vec<u8>| saves_safely(&cache, &bytes);
        TestRunner::new(cases(20)).run(&any_bytes(), save).unwrap();
    }
}

/// The checksums do not protect from somebody who writes matching ones: the parsers behind them see any text.
#[test]
fn heads_and_bodies_with_a_right_checksum_may_be_anything() {
    let (_folder, caches) = caches();
    for cache in caches {
        let (_, whole) = saved(&cache);
        let lines = format::read(&whole).unwrap().lines;
        let forge = |(head, body): (String, String)| {
            let forged = [format::Line::new(&head, &body), format::Line::new(lines[0].head(), &body)];
            put(&cache, &format::write(&[&lines[..], &forged].concat()));
            let loaded = load(&cache);
            prop_assert!(loaded.entries.len() >= 3 && !loaded.problems.is_empty());
            Ok(())
        };
        let texts = ("[^\t\n]{0,40}", "[^\n]{0,40}");
        TestRunner::new(cases(200)).run(&texts, forge).unwrap();
        save(&cache, vec![entry("new", "1")]);
        assert!(load(&cache).find(&id("new")).is_some());
    }
}
