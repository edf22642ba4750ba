//! Maps names to sources.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use component_model_types::text::{list_of, nearest};

use super::{DynSource, LOCAL_CACHE, Local, Policies, ambient, features};
use crate::{
    ErrorKind, SourceError, log,
    policy::{breaker::BreakerObserver, guard::Guard},
};

/// The names, and what is registered under each.
#[derive(Default)]
pub(crate) struct Registry {
    registrations: HashMap<String, Registration>,
    policies: HashMap<String, Policies>,
    /// Of each source, once all of them are registered.
    guards: HashMap<String, Arc<Guard>>,
    /// Where last known good values are stored.
    pub(crate) local: Local,
    /// Whether these are the sources of a fetch that was given none.
    pub(crate) is_default: bool,
}

/// What is registered under a name.
pub(crate) enum Registration {
    /// A source.
    Ready(Arc<dyn DynSource>),
    /// A name that is known and cannot be used, and why, such as a malformed setting.
    Unusable(SourceError),
    /// A built-in source whose cargo feature is off.
    FeatureOff(SourceError),
}

/// A source that can be asked, and the policies of its name.
#[derive(Clone, Copy)]
pub(crate) struct Registered<'r> {
    pub(crate) source: &'r Arc<dyn DynSource>,
    pub(crate) policies: Option<&'r Policies>,
    pub(crate) guard: &'r Arc<Guard>,
}

impl Registry {
    /// Registers a source or a failure under a name; the last registration wins.
    pub(crate) fn insert(&mut self, name: String, registration: Registration) {
        self.registrations.insert(name, registration);
    }

    /// Sets the policies of a name, for the current and any later registration.
    pub(crate) fn set_policies(&mut self, name: String, policies: Policies) {
        self.policies.insert(name, policies);
    }

    /// Makes the names unusable that are mistakes: those with policies but no source, so that a misspelt name is found,
    /// those that are not valid, and those whose policies are not.
    pub(crate) fn check(&mut self, observer: &BreakerObserver) {
        let unknown = self.policies.keys().filter(|name| !self.registrations.contains_key(*name));
        let unknown = unknown.map(|name| (name.clone(), self.unknown(name)));
        let ready = self.registrations.iter().filter(|(_, entry)| matches!(entry, Registration::Ready(_)));
        let mistaken = ready.filter_map(|(name, _)| Some((name.clone(), self.mistake(name)?)));
        let mistakes: Vec<_> = unknown.chain(mistaken).collect();
        for (name, error) in mistakes {
            match error.kind() {
                ErrorKind::UnknownSource => log::unregistered(&policies_of_unknown(&name, &error)),
                _ => log::unusable(&name, &error),
            }
            self.insert(name, Registration::Unusable(error));
        }
        let guard = |(name, registration): (&String, &Registration)| {
            let limit = if let Registration::Ready(source) = registration { source.limit() } else { None };
            let policies = self.policies.get(name).cloned().unwrap_or_default();
            (name.clone(), Arc::new(Guard::new(name, policies, limit, observer.clone())))
        };
        self.guards = self.registrations.iter().map(guard).collect();
    }

    /// What is wrong with a registered name or its policies.
    fn mistake(&self, name: &str) -> Option<SourceError> {
        let misconfigured =
            |message: &'static str, hint| Some(SourceError::new(ErrorKind::Misconfigured, message).with_hint(hint));
        if name.is_empty() || name.trim() != name {
            return misconfigured(
                "the name of the source is empty or has white space at an end",
                "`fetch_from` names a source exactly as it is registered",
            );
        }
        self.policies.get(name)?.mistake()
    }

    /// A line for each name that has policies and no source.
    pub(crate) fn unregistered(&self) -> Vec<String> {
        let mut lines: Vec<_> = self
            .policies
            .keys()
            .filter_map(|name| match self.registrations.get(name)? {
                Registration::Unusable(error) if error.kind() == ErrorKind::UnknownSource => {
                    Some(policies_of_unknown(name, error))
                }
                _ => None,
            })
            .collect();
        lines.sort();
        lines
    }

