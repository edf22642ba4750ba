//! Which streams watch which requests: one, if all keys are in one folder, and few otherwise.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use super::super::query::{EtcdQuery, Wanted};

/// The most streams of a watch.
pub(super) const STREAMS: usize = 4;

/// The positions of the requests of each stream.
pub(super) fn divide(queries: &[EtcdQuery]) -> Vec<Vec<usize>> {
    let mut folders: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (position, query) in queries.iter().enumerate() {
        folders.entry(folder(query.wanted.text())).or_default().push(position);
    }
    if folders.len() > STREAMS {
        return vec![(0..queries.len()).collect()];
    }
    folders.into_values().collect()
}

/// The first folder that has a name, with what is before it; nothing, if the key is in none.
fn folder(key: &str) -> &str {
    let name = key.len() - key.trim_start_matches('/').len();
    key[name..].find('/').map_or("", |end| &key[..=name + end])
}

/// The smallest range that has all of some requests; `None` if there are none.
pub(super) fn covering<'q>(queries: impl IntoIterator<Item = &'q EtcdQuery>) -> Option<(Vec<u8>, Vec<u8>)> {
    let ranges = queries.into_iter().map(|query| query.wanted.range());
    ranges.reduce(|(begin, end), (other_begin, other_end)| (begin.min(other_begin), end.max(other_end)))
}

/// Which requests a key belongs to.
#[derive(Debug, Default)]
pub(super) struct Index {
    keys: HashMap<Vec<u8>, Vec<usize>>,
    prefixes: Vec<(Vec<u8>, usize)>,
}

impl Index {
    pub(super) fn of(queries: &[EtcdQuery], positions: &[usize]) -> Arc<Self> {
        let mut index = Self::default();
        for position in positions {
            match &queries[*position].wanted {
                Wanted::Key(key) => index.keys.entry(key.clone().into_bytes()).or_default().push(*position),
                Wanted::Prefix(prefix) => index.prefixes.push((prefix.clone().into_bytes(), *position)),
            }
        }
        Arc::new(index)
    }

    /// The requests for the key itself.
    pub(super) fn of_key(&self, key: &[u8]) -> &[usize] {
        self.keys.get(key).map_or(&[], Vec::as_slice)
    }

    /// The requests for a prefix that the key is below.
    pub(super) fn of_prefixes(&self, key: &[u8]) -> impl Iterator<Item = usize> {
        self.prefixes.iter().filter(move |(prefix, _)| key.starts_with(prefix)).map(|(_, position)| *position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::etcd::query::Consistency;

    fn queries(keys: &[&str]) -> Vec<EtcdQuery> {
        let query = |key: &&str| EtcdQuery {
            wanted: match key.strip_suffix('*') {
                Some(prefix) => Wanted::Prefix(prefix.to_owned()),
                None => Wanted::Key((*key).to_owned()),
            },
            consistency: Consistency::Linearizable,
        };
        keys.iter().map(query).collect()
    }

    #[test]
    fn keys_of_one_folder_have_one_stream_and_others_few() {
        for (keys, expected) in [
            (&["shop/a", "shop/b/c", "shop/*"][..], vec![vec![0, 1, 2]]),
            (&["/shop/a", "/shop/b"], vec![vec![0, 1]]),
            (&["shop/a", "app/a", "/app/a", "port"], vec![vec![3], vec![2], vec![1], vec![0]]),
            (&["a/", "b/", "c/", "d/", "e/"], vec![vec![0, 1, 2, 3, 4]]),
            (&["a", "b", "c"], vec![vec![0, 1, 2]]),
            (&[], vec![]),
        ] {
            assert_eq!(divide(&queries(keys)), expected, "{keys:?}");
        }
    }

    #[test]
    fn the_range_has_all_keys_and_no_more_than_what_is_between_them() {
        let range = covering(&queries(&["app/b", "app/a", "app/a/x"])).unwrap();
        assert_eq!(range, (b"app/a".to_vec(), b"app/b\0".to_vec()));
        let range = covering(&queries(&["app/b", "app/*"])).unwrap();
        assert_eq!(range, (b"app/".to_vec(), b"app0".to_vec()));
        assert_eq!(covering(&queries(&[])), None);
    }

    #[test]
    fn a_key_belongs_to_its_own_requests_and_to_those_of_its_prefixes() {
        let queries = queries(&["a/b", "a/*", "a/b", "a/b/*"]);
        let index = Index::of(&queries, &[0, 1, 2, 3]);
        assert_eq!(index.of_key(b"a/b"), [0, 2]);
        assert_eq!(index.of_prefixes(b"a/b").collect::<Vec<_>>(), [1]);
        assert!(index.of_key(b"a/c").is_empty() && index.of_prefixes(b"b").next().is_none());
    }
}
