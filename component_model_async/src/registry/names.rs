//! Maps names to sources.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use component_model_types::text::{list_of, nearest};

use super::{DynSource, Policies, features};
use crate::{ErrorKind, SourceError};

/// The names, and what is registered under each.
#[derive(Default)]
pub(crate) struct Registry {
    registrations: HashMap<String, Registration>,
    policies: HashMap<String, Policies>,
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

    /// Registers an error for names that have policies but no source, so that a misspelt name is found.
    pub(crate) fn check_policies(&mut self) {
        let unknown: Vec<_> =
            self.policies.keys().filter(|name| !self.registrations.contains_key(*name)).cloned().collect();
        for name in unknown {
            let error = self.unknown(&name);
            self.insert(name, Registration::Unusable(error));
        }
    }

    /// The source of a name.
    pub(crate) fn find(&self, name: &str) -> Result<Registered<'_>, SourceError> {
        match self.registrations.get(name) {
            Some(Registration::Ready(source)) => Ok(Registered { source, policies: self.policies.get(name) }),
            Some(Registration::Unusable(error) | Registration::FeatureOff(error)) => Err(error.clone()),
            None => Err(self.unknown(name)),
        }
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

    /// The error for a name that is not registered: the registered names, and the nearest.
    fn unknown(&self, name: &str) -> SourceError {
        let names = self.names();
        let known = match &names[..] {
            [] => "no source is registered".to_owned(),
            names => format!("registered are {}", list_of(names)),
        };
        let error = SourceError::new(ErrorKind::UnknownSource, format!("no source is registered as `{name}`; {known}"));
        let nearest = nearest(name, names.iter().copied()).map(|near| format!("did you mean `{near}`?"));
        match nearest.or_else(|| features::hint(name)) {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }
}