    /// The source of a name.
    pub(crate) fn find(&self, name: &str) -> Result<Registered<'_>, SourceError> {
        match self.registrations.get(name) {
            Some(Registration::Ready(source)) => match self.guards.get(name) {
                Some(guard) => Ok(Registered { source, policies: self.policies.get(name), guard }),
                None => Err(self.unknown(name)),
            },
            Some(Registration::Unusable(error)) if error.kind() == ErrorKind::NotSetUp => {
                Err(self.with_hint_on_scopes(error.clone()))
            }
            Some(Registration::Unusable(error) | Registration::FeatureOff(error)) => Err(error.clone()),
            None => Err(self.with_hint_on_scopes(self.unknown(name))),
        }
    }

    /// A task that is spawned in a scope has lost its sources, and not forgotten to set up others.
    fn with_hint_on_scopes(&self, error: SourceError) -> SourceError {
        if !(self.is_default && ambient::has_scopes()) {
            return error;
        }
        let hint = error.hint().map(|hint| format!("{hint}; ")).unwrap_or_default();
        error.with_hint(format!("{hint}a task that is spawned in a `Sources::scope` does not inherit its sources"))
    }

    /// What protects a source.
    pub(crate) fn guard(&self, name: &str) -> Option<&Guard> {
        self.guards.get(name).map(|guard| &**guard)
    }

    /// The sources that can be asked.
    pub(crate) fn sources(&self) -> impl Iterator<Item = Arc<dyn DynSource>> {
        self.registrations.values().filter_map(|registration| match registration {
            Registration::Ready(source) => Some(Arc::clone(source)),
            Registration::Unusable(_) | Registration::FeatureOff(_) => None,
        })
    }

    /// The names that can be used, in alphabetical order.
    pub(crate) fn names(&self) -> Vec<&str> {
        let ready = self.sorted().into_iter().filter(|(_, entry)| matches!(entry, Registration::Ready(_)));
        ready.map(|(name, _)| name).collect()
    }

    /// The registrations in alphabetical order, with their policies.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &Registration, Option<&Policies>)> {
        self.sorted().into_iter().map(|(name, registration)| (name, registration, self.policies.get(name)))
    }

    fn sorted(&self) -> BTreeMap<&str, &Registration> {
        self.registrations.iter().map(|(name, registration)| (name.as_str(), registration)).collect()
    }

    /// The names that may be meant: also those of sources that are not set up, but not those that are mistakes themselves.
    fn meant(&self) -> impl Iterator<Item = &str> {
        let is_meant = |registration: &Registration| match registration {
            Registration::Unusable(error) => error.kind() != ErrorKind::UnknownSource,
            Registration::Ready(_) | Registration::FeatureOff(_) => true,
        };
        self.sorted().into_iter().filter(move |(_, registration)| is_meant(registration)).map(|(name, _)| name)
    }

    /// The error for a name that is not registered: the registered names, and the nearest.
    fn unknown(&self, name: &str) -> SourceError {
        let names = self.names();
        let known = match &names[..] {
            [] => "there is no other either".to_owned(),
            names => format!("registered are {}", list_of(names)),
        };
        let error = SourceError::new(ErrorKind::UnknownSource, format!("no source is registered as `{name}`; {known}"));
        if name.contains(',') {
            let list: Vec<_> = name.split(',').map(|name| format!("\"{}\"", name.trim())).collect();
            return error.with_hint(format!("several sources are a list: `[{}]`", list.join(", ")));
        }
        if let Some((source, key)) =
            name.split_once(':').filter(|(source, _)| self.meant().any(|known| known == *source))
        {
            return error.with_hint(format!("a key is written in parentheses: `{source}(key = \"{key}\")`"));
        }
        let other_word = other_word(name);
        let same = self.meant().find(|known| known.eq_ignore_ascii_case(name) || Some(*known) == other_word);
        let nearest = same.or_else(|| nearest(name, self.meant())).map(|near| format!("did you mean `{near}`?"));
        let hint = nearest.or_else(|| features::hint(name)).or_else(|| local_cache_hint(name));
        error.with_hint(hint.unwrap_or_else(|| format!("register it: `Sources::builder().source(\"{name}\", …)`")))
    }
}

