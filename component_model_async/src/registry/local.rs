//! The last known good values, as the engine uses them; without the feature `local-cache` there are none.

use std::{
    hash::{Hash, Hasher},
    time::Duration,
};

use crate::{Opaque, Record};

/// The name of the local cache in `fallback_to = "…"`.
pub(crate) const LOCAL_CACHE: &str = "local_cache";

/// What a last known good value belongs to: a component, and the request that it was the answer to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LocalId {
    pub(crate) component: String,
    pub(crate) source: String,
    pub(crate) locator: String,
}

impl LocalId {
    /// `query` tells requests apart that have one locator, such as those of a statement with other parameters. It is left out
    /// if it contains a secret, since the identity is written in plain text.
    pub(crate) fn new(component: &str, source: &str, locator: &str, query: Option<&Opaque>) -> Self {
        let locator = match query {
            Some(query) => format!("{locator} #{:016x}", fingerprint(query)),
            None => locator.to_owned(),
        };
        Self { component: component.to_owned(), source: source.to_owned(), locator }
    }
}

/// A value that was fetched, to be the last known good one.
#[cfg_attr(not(feature = "local-cache"), expect(dead_code, reason = "nothing is stored without the feature"))]
pub(crate) struct Good {
    pub(crate) id: LocalId,
    pub(crate) record: Record,
    /// How long ago it was fetched.
    pub(crate) age: Duration,
    pub(crate) sensitive: bool,
}

/// FNV-1a, the same in every process: the hash of the standard library is not specified.
struct Fnv(u64);

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

fn fingerprint(query: &Opaque) -> u64 {
    let mut fnv = Fnv(0xcbf2_9ce4_8422_2325);
    query.hash(&mut fnv);
    fnv.finish()
}

#[cfg(feature = "local-cache")]
mod stored {
    use std::time::SystemTime;

    use tokio::time::timeout;

    use super::{Good, LocalId};
    use crate::{
        ErrorKind, LocalCache, Record, SourceError,
        local_cache::{Entry, EntryId, Loaded},
        log, metrics,
        policy::timeout::{DEFAULT, exceeded},
    };

    /// Where last known good values are stored, if anywhere.
    #[derive(Debug, Clone, Default)]
    pub(crate) struct Local(Option<LocalCache>);

    /// The values that were stored.
    pub(crate) struct LocalValues(Loaded);

    impl Local {
        pub(crate) fn new(cache: LocalCache) -> Self {
            Self(Some(cache))
        }

        /// Why values cannot be stored.
        pub(crate) fn problem(&self) -> Option<SourceError> {
            let message = "no local cache is set up";
            let hint = "set `LOCAL_CACHE` to a file, or give one to `Sources::builder().local_cache(..)`";
            self.0.is_none().then(|| SourceError::new(ErrorKind::NotSetUp, message).with_hint(hint))
        }

        /// Why the value of a component cannot be stored.
        pub(crate) fn refusal(&self, sensitive: bool) -> Option<SourceError> {
            self.0.as_ref()?.refusal(sensitive)
        }

        pub(crate) async fn load(&self) -> LocalValues {
            let Some(cache) = &self.0 else { return LocalValues(Loaded::default()) };
            let loaded = timeout(DEFAULT, cache.load())
                .await
                .unwrap_or_else(|_| Loaded { problems: vec![exceeded(DEFAULT)], ..Loaded::default() });
            loaded.problems.iter().for_each(log::local_cache);
            metrics::local_cache(true, loaded.problems.is_empty());
            LocalValues(loaded)
        }

        pub(crate) async fn save(&self, values: Vec<Good>) {
            let Some(cache) = &self.0 else { return };
            let now = SystemTime::now();
            let entry = |good: Good| Entry {
                value: good.record.value().clone(),
                version: good.record.version().cloned(),
                fetched: now.checked_sub(good.age).unwrap_or(now),
                sensitive: good.sensitive,
                id: id(&good.id),
            };
            let saved = cache.save(values.into_iter().map(entry).collect()).await;
            metrics::local_cache(false, saved.is_ok());
            if let Err(problem) = saved {
                log::local_cache(&problem);
            }
        }
    }

    impl LocalValues {
        /// The value of a component, with its age if the clock allows to tell.
        pub(crate) fn find(&self, sought: &LocalId) -> Option<(Record, Option<std::time::Duration>)> {
            let entry = self.0.find(&id(sought))?;
            let record = Record::new(entry.value.clone());
            let record = if entry.sensitive { record.sensitive() } else { record };
            let record = entry.version.clone().into_iter().fold(record, Record::with_version);
            Some((record, entry.age(SystemTime::now())))
        }
    }

    fn id(id: &LocalId) -> EntryId {
        EntryId::new(&*id.component, &*id.source, &*id.locator)
    }
}

#[cfg(not(feature = "local-cache"))]
mod stored {
    use super::{Good, LOCAL_CACHE, LocalId};
    use crate::{ErrorKind, Record, SourceError};

    #[derive(Debug, Clone, Default)]
    pub(crate) struct Local;

    pub(crate) struct LocalValues;

    impl Local {
        pub(crate) fn problem(&self) -> Option<SourceError> {
            let message = format!("`{LOCAL_CACHE}` is not compiled in");
            let hint = "turn on the cargo feature `local-cache`";
            Some(SourceError::new(ErrorKind::UnknownSource, message).with_hint(hint))
        }

        pub(crate) fn refusal(&self, _: bool) -> Option<SourceError> {
            None
        }

        pub(crate) async fn load(&self) -> LocalValues {
            LocalValues
        }

        pub(crate) async fn save(&self, _: Vec<Good>) {}
    }

    impl LocalValues {
        pub(crate) fn find(&self, _: &LocalId) -> Option<(Record, Option<std::time::Duration>)> {
            None
        }
    }
}

pub(crate) use self::stored::{Local, LocalValues};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fingerprint_is_the_same_in_every_process() {
        let mut fnv = Fnv(0xcbf2_9ce4_8422_2325);
        fnv.write(b"foobar");
        // From the test vectors of the authors of FNV.
        assert_eq!(fnv.finish(), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn requests_with_one_locator_are_told_apart() {
        let id =
            |parameter: &str| LocalId::new("A.b", "database", "SELECT $1", Some(&Opaque::new(parameter.to_owned())));
        assert_eq!(id("eu"), id("eu"));
        assert_ne!(id("eu"), id("us"));
    }
}
