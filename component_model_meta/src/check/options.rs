//! The options of a layer, checked against the table of built-in sources. A source that is not built in may take all of
//! them; the engine checks it when it binds the plan.

use component_model_types::{
    built_in,
    options::{self, OptionSpec},
};

use proc_macro2::Span;

use super::{
    keys::{self, Settings},
    layers::Layer,
};
use crate::{input::Setting, mistakes::Mistakes};

/// The settings beside `fetch_from` that are options of a source.
pub(super) fn beside<'a>(settings: &Settings<'a>) -> impl Iterator<Item = &'a Setting> {
    settings.iter().filter(|setting| built_in::options().any(|option| option.name() == setting.key))
}

/// Reports options that the source does not read, that exclude each other, and that are missing.
pub(super) fn check(layer: &Layer, mistakes: &mut Mistakes) {
    let declared = layer.declared().unwrap_or(&[OptionSpec::ANY]);
    let given: Vec<_> = layer.spans.iter().map(|(name, _)| name.as_str()).collect();
    for mistake in options::mistakes(&[options::Layer { source: &layer.source, options: declared }], &given) {
        let (option, span) = (mistake.option(), layer.span_of(mistake.option()));
        match keys::is_of_every_source(option) {
            true => {
                mistakes.push(span, format!("`{option}` is not an option of a source: write it beside `fetch_from`"));
            }
            false => mistakes.push(span, mistake),
        }
    }
}

/// Reports an option beside `fetch_from` that none of several built-in sources takes.
pub(super) fn not_taken(layers: &[Layer], option: &str, span: Span, mistakes: &mut Mistakes) {
    let declaring = |layer: &'_ Layer| layer.declared().unwrap_or(&[OptionSpec::ANY]);
    let layers: Vec<_> =
        layers.iter().map(|layer| options::Layer { source: &layer.source, options: declaring(layer) }).collect();
    if let Some(mistake) = options::mistakes(&layers, &[option]).first() {
        mistakes.push(span, mistake);
    }
}
