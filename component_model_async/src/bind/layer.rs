//! One layer of a component: from what the attribute says to a request, at once or as soon as the components that its
//! templates name are available.

use std::{sync::Mutex, time::Duration};

use component_model_types::plan::{self, path, template};

use super::{
    calls::{CallId, RequestId},
    late::Late,
    names::Names,
    options,
    tree::{Leaf, Step},
};
use crate::{
    ErrorKind, Inserted, Opaque, OptionKind, OptionSpec, Request, RequestSpec, SourceError, registry::Registered,
};

/// One request of one call, and how long the component waits for an attempt of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layer {
    call: CallId,
    // Small, since every component copies its layers.
    request: u32,
    pub(crate) timeout: Duration,
}

impl Layer {
    pub(crate) fn new((call, request): RequestId, timeout: Duration) -> Self {
        Self { call, request: u32::try_from(request).unwrap_or(u32::MAX), timeout }
    }

    /// The same request of another call.
    pub(crate) fn with_call(self, call: CallId) -> Self {
        Self::new((call, self.request()), self.timeout)
    }

    pub(crate) fn call(self) -> CallId {
        self.call
    }

    /// The position of the request in its call.
    pub(crate) fn request(self) -> usize {
        self.request as usize
    }
}

/// A layer that is bound, or that waits for other components.
pub(crate) enum BoundLayer {
    Ready(Layer),
    Late(Box<Late>),
}

/// A request that is not made yet.
pub(super) struct Pending<'p> {
    layer: &'p plan::Layer<'p>,
    path: Vec<Segment>,
    /// The components that the templates of the key and of the options name.
    names: Vec<(String, usize)>,
}

/// A segment of a derived key, and the components that it names.
pub(super) struct Segment {
    text: String,
    pub(super) names: Vec<(String, usize)>,
}

impl<'p> Pending<'p> {
    /// Reads the templates of a layer.
    pub(super) fn new(
        layer: &'p plan::Layer<'p>,
        leaf: &Leaf<'_>,
        names: &Names<'_>,
        registered: Option<Registered<'_>>,
    ) -> Result<Self, SourceError> {
        let declared = registered.map_or(&[OptionSpec::ANY][..], |registered| registered.source.options());
        let root = registered.and_then(|registered| registered.policies).map_or("", |policies| policies.root_path());
        let named = |text: &str| names_in(text, leaf, leaf.scope(), names);
        let taken = options::declared(layer, registered.as_ref());
        let mut found = Vec::new();
        for (name, text) in layer.key.map(|key| ("key", key)).into_iter().chain(layer.options.iter().copied()) {
            let spec = taken.iter().find(|spec| spec.name() == name);
            if spec.is_some_and(|spec| !spec.is_template()) {
                continue;
            }
            for (component, position) in named(text).map_err(|error| of_option(name, &error))? {
                if names.is_sensitive(position) && !spec.is_some_and(may_be_sensitive) {
                    return Err(sensitive(&component, name));
                }
                found.push((component, position));
            }
        }
        let path = if derives_no_key(layer, declared) { Vec::new() } else { path_of(layer.source, root, leaf, names)? };
        Ok(Self { layer, path, names: found })
    }

    /// The components that must be available before, each once: those that it names, and those `after` which it is fetched.
    pub(super) fn needs(&self, after: &[usize]) -> Vec<usize> {
        let segments = self.path.iter().flat_map(|segment| &segment.names);
        let named = self.names.iter().chain(segments).map(|(_, position)| *position);
        let mut needs: Vec<_> = named.chain(after.iter().copied()).collect();
        needs.sort_unstable();
        needs.dedup();
        needs
    }

    /// Whether no template has to be filled, so that the request is known.
    pub(super) fn is_known(&self) -> bool {
        self.names.is_empty() && self.path.iter().all(|segment| segment.names.is_empty())
    }

    /// The layer for when the components that it `needs` are available.
    pub(super) fn late(self, timeout: Option<Duration>, needs: Vec<usize>) -> Late {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let inserted = self.needs(&[]).into();
        Late {
            source: self.layer.source.into(),
            key: self.layer.key.map(str::to_owned),
            options: self.layer.options.iter().map(owned).collect(),
            path: self.path,
            names: self.names,
            inserted,
            known: None,
            timeout,
            needs,
            last: Mutex::default(),
        }
    }

    /// The request of a layer without templates, and whether its key is derived.
    pub(super) fn request(&self, registered: Registered<'_>) -> Result<(Request<Opaque>, bool), SourceError> {
        let path: Vec<_> = self.path.iter().map(|segment| segment.text.as_str()).collect();
        request(registered, self.layer, &path, &[], &|component| Err(unknown(component)))
    }
}

