//! Which blocking queries watch which requests: few, however many requests there are.

use std::collections::BTreeMap;

use super::super::query::{ConsulQuery, Scope, Wanted};

/// The most blocking queries of a watch at the same time.
pub(super) const PARTS: usize = 4;

/// The deepest folders that are told apart.
const DEPTH: usize = 16;

/// The requests that one blocking query watches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) subject: Subject,
    /// Their positions; not empty.
    pub(super) requests: Vec<usize>,
}

/// What a blocking query asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Subject {
    /// One key, exactly.
    Key(String),
    /// A prefix that is one request.
    Document(String),
    /// The folder of several requests. It ends in `/`, or is empty.
    Folder(String),
}

/// The parts of some requests, which may differ in their scopes.
pub(super) fn divide(queries: &[ConsulQuery]) -> Vec<Part> {
    let mut scopes: Vec<(&Scope, Vec<usize>)> = Vec::new();
    for (position, query) in queries.iter().enumerate() {
        match scopes.iter_mut().find(|(scope, _)| **scope == query.scope) {
            Some((_, positions)) => positions.push(position),
            None => scopes.push((&query.scope, vec![position])),
        }
    }
    scopes.into_iter().flat_map(|(_, positions)| of_scope(queries, &positions)).collect()
}

/// The deepest folders that are few enough: all keys are below the empty one.
fn of_scope(queries: &[ConsulQuery], positions: &[usize]) -> Vec<Part> {
    let folders = |depth: usize| {
        let mut folders: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for position in positions {
            folders.entry(beginning(folder(&queries[*position].wanted), depth)).or_default().push(*position);
        }
        folders
    };
    let few = (1..=DEPTH).rev().map(folders).find(|folders| folders.len() <= PARTS);
    few.unwrap_or_else(|| folders(0)).into_iter().map(|(folder, requests)| part(queries, folder, requests)).collect()
}

fn part(queries: &[ConsulQuery], folder: &str, requests: Vec<usize>) -> Part {
    let subject = match requests[..] {
        [one] => match &queries[one].wanted {
            Wanted::Key(key) => Subject::Key(key.clone()),
            Wanted::Prefix(prefix) => Subject::Document(prefix.clone()),
        },
        _ => Subject::Folder(folder.to_owned()),
    };
    Part { subject, requests }
}

/// The folder of a key, or a prefix itself.
fn folder(wanted: &Wanted) -> &str {
    match wanted {
        Wanted::Key(key) => key.rfind('/').map_or("", |end| &key[..=end]),
        Wanted::Prefix(prefix) => prefix,
    }
}

/// The first segments of a folder.
fn beginning(folder: &str, depth: usize) -> &str {
    match depth.checked_sub(1) {
        None => "",
        Some(last) => folder.match_indices('/').nth(last).map_or(folder, |(end, _)| &folder[..=end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(key: &str) -> ConsulQuery {
        ConsulQuery { scope: Scope::default(), wanted: Wanted::key(key).unwrap() }
    }

    fn prefix(prefix: &str) -> ConsulQuery {
        ConsulQuery { scope: Scope::default(), wanted: Wanted::prefix(prefix).unwrap() }
    }

    fn folder_of(name: &str, requests: &[usize]) -> Part {
        Part { subject: Subject::Folder(name.to_owned()), requests: requests.to_vec() }
    }

    fn key_of(name: &str, request: usize) -> Part {
        Part { subject: Subject::Key(name.to_owned()), requests: vec![request] }
    }

    #[test]
    fn keys_of_one_folder_share_a_query_and_a_single_one_is_asked_for_exactly() {
        let parts = divide(&[key("app/a"), key("app/b"), key("other/c"), key("top")]);
        assert_eq!(parts, [key_of("top", 3), folder_of("app/", &[0, 1]), key_of("other/c", 2)]);
    }

    #[test]
    fn many_folders_share_the_one_around_them() {
        let deep: Vec<_> = (0..100).map(|number| key(&format!("shop/{number}/port"))).collect();
        assert_eq!(divide(&deep), [folder_of("shop/", &(0..100).collect::<Vec<_>>())]);
        let apart: Vec<_> = (0..100).map(|number| key(&format!("shop{number}/port"))).collect();
        assert_eq!(divide(&apart), [folder_of("", &(0..100).collect::<Vec<_>>())]);
        let endless: Vec<_> = (0..100).map(|number| key(&format!("{}{number}/x", "a/".repeat(20)))).collect();
        assert_eq!(divide(&endless), [folder_of(&"a/".repeat(DEPTH), &(0..100).collect::<Vec<_>>())]);
    }

    #[test]
    fn a_prefix_is_a_document_unless_it_shares_its_query() {
        let document = Part { subject: Subject::Document("app/".to_owned()), requests: vec![0] };
        assert_eq!(divide(&[prefix("app")]), [document]);
        assert_eq!(divide(&[prefix("app"), key("app/a")]), [folder_of("app/", &[0, 1])]);
    }

    #[test]
    fn scopes_are_watched_apart() {
        let elsewhere =
            ConsulQuery { scope: Scope { datacenter: Some("dc2".into()), ..Scope::default() }, ..key("app/a") };
        assert_eq!(divide(&[key("app/a"), elsewhere]), [key_of("app/a", 0), key_of("app/a", 1)]);
    }
}
