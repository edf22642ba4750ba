//! A layer that is asked when other components are available.

use std::{
    cell::Cell,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use component_model_types::plan;

use super::{
    Call, Identity,
    layer::{self, Segment},
};
use crate::{
    ErrorKind, Inserted, Opaque, Request, SourceError, Value,
    policy::timeout,
    registry::{Registered, Registry},
};

/// A layer that is asked when the components that it needs are available.
pub(crate) struct Late {
    pub(crate) source: Arc<str>,
    pub(super) key: Option<String>,
    pub(super) options: Vec<(String, String)>,
    pub(super) path: Vec<Segment>,
    pub(super) names: Vec<(String, usize)>,
    /// The components whose values are inserted, each once.
    pub(super) inserted: Box<[usize]>,
    /// The request, if no value is inserted into it.
    pub(super) known: Option<Request<Opaque>>,
    pub(super) timeout: Option<Duration>,
    /// The components that must have ended before.
    pub(crate) needs: Vec<usize>,
    /// What it became last, since most values do not change between two fetches. Never with a sensitive value.
    pub(super) last: Mutex<Option<Arc<BoundLate>>>,
}

/// What a late layer became.
pub(crate) struct BoundLate {
    /// The values that were inserted.
    values: Box<[Inserted]>,
    /// A call of its only request.
    pub(crate) call: Arc<Call>,
    pub(crate) timeout: Duration,
    /// Whether its key was derived from values, so that no other component may derive the same.
    pub(crate) is_derived: bool,
}

impl BoundLate {
    pub(crate) fn request(&self) -> &Request<Opaque> {
        &self.call.requests[0]
    }
}

/// Inserted values that make valid text of different kinds: a number, the scheme of a URL, the extension of a document. A
/// mistake with each of them, and with a word, is one whatever the values are.
const SAMPLES: [&str; 3] = ["1", "http", "toml"];

impl Late {
    /// What it became last, if the same values were inserted; `scalar_of` also says whether a value is sensitive.
    pub(crate) fn bound_last<'v>(
        &self,
        scalar_of: impl Fn(usize) -> Option<(&'v Value, bool)>,
    ) -> Option<Arc<BoundLate>> {
        let last = self.last();
        let bound = last.as_ref()?;
        let is_same = |(position, known): (&usize, &Inserted)| {
            scalar_of(*position).is_some_and(|(value, sensitive)| !sensitive && value == known.value())
        };
        self.inserted.iter().zip(&bound.values).all(is_same).then(|| Arc::clone(bound))
    }

    /// What the cache knows its answer by, if no value is inserted into its request.
    pub(crate) fn identity(&self) -> Option<Identity> {
        self.known.as_ref().map(|request| (Arc::clone(&self.source), request.query().clone()))
    }

    /// The request, with the values of the components that the templates name.
    pub(crate) fn bind(
        &self,
        sources: &Registry,
        value_of: &dyn Fn(usize) -> Result<Inserted, SourceError>,
    ) -> Result<Arc<BoundLate>, SourceError> {
        let registered = sources.find(&self.source)?;
        let (request, is_derived) = match &self.known {
            Some(request) => (request.clone(), false),
            None => self.request(registered, value_of)?,
        };
        let timeout = timeout::of_attempt(self.timeout, registered.policies);
        let call = Arc::new(Call::alone(&self.source, registered, request));
        let values: Box<[_]> = self.inserted.iter().map(|position| value_of(*position)).collect::<Result<_, _>>()?;
        let is_shown = !values.iter().any(Inserted::is_sensitive);
        let bound = Arc::new(BoundLate { values, call, timeout, is_derived });
        if is_shown {
            *self.last() = Some(Arc::clone(&bound));
        }
        Ok(bound)
    }

    fn last(&self) -> MutexGuard<'_, Option<Arc<BoundLate>>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn request(
        &self,
        registered: Registered<'_>,
        value_of: &dyn Fn(usize) -> Result<Inserted, SourceError>,
    ) -> Result<(Request<Opaque>, bool), SourceError> {
        let options: Vec<_> = self.options.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let layer = plan::Layer { source: &self.source, key: self.key.as_deref(), options: &options };
        let path: Vec<_> = self.path.iter().map(|segment| segment.fill(value_of)).collect::<Result<_, _>>()?;
        let path: Vec<_> = path.iter().map(String::as_str).collect();
        let inserted: Vec<_> =
            self.path.iter().map(|segment| segment.names.first().map(|(name, _)| name.as_str())).collect();
        let known = |component: &str| layer::value(&self.names, component, value_of);
        layer::request(registered, &layer, &path, &inserted, &known)
    }

    /// The locator with the names of components in place of their values: `shop.toml#limits.{region}`.
    ///
    /// # Errors
    /// If only the values can tell whether there is a request.
    pub(crate) fn locator(&self, sources: &Registry) -> Result<String, SourceError> {
        let registered = sources.find(&self.source)?;
        let value_of = |position| Inserted::new(&Value::text(token(position)), false);
        let request = match &self.known {
            Some(request) => request.clone(),
            None => self.request(registered, &value_of)?.0,
        };
        Ok(self.with_names(request.locator()))
    }

    /// What is wrong whatever the values are: a mistake, or a source that is not set up.
    ///
    /// A source of the user's own may accept only a few values. There, it is certain only if no value was looked at.
    pub(super) fn certain_error(&self, registered: Registered<'_>) -> Option<SourceError> {
        let looked_at = Cell::new(false);
        let error = |text: &dyn Fn(usize) -> String| {
            let value_of = |position: usize| {
                looked_at.set(true);
                Inserted::new(&Value::text(text(position)), false)
            };
            self.request(registered, &value_of).err()
        };
        let found = error(&token)?;
        let is_certain = match looked_at.get() {
            false => true,
            true if !registered.source.is_built_in() => false,
            true => SAMPLES
                .iter()
                .all(|sample| error(&|_| (*sample).to_owned()).is_some_and(|error| error.kind() == found.kind())),
        };
        let is_told = matches!(found.kind(), ErrorKind::Misconfigured | ErrorKind::NotSetUp);
        (is_certain && is_told).then(|| self.error_with_names(found))
    }

    fn error_with_names(&self, error: SourceError) -> SourceError {
        let (text, hint) = (error.to_string(), error.hint().map(|hint| self.with_names(hint)));
        let named = self.with_names(&text);
        match named == text && hint.as_deref() == error.hint() {
            true => error,
            false => hint.into_iter().fold(SourceError::new(error.kind(), named), SourceError::with_hint),
        }
    }

    /// A text with the names of components in place of their tokens.
    fn with_names(&self, text: &str) -> String {
        let segments = self.path.iter().flat_map(|segment| &segment.names);
        self.names.iter().chain(segments).fold(text.to_owned(), |text, (name, position)| {
            let (token, name) = (token(*position), format!("{{{name}}}"));
            // Some conventions are in capitals.
            text.replace(&token, &name).replace(&token.to_uppercase(), &name)
        })
    }
}

/// What stands for the value of a component: a word that no other text has.
fn token(position: usize) -> String {
    format!("zq{position}qz")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Memory, Sources};

    #[test]
    fn what_a_layer_became_is_kept_unless_a_value_in_it_is_sensitive() {
        let sources = Sources::builder().source("memory", Memory::default()).build();
        let value = Value::text("eu");
        for sensitive in [false, true] {
            let late = Late {
                source: "memory".into(),
                key: None,
                options: Vec::new(),
                path: Vec::new(),
                names: Vec::new(),
                inserted: [0].into(),
                known: Some(Request::new(Opaque::new(()), "port")),
                timeout: None,
                needs: vec![0],
                last: Mutex::default(),
            };
            late.bind(sources.registry(), &|_| Inserted::new(&value, sensitive)).unwrap();
            assert_eq!(late.last().is_none(), sensitive);
            assert_eq!(late.bound_last(|_| Some((&value, false))).is_none(), sensitive);
        }
    }
}
