//! A map of a bounded size.

use std::{collections::HashMap, hash::Hash, mem::take};

/// A map with room for some entries, which forgets those that were not used for a while: when one half is full, what was
/// not used since the last time is forgotten.
#[derive(Debug)]
pub(crate) struct Recent<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    half: usize,
}

impl<K: Eq + Hash, V> Recent<K, V> {
    pub(crate) fn with_room_for(most: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), half: (most / 2).max(1) }
    }

    pub(crate) fn get(&mut self, key: &K) -> Option<&mut V> {
        if let Some((key, value)) = self.old.remove_entry(key) {
            self.insert(key, value);
        }
        self.young.get_mut(key)
    }

    pub(crate) fn insert(&mut self, key: K, value: V) {
        self.old.remove(&key);
        if self.young.len() >= self.half && !self.young.contains_key(&key) {
            self.old = take(&mut self.young);
        }
        self.young.insert(key, value);
    }

    /// The entry of a key, which is made if there is none.
    #[cfg(feature = "vault")]
    pub(crate) fn of(&mut self, key: &K) -> &mut V
    where
        K: Clone,
        V: Default,
    {
        if self.get(key).is_none() {
            self.insert(key.clone(), V::default());
        }
        self.young.entry(key.clone()).or_default()
    }

    #[cfg(feature = "redis")]
    pub(crate) fn remove(&mut self, key: &K) {
        self.young.remove(key);
        self.old.remove(key);
    }

    #[cfg(any(feature = "vault", test))]
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.young.iter().chain(&self.old)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_used_for_a_while_is_forgotten() {
        let mut map = Recent::with_room_for(4);
        for key in 0..100 {
            map.insert(key, key);
            assert_eq!(map.get(&0), Some(&mut 0), "{key}");
            assert!(map.iter().count() <= 4);
        }
        assert_eq!(map.get(&99), Some(&mut 99));
        assert_eq!(map.get(&50), None);
    }
}
