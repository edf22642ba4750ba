//! Converts lists of string slices into collections of owned text.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    path::PathBuf,
};

use super::{ByItems, IntoValue, Reason, TryIntoValue};

/// Both traits for one pair of types: a conversion that cannot fail can also be tried.
macro_rules! items {
    ($collection:ty, [$($generics:tt)*] $value:ty, $own:expr) => {
        impl<$($generics)*> IntoValue<$collection, ByItems> for $value {
            #[inline]
            fn into_value(self) -> $collection {
                self.into_iter().map($own).collect()
            }
        }

        impl<$($generics)*> TryIntoValue<$collection, ByItems> for $value {
            #[inline]
            fn try_into_value(self) -> Result<$collection, Reason> {
                Ok(self.into_value())
            }
        }
    };
}

macro_rules! lists {
    ($($collection:ident<$item:ty>),*) => { $(
        items!($collection<$item>, [const N: usize] [&str; N], <$item>::from);
        items!($collection<$item>, [] Vec<&str>, <$item>::from);
    )* };
}

macro_rules! maps {
    ($($collection:ident),*) => { $(
        items!($collection<String, String>, [const N: usize] [(&str, &str); N], owned);
    )* };
}

lists!(Vec<String>, HashSet<String>, BTreeSet<String>, Vec<PathBuf>, HashSet<PathBuf>, BTreeSet<PathBuf>);
maps!(HashMap, BTreeMap);

fn owned((key, value): (&str, &str)) -> (String, String) {
    (key.to_owned(), value.to_owned())
}