impl Segment {
    /// A value that is inserted into a path stays within its segment, whatever the source does with the path. A source that
    /// derives the key from it looks at its own separator.
    pub(super) fn fill(
        &self,
        value_of: &dyn Fn(usize) -> Result<Inserted, SourceError>,
    ) -> Result<String, SourceError> {
        let options = [("prefix", self.text.as_str())];
        let layer = plan::Layer { options: &options, ..plan::Layer::NEW };
        let known = |component: &str| value(&self.names, component, value_of);
        let spec = RequestSpec::new(&layer, &[]).with_known(&known);
        Ok(spec.option_in_segments("prefix", &['.', '/', ':'])?.unwrap_or_default().into_owned())
    }
}

/// The value of a component by the name that a template has.
pub(super) fn value(
    names: &[(String, usize)],
    component: &str,
    value_of: &dyn Fn(usize) -> Result<Inserted, SourceError>,
) -> Result<Inserted, SourceError> {
    let position = names.iter().find(|(name, _)| name == component).map(|(_, position)| *position);
    value_of(position.ok_or_else(|| unknown(component))?)
}

/// The request of a layer, and whether its key is derived. Into some segments of its path components are inserted.
pub(super) fn request(
    registered: Registered<'_>,
    layer: &plan::Layer<'_>,
    path: &[&str],
    inserted: &[Option<&str>],
    known: &dyn Fn(&str) -> Result<Inserted, SourceError>,
) -> Result<(Request<Opaque>, bool), SourceError> {
    let spec = RequestSpec::new(layer, path).with_inserted(inserted).with_known(known);
    let spec = spec.declaring(options::declared(layer, Some(&registered)));
    let request = registered.source.bind(&spec)?;
    Ok((request, spec.has_derived()))
}

/// The segments of a derived key: the registration's root, the prefixes, the names of nested fields, the field.
fn path_of(source: &str, root: &str, leaf: &Leaf<'_>, names: &Names<'_>) -> Result<Vec<Segment>, SourceError> {
    let mut segments: Vec<_> =
        path::segments(root).map(|text| Segment { text: text.to_owned(), names: Vec::new() }).collect();
    for step in &leaf.prefixes {
        match step {
            Step::Name(name) => segments.push(Segment { text: (*name).to_owned(), names: Vec::new() }),
            Step::Prefix(prefix, scope) => {
                let prefix = prefix.of_source(source);
                if let Some(mistake) = path::mistake(prefix) {
                    return Err(SourceError::new(ErrorKind::Misconfigured, mistake));
                }
                for text in path::segments(prefix) {
                    let named = names_in(text, leaf, *scope, names).map_err(|error| of_option("prefix", &error))?;
                    if let Some((component, _)) = named.iter().find(|(_, position)| names.is_sensitive(*position)) {
                        return Err(sensitive(component, "prefix"));
                    }
                    segments.push(Segment { text: text.to_owned(), names: named });
                }
            }
        }
    }
    segments.push(Segment { text: leaf.component.name.to_owned(), names: Vec::new() });
    Ok(segments)
}

/// The components that a template names, with their positions.
fn names_in(text: &str, leaf: &Leaf<'_>, scope: usize, names: &Names<'_>) -> Result<Vec<(String, usize)>, SourceError> {
    if template::is_plain(text) {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for part in template::parts(text) {
        match part {
            Ok(template::Part::Text(_)) => {}
            Ok(template::Part::Component(name)) => found.push((name.to_owned(), names.component(leaf, scope, name)?)),
            Err(mistake) => return Err(SourceError::new(ErrorKind::Misconfigured, mistake.to_string())),
        }
    }
    Ok(found)
}

/// Whether the key is written, or replaced by another option.
fn derives_no_key(layer: &plan::Layer<'_>, declared: &[OptionSpec]) -> bool {
    let replaces = |spec: &&OptionSpec| spec.replaced().contains(&"key") || spec.excluded().contains(&"key");
    layer.key.is_some() || declared.iter().filter(replaces).any(|spec| layer.option(spec.name()).is_some())
}

/// Bound as parameters, or used to connect.
fn may_be_sensitive(spec: &OptionSpec) -> bool {
    spec.kind() == OptionKind::List || spec.is_to_connect()
}

/// An error in the text of an option.
pub(super) fn of_option(name: &str, error: &SourceError) -> SourceError {
    let message = format!("`{name}`: {error}");
    let hint = error.hint().map(str::to_owned);
    let error = SourceError::new(error.kind(), message);
    hint.into_iter().fold(error, SourceError::with_hint)
}

fn sensitive(component: &str, name: &str) -> SourceError {
    let message = format!("`{component}` is sensitive and cannot be inserted into `{name}`");
    SourceError::new(ErrorKind::Misconfigured, message)
        .with_hint("a sensitive value can only be bound as a parameter or used to connect")
}

/// Two components must not derive the same key: one of the two would not be what its name says.
pub(crate) fn derived_twice(locator: &str, other: &str) -> SourceError {
    let message = format!("`{locator}` is the derived key of `{other}` too");
    let hint = "give one of them a `key`, or the nested structs different prefixes";
    SourceError::new(ErrorKind::Misconfigured, message).with_hint(hint)
}

fn unknown(component: &str) -> SourceError {
    SourceError::new(ErrorKind::Misconfigured, format!("`{component}` is not a component that is fetched"))
}
