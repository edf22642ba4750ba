//! Turns settings into a plan, and finds every mistake in them, each at its own span.
//!
//! What always holds: the resulting [`Plan`] is valid, so that `emit` cannot fail.

use std::time::Duration;

use syn::Path;

use crate::{
    input::{Field, Input},
    mistakes::Mistakes,
};

mod component;
mod keys;
mod options;
mod value;

/// A struct and its components.
pub(crate) struct Plan<'a> {
    pub(crate) input: &'a Input,
    /// The crate that the generated code uses.
    pub(crate) library: Path,
    pub(crate) prefix: String,
    pub(crate) components: Vec<Component<'a>>,
}

/// A field and the sources of its value.
pub(crate) struct Component<'a> {
    pub(crate) field: &'a Field,
    /// Empty for a field that is not fetched.
    pub(crate) sources: Vec<String>,
    pub(crate) key: Option<String>,
    pub(crate) options: Vec<(&'static str, String)>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) fallback: Option<String>,
}

impl<'a> Component<'a> {
    /// A field that is not fetched.
    pub(crate) fn unfetched(field: &'a Field) -> Self {
        Self { field, sources: Vec::new(), key: None, options: Vec::new(), timeout: None, fallback: None }
    }
}

/// Checks all `#[component(..)]` attributes.
pub(crate) fn plan(input: &Input) -> syn::Result<Plan<'_>> {
    let mut mistakes = Mistakes::default();
    mistakes.extend(input.unreadable.clone());
    let (library, prefix) = container(input, &mut mistakes);
    let components = input.fields.iter().map(|field| component::check(field, &mut mistakes)).collect();
    mistakes.finish()?;
    Ok(Plan { input, library, prefix, components })
}

/// The crate that the generated code most likely uses, for a struct whose attributes have mistakes.
pub(crate) fn library(input: &Input) -> Path {
    let setting = input.settings.iter().find(|setting| setting.key == "crate");
    setting.and_then(value::likely_path).unwrap_or_else(default_library)
}

fn container(input: &Input, mistakes: &mut Mistakes) -> (Path, String) {
    let settings = keys::sort(&input.settings, keys::Place::Struct, mistakes);
    let library = settings.get("crate").and_then(|setting| value::path(setting, mistakes));
    let prefix = settings.get("prefix").and_then(|setting| value::string(setting, mistakes));
    (library.unwrap_or_else(default_library), prefix.unwrap_or_default())
}

fn default_library() -> Path {
    syn::parse_quote!(::component_model)
}
