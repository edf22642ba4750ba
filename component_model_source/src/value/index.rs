//! The names of large maps.

use std::collections::HashMap;

use super::Value;

/// From this size on a map is indexed.
const FEW: usize = 64;

/// An index of the names in the large maps of a document, so that a lookup does not compare all of them. A map is indexed at
/// the second lookup.
///
/// ```
/// use component_model::{Value, value::Index};
///
/// let map = Value::Map((0..1000).map(|number| (number.to_string(), Value::Null)).collect());
/// let mut index = Index::default();
/// for number in 0..1000 {
///     assert_eq!(index.position(&map, &number.to_string()), Some(number));
/// }
/// ```
#[derive(Debug, Default)]
pub struct Index<'v>(HashMap<usize, Option<HashMap<&'v str, usize>>>);

impl<'v> Index<'v> {
    /// The position of a member among those of a map: [`Value::position`], but faster for many names.
    ///
    /// ```
    /// use component_model::{Value, value::Index};
    ///
    /// let map = Value::Map(vec![("port".to_owned(), Value::Null)]);
    /// let mut index = Index::default();
    /// assert_eq!((index.position(&map, "port"), index.position(&map, "host")), (Some(0), None));
    /// ```
    #[must_use]
    pub fn position(&mut self, map: &'v Value, name: &str) -> Option<usize> {
        let Value::Map(members) = map else { return None };
        if members.len() < FEW {
            return map.position(name);
        }
        // No other map takes over the address while the index borrows this one.
        let address = members.as_ptr().addr();
        let Some(names) = self.0.get_mut(&address) else {
            self.0.insert(address, None);
            return map.position(name);
        };
        let all = || members.iter().enumerate().map(|(position, (name, _))| (name.as_str(), position)).collect();
        names.get_or_insert_with(all).get(name).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_small_and_in_large_maps_and_in_maps_within_them() {
        for size in [0, 1, FEW - 1, FEW, 1000] {
            let members = |value: Value| (0..size).map(|number| (number.to_string(), value.clone())).collect();
            let map = Value::Map(members(Value::Map(vec![("inner".to_owned(), Value::Null)])));
            let mut index = Index::default();
            for _ in 0..2 {
                for number in 0..size {
                    assert_eq!(index.position(&map, &number.to_string()), Some(number), "{size}");
                }
                assert_eq!(index.position(&map, "other"), None, "{size}");
                assert_eq!(map.at(&[0]).and_then(|inner| index.position(inner, "inner")), (size > 0).then_some(0));
            }
        }
        assert_eq!(Index::default().position(&Value::Null, ""), None);
    }
}
