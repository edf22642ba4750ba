//! Which name means which source.

use std::{collections::HashMap, sync::Arc};

use component_model_types::text::{list_of, nearest};

use super::{DynSource, features};
use crate::{ErrorKind, SourceError};

/// The names, and what stands behind each.
#[derive(Default)]
pub(crate) struct Registry(HashMap<String, Registration>);

/// What stands behind a name.
pub(crate) enum Registration {
    /// A source.
    Ready(Arc<dyn DynSource>),
    /// A name that is known and cannot be used, and why: a malformed setting, a cargo feature that is off.
    Unusable(SourceError),
}

impl Registry {
    /// Gives a name its meaning; the last one counts.
    pub(crate) fn insert(&mut self, name: String, entry: Registration) {
        self.0.insert(name, entry);
    }

    /// The source of a name.
    pub(crate) fn find(&self, name: &str) -> Result<&Arc<dyn DynSource>, SourceError> {
        match self.0.get(name) {
            Some(Registration::Ready(source)) => Ok(source),
            Some(Registration::Unusable(error)) => Err(error.clone()),
            None => Err(self.unknown(name)),
        }
    }

    /// The names that can be used, in alphabetical order.
    pub(crate) fn names(&self) -> Vec<&str> {
        let ready = self.0.iter().filter(|(_, entry)| matches!(entry, Registration::Ready(_)));
        let mut names: Vec<_> = ready.map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
    }

    /// The error for a name that nobody registered: the names there are, and the nearest.
    fn unknown(&self, name: &str) -> SourceError {
        let names = self.names();
        let known = match &names[..] {
            [] => "no source is registered".to_owned(),
            names => format!("known are {}", list_of(names)),
        };
        let error = SourceError::new(ErrorKind::UnknownSource, format!("nobody registered `{name}`; {known}"));
        let nearest = nearest(name, names.iter().copied()).map(|near| format!("did you mean `{near}`?"));
        match nearest.or_else(|| features::hint(name)) {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }
}