/// The built-in source for another word for it.
fn other_word(name: &str) -> Option<&'static str> {
    Some(match name.to_ascii_lowercase().as_str() {
        "db" | "sql" | "sqlite" | "postgres" | "postgresql" | "mysql" | "mariadb" => "database",
        "http" | "https" | "rest" | "url" => "api",
        "environment" | "environ" | "dotenv" | "variable" => "env",
        "toml" | "yaml" | "json" | "config" => "file",
        "valkey" => "redis",
        "openbao" => "vault",
        _ => return None,
    })
}

/// `policies are set for` a name that is not registered, and which one may be meant.
fn policies_of_unknown(name: &str, error: &SourceError) -> String {
    let hint = error.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
    format!("policies are set for `{name}`, which is not registered{hint}")
}

/// The hint for a name that is meant to be the local cache, which is none of the sources.
fn local_cache_hint(name: &str) -> Option<String> {
    nearest(name, [LOCAL_CACHE]).map(|near| format!("did you mean `fallback_to = \"{near}\"`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(registry: &Registry, name: &str) -> Option<String> {
        registry.find(name).err()?.hint().map(str::to_owned)
    }

    #[tokio::test]
    async fn a_task_that_was_spawned_in_a_scope_is_told_that_it_has_none() {
        let mut registry = Registry { is_default: true, ..Registry::default() };
        let not_set_up = SourceError::new(ErrorKind::NotSetUp, "`REDIS_URL` is not set").with_hint("set it");
        registry.insert("redis".into(), Registration::Unusable(not_set_up));
        crate::Sources::scope(crate::Sources::builder().build(), async {}).await;
        assert!(hint(&registry, "own").is_some_and(|hint| hint.contains("does not inherit")));
        assert!(hint(&registry, "redis").is_some_and(|hint| hint.starts_with("set it; ")));
        let other = hint(&Registry::default(), "own").unwrap();
        assert!(other.starts_with("register it: "), "these are not the default: {other}");
    }

    #[test]
    fn a_misspelt_name_of_a_source_that_cannot_be_used_gets_a_suggestion() {
        let mut registry = Registry::default();
        let not_set_up = SourceError::new(ErrorKind::NotSetUp, "`DATABASE_URL` is not set");
        registry.insert("database".to_owned(), Registration::Unusable(not_set_up));
        registry.insert("file".to_owned(), Registration::FeatureOff(features::not_compiled_in("file")));
        assert_eq!(hint(&registry, "databse").as_deref(), Some("did you mean `database`?"));
        assert_eq!(hint(&registry, "fiel").as_deref(), Some("did you mean `file`?"));
    }

    #[test]
    fn a_list_a_short_form_and_another_case_get_a_suggestion() {
        let mut registry = Registry::default();
        for name in ["database", "env"] {
            let not_set_up = SourceError::new(ErrorKind::NotSetUp, "");
            registry.insert(name.to_owned(), Registration::Unusable(not_set_up));
        }
        assert_eq!(hint(&registry, "ENV").as_deref(), Some("did you mean `env`?"));
        assert_eq!(hint(&registry, "db").as_deref(), Some("did you mean `database`?"));
        let list = "several sources are a list: `[\"env\", \"file\"]`";
        assert_eq!(hint(&registry, "env, file").as_deref(), Some(list));
    }

    #[test]
    fn the_name_of_the_feature_is_answered_with_that_of_the_local_cache() {
        for name in ["local-cache", "localcache", "local_cache"] {
            let hint = hint(&Registry::default(), name);
            assert_eq!(hint.as_deref(), Some("did you mean `fallback_to = \"local_cache\"`?"));
        }
    }

    #[test]
    fn a_name_that_is_a_mistake_itself_is_not_suggested() {
        let mut registry = Registry::default();
        registry.set_policies("setings".to_owned(), Policies::default());
        registry.check(&BreakerObserver::new(|_| {}));
        assert!(hint(&registry, "settngs").is_some_and(|hint| !hint.contains("setings")));
    }
}
