//! What is stored is read again, with its metadata.

use super::*;
use crate::ErrorKind;

#[test]
fn a_file_that_does_not_exist_is_empty_and_no_problem() {
    let (_folder, path) = folder();
    assert_eq!(entries(&LocalCache::at(path)), []);
}

#[tokio::test]
async fn what_was_saved_is_loaded_by_another_instance() {
    let (_folder, path) = folder();
    let fetched = SystemTime::now();
    let saving = LocalCache::at(&path).save(vec![Entry { fetched, ..entry("port", "8080") }], unheard).unwrap();
    saving.await.unwrap().unwrap();
    let loaded = LocalCache::at(&path).load().await;
    assert!(loaded.problems.is_empty(), "{loaded:?}");
    let port = loaded.find(&id("port")).unwrap();
    assert_eq!((&port.value, port.version.as_ref().unwrap().as_str()), (&Some(Value::text("8080")), "42"));
    assert!(fetched.duration_since(port.fetched).unwrap() < Duration::from_millis(1));
    assert!(loaded.find(&EntryId::new("AppConfig.port", "consul", "app/other")).is_none());
    assert!(loaded.find(&EntryId::new("AppConfig.port", "etcd", "app/port")).is_none());
    assert!(loaded.find(&EntryId::new("Other.port", "consul", "app/port")).is_none());
}

#[test]
fn a_plain_file_is_the_documented_one() {
    let (_folder, path) = folder();
    save(&LocalCache::at(&path), vec![entry("port", "8080")]);
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<_> = text.lines().map(|line| line.split('\t').collect::<Vec<_>>()).collect();
    assert_eq!(lines[0], ["component_model local cache 1"]);
    let head = r#"{"component":"AppConfig.port","source":"consul","locator":"app/port","fetched_ms":1760000000123,"sensitive":false,"sealed":false}"#;
    assert_eq!(lines[1][1..], [head, r#""42""#, r#""text:8080""#]);
    // As `printf '..' | sha256sum` has it.
    assert_eq!(lines[1][0], "a43998ad3890c574cd07519ef4b5efb20a0e7f062d24416c2b7ad3004fc4fff6");
    assert_eq!((lines[2][..2].to_vec(), lines.len()), (vec!["end", "1"], 3));
}

#[test]
fn an_entry_that_is_too_old_is_reported_and_not_used() {
    let (_folder, path) = folder();
    let old = Entry { fetched: now() - 2 * DAY, ..entry("old", "1") };
    save(&LocalCache::at(&path), vec![old, entry("new", "2")]);
    let loaded = load(&LocalCache::at(&path).max_age(DAY));
    assert_eq!(loaded.entries, [entry("new", "2")]);
    assert_eq!(loaded.problems.len(), 1);
    assert_eq!(loaded.problems[0].kind(), ErrorKind::Absent);
    assert!(loaded.problems[0].to_string().contains("older than its `max_age`: `AppConfig.old`"), "{loaded:?}");
    assert_eq!(entries(&LocalCache::at(&path).max_age(3 * DAY)).len(), 2);
}

#[test]
fn an_entry_from_the_future_is_used_and_its_age_is_unknown() {
    let (_folder, path) = folder();
    let future = Entry { fetched: now() + 365 * DAY, ..entry("port", "8080") };
    save(&LocalCache::at(&path), vec![future.clone()]);
    let loaded = entries(&LocalCache::at(&path).max_age(MINUTE));
    assert_eq!(loaded, [future]);
    assert_eq!((loaded[0].age(now()), loaded[0].age(now() + 366 * DAY)), (None, Some(DAY)));
}

#[test]
fn times_that_no_clock_has_are_stored() {
    let (_folder, path) = folder();
    let before = Entry { fetched: UNIX_EPOCH - DAY, ..entry("before", "1") };
    let latest = (0..63)
        .rev()
        .map(|bit| Duration::from_secs(1 << bit))
        .fold(UNIX_EPOCH, |time, step| time.checked_add(step).unwrap_or(time));
    let after = Entry { fetched: latest, ..entry("after", "2") };
    let cache = LocalCache::at(path).retention(Duration::MAX);
    save(&cache, vec![before, after]);
    let loaded = entries(&cache);
    assert_eq!(loaded.iter().map(|entry| entry.age(now()).is_some()).collect::<Vec<_>>(), [false, true]);
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn entries_are_the_same_afterwards_with_a_key_and_without(
        values in prop::collection::vec((any_value(), any::<Option<String>>(), any::<[String; 3]>(), 0u64..1 << 42), 0..5),
    ) {
        let make = |sensitive| {
            let entries = values.iter().enumerate().map(move |(number, (value, version, [component, source, locator], ms))| Entry {
                instead_of: Vec::new(),
                instead_since: UNIX_EPOCH,
                id: EntryId::new(format!("{number}{component}"), source, locator),
                value: Some(value.clone()),
                version: version.clone().map(Version::new),
                fetched: UNIX_EPOCH + Duration::from_millis(*ms),
                sensitive,
            });
            let mut entries: Vec<_> = entries.collect();
            entries.sort_by(|one, other| one.id.cmp(&other.id));
            entries
        };
        let (_folder, path) = folder();
        let plain = LocalCache::at(&path).retention(Duration::MAX);
        let sealed = LocalCache::at(path.with_extension("sealed")).retention(Duration::MAX).encrypted_with(key(1));
        save(&plain, make(false));
        save(&sealed, make(true));
        prop_assert_eq!(entries(&plain), make(false));
        prop_assert_eq!(entries(&sealed), make(true));
    }
}
