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

/// A value that was fetched, to be the last known good one, or that there was none.
#[cfg_attr(not(feature = "local-cache"), expect(dead_code, reason = "nothing is stored without the feature"))]
pub(crate) struct Good {
    pub(crate) id: LocalId,
    /// What the other sources of the component had, which counts no more.
    pub(crate) instead_of: Vec<LocalId>,
    /// Since when that is known, at least.
    pub(crate) absent_for: Duration,
    pub(crate) record: Option<Record>,
    /// How long ago it was fetched.
    pub(crate) age: Duration,
    pub(crate) sensitive: bool,
}

#[cfg(feature = "local-cache")]
mod stored {
    use std::{
        sync::Arc,
        time::{Duration, SystemTime},
    };

    use component_model_source::time::ended_within;
    use sha2::{Digest, Sha256};
    use tokio::time::Instant;

    use super::{Good, LocalId};
    use crate::{
        ErrorKind, LocalCache, Record, SourceError, Value,
        local_cache::{Entry, EntryId, Loaded, Saved},
        log, metrics,
        policy::{
            deadline::Deadline,
            timeout::{DEFAULT, exceeded},
        },
    };

    /// How long a fetch waits at most for its values to be on disk. They are written in any case.
    const PATIENCE: Duration = Duration::from_millis(250);

    /// Where last known good values are stored, if anywhere.
    #[derive(Debug, Clone, Default)]
    pub(crate) struct Local {
        cache: Option<Result<LocalCache, SourceError>>,
    }

    /// The values that were stored.
    pub(crate) struct LocalValues(Arc<Loaded>);

    impl Local {
        pub(crate) fn new(cache: LocalCache) -> Self {
            Self::of_setup(Some(Ok(cache)))
        }

        /// A cache whose setup may have failed: the failure is the error of the components that name it.
        pub(crate) fn of_setup(cache: Option<Result<LocalCache, SourceError>>) -> Self {
            let checked = |cache: LocalCache| cache.mistake().map_or(Ok(cache), Err);
            Self { cache: cache.map(|cache| cache.and_then(checked)) }
        }

        fn cache(&self) -> Option<&LocalCache> {
            self.cache.as_ref()?.as_ref().ok()
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

        /// Whether there is one, be it usable or not.
        pub(crate) fn is_given(&self) -> bool {
            self.cache.is_some()
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
            let Some(cache) = self.cache() else { return LocalValues(Arc::default()) };
            let mut loaded = None;
            ended_within(DEFAULT, async { loaded = Some(cache.load().await) }).await;
            let late = || Arc::new(Loaded { problems: vec![exceeded(DEFAULT)], ..Loaded::default() });
            let loaded = loaded.unwrap_or_else(late);
            loaded.problems.iter().for_each(log::local_cache);
            metrics::local_cache(true, loaded.problems.is_empty());
            LocalValues(loaded)
        }

        /// Stores values, and waits for that for a short time, not beyond the deadline of the fetch. If others are being stored,
        /// these are stored after them, and not waited for.
        ///
        /// # Cancel safety
        /// What it has begun to store is stored.
        pub(crate) async fn save(&self, values: Vec<Good>, deadline: Option<Deadline>) {
            let Some(cache) = self.cache() else { return };
            let now = SystemTime::now();
            let entry = |good: Good| Entry {
                value: good.record.as_ref().map(|record| record.value().clone()),
                version: good.record.as_ref().and_then(Record::version).cloned(),
                fetched: now.checked_sub(good.age).unwrap_or(now),
                sensitive: good.sensitive,
                id: id(&good.id),
                instead_of: good.instead_of.iter().map(id).collect(),
                instead_since: now.checked_sub(good.absent_for.max(good.age)).unwrap_or(now),
            };
            let Some(saving) = cache.save(values.into_iter().map(entry).collect(), tell) else { return };
            let left = deadline.map_or(PATIENCE, |deadline| deadline.left(Instant::now()).min(PATIENCE));
            let mut saved = None;
            ended_within(left, async { saved = saving.await.ok() }).await;
            saved.into_iter().for_each(tell);
        }

        /// Waits until what was to be stored is, or cannot be.
        pub(crate) async fn end(&self) {
            if let Some(cache) = self.cache() {
                cache.end().await;
            }
        }
    }

    /// Tells what came of storing.
    fn tell(saved: Saved) {
        metrics::local_cache(false, saved.is_ok());
        if let Err(problem) = saved {
            log::local_cache(&problem);
        }
    }

    impl LocalValues {
        /// What is known of the first of these, a value or that there was none, with its age if the clock allows to tell. What
        /// counted no more was removed.
        pub(crate) fn first(&self, sought: &[LocalId]) -> Option<(Option<Record>, Option<Duration>)> {
            let entry = sought.iter().find_map(|sought| self.0.find(&id(sought)))?;
            let record = |value: &Value| {
                let record = Record::new(value.clone());
                let record = if entry.sensitive { record.sensitive() } else { record };
                entry.version.clone().into_iter().fold(record, Record::with_version)
            };
            Some((entry.value.as_ref().map(record), entry.age(SystemTime::now())))
        }

        /// Why the value of a component is not found.
        pub(crate) fn why_not(&self, component: &str) -> String {
            let named = format!("`{component}`");
            let is_of_it = |problem: &String| self.0.entries.is_empty() || problem.contains(&named);
            let problem = self.0.problems.iter().map(ToString::to_string).find(is_of_it);
            problem.unwrap_or_else(|| "nothing is stored for it".to_owned())
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
    use crate::{ErrorKind, Record, SourceError, policy::deadline::Deadline};

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

        pub(crate) fn is_given(&self) -> bool {
            false
        }

        pub(crate) async fn save(&self, _: Vec<Good>, _: Option<Deadline>) {}

        pub(crate) async fn end(&self) {}
    }

    impl LocalValues {
        pub(crate) fn first(&self, _: &[LocalId]) -> Option<(Option<Record>, Option<std::time::Duration>)> {
            None
        }

        pub(crate) fn why_not(&self, _: &str) -> String {
            String::new()
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
