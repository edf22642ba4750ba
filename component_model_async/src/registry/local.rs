//! The last known good values, as the engine uses them; without the feature `local-cache` there are none.

use std::time::Duration;

use crate::{Opaque, Record, Request};

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
    pub(crate) fn new(component: &str, source: &str, request: &Request<Opaque>) -> Self {
        let locator = match request.identity() {
            Some(identity) => format!("{} #{}", request.locator(), stored::digest(identity)),
            None => request.locator().to_owned(),
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

#[cfg(feature = "local-cache")]
mod stored {
    use std::{
        collections::BTreeMap,
        sync::{Arc, Mutex, MutexGuard, PoisonError},
        time::SystemTime,
    };

    use component_model_source::time::ended_within;
    use sha2::{Digest, Sha256};

    use super::{Good, LocalId};
    use crate::{
        ErrorKind, LocalCache, Record, SourceError,
        local_cache::{Entry, EntryId, Loaded},
        log, metrics,
        policy::timeout::{DEFAULT, exceeded},
    };

    /// Where last known good values are stored, if anywhere.
    #[derive(Debug, Clone, Default)]
    pub(crate) struct Local {
        cache: Option<Result<LocalCache, SourceError>>,
        unsaved: Arc<Mutex<Unsaved>>,
    }

    /// The values that are to be stored. One fetch at a time stores what all have, so that the others do not wait for it.
    #[derive(Debug, Default)]
    struct Unsaved {
        entries: BTreeMap<EntryId, Entry>,
        is_saving: bool,
    }

    /// The values that were stored.
    pub(crate) struct LocalValues(Loaded);

    impl Local {
        pub(crate) fn new(cache: LocalCache) -> Self {
            Self::of_setup(Some(Ok(cache)))
        }

        /// A cache whose setup may have failed: the failure is the error of the components that name it.
        pub(crate) fn of_setup(cache: Option<Result<LocalCache, SourceError>>) -> Self {
            let checked = |cache: LocalCache| cache.mistake().map_or(Ok(cache), Err);
            Self { cache: cache.map(|cache| cache.and_then(checked)), ..Self::default() }
        }

        fn cache(&self) -> Option<&LocalCache> {
            self.cache.as_ref()?.as_ref().ok()
        }

        fn unsaved(&self) -> MutexGuard<'_, Unsaved> {
            self.unsaved.lock().unwrap_or_else(PoisonError::into_inner)
        }

        /// Why values cannot be stored.
        pub(crate) fn problem(&self) -> Option<SourceError> {
            let message = "no local cache is set up";
            let hint = "set `LOCAL_CACHE` to a file, or give one to `Sources::builder().local_cache(..)`";
            match &self.cache {
                None => Some(SourceError::new(ErrorKind::NotSetUp, message).with_hint(hint)),
                Some(cache) => cache.as_ref().err().cloned(),
            }
        }

        /// Why the value of a component cannot be stored.
        pub(crate) fn refusal(&self, sensitive: bool) -> Option<SourceError> {
            self.cache()?.refusal(sensitive)
        }

        /// The file; empty if there is none.
        pub(crate) fn locator(&self) -> String {
            self.cache().map(|cache| cache.path().display().to_string()).unwrap_or_default()
        }

        pub(crate) async fn load(&self) -> LocalValues {
            let Some(cache) = self.cache() else { return LocalValues(Loaded::default()) };
            let mut loaded = Loaded::default();
            if !ended_within(DEFAULT, async { loaded = cache.load().await }).await {
                loaded.problems.push(exceeded(DEFAULT));
            }
            loaded.problems.iter().for_each(log::local_cache);
            metrics::local_cache(true, loaded.problems.is_empty());
            LocalValues(loaded)
        }

        /// Stores values, unless another fetch is storing, which then stores these too. It waits for at most 2 s.
        ///
        /// # Cancel safety
        /// What was not stored is stored by the next fetch.
        pub(crate) async fn save(&self, values: Vec<Good>) {
            let Some(cache) = self.cache() else { return };
            let now = SystemTime::now();
            let entry = |good: Good| Entry {
                value: good.record.value().clone(),
                version: good.record.version().cloned(),
                fetched: now.checked_sub(good.age).unwrap_or(now),
                sensitive: good.sensitive,
                id: id(&good.id),
            };
            let entries = values.into_iter().map(entry).map(|entry| (entry.id.clone(), entry));
            {
                let mut unsaved = self.unsaved();
                unsaved.entries.extend(entries);
                if std::mem::replace(&mut unsaved.is_saving, true) {
                    return;
                }
            }
            let _turn = Turn(self);
            let mut saved = Ok(());
            let save = async {
                while let Some(entries) = self.take_unsaved() {
                    saved = Err(exceeded(DEFAULT));
                    saved = cache.save(entries).await;
                }
            };
            ended_within(DEFAULT, save).await;
            metrics::local_cache(false, saved.is_ok());
            if let Err(problem) = saved {
                log::local_cache(&problem);
            }
        }

        fn take_unsaved(&self) -> Option<Vec<Entry>> {
            let entries = std::mem::take(&mut self.unsaved().entries);
            (!entries.is_empty()).then(|| entries.into_values().collect())
        }
    }

    /// Ends the turn of the fetch that stores.
    struct Turn<'l>(&'l Local);

    impl Drop for Turn<'_> {
        fn drop(&mut self) {
            self.0.unsaved().is_saving = false;
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

    /// The first half of the SHA-256 digest, in hex.
    pub(super) fn digest(text: &str) -> String {
        Sha256::digest(text).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
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

    pub(super) fn digest(_: &str) -> String {
        String::new()
    }

    impl Local {
        pub(crate) fn problem(&self) -> Option<SourceError> {
            let message = format!("`{LOCAL_CACHE}` is not compiled in");
            let hint = "turn on the cargo feature `local-cache`";
            Some(SourceError::new(ErrorKind::UnknownSource, message).with_hint(hint))
        }

        pub(crate) fn refusal(&self, _: bool) -> Option<SourceError> {
            None
        }

        pub(crate) fn locator(&self) -> String {
            String::new()
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

#[cfg(all(test, feature = "local-cache"))]
mod tests {
    use super::*;

    #[test]
    fn requests_with_one_locator_are_told_apart_by_a_digest() {
        let id = |region: &str| {
            let request = Request::new(Opaque::new(()), "SELECT $1").with_identity(region);
            LocalId::new("A.b", "database", &request)
        };
        assert_eq!(id("eu"), id("eu"));
        assert_ne!(id("eu"), id("us"));
        // The digest must not change: values that were stored would be lost.
        assert_eq!(id("eu").locator, "SELECT $1 #4d0282941aaf2d694ddaa24fca75e503");
        let plain = Request::new(Opaque::new(()), "app/port");
        assert_eq!(LocalId::new("A.b", "consul", &plain).locator, "app/port");
    }
}
