//! The options of a field, checked against the table of built-in sources. A source that is not built in may take all of
//! them; the engine checks it when it binds the plan.

use component_model_types::{
    built_in,
    options::{self, Layer, OptionSpec},
};

use super::{keys::Settings, value};
use crate::{input::Setting, mistakes::Mistakes};

/// The given options, in the order in which they are written, each as the text in the plan.
pub(super) fn given(settings: &Settings<'_>, mistakes: &mut Mistakes) -> Vec<(&'static str, String)> {
    let mut given = Vec::new();
    for (setting, spec) in options_in(settings) {
        given.extend(value::option(setting, spec.kind(), mistakes).map(|text| (spec.name(), text)));
    }
    given
}

/// Reports options that no source reads, that exclude each other, and that are missing.
pub(super) fn check(settings: &Settings<'_>, fetch_from: &Setting, sources: &[String], mistakes: &mut Mistakes) {
    // Without a valid source, further errors would only be consequences.
    if sources.is_empty() {
        return;
    }
    let given: Vec<_> = options_in(settings).map(|(_, spec)| spec.name()).collect();
    for mistake in options::mistakes(&layers(sources), &given) {
        // A missing option has no position.
        let setting = settings.get(mistake.option()).unwrap_or(fetch_from);
        mistakes.push(setting.span, mistake);
    }
}

/// The settings that are options of any source.
fn options_in<'a>(settings: &Settings<'a>) -> impl Iterator<Item = (&'a Setting, &'static OptionSpec)> {
    settings.iter().filter_map(|setting| {
        let spec = built_in::options().find(|option| option.name() == setting.key)?;
        Some((setting, spec))
    })
}

fn layers(sources: &[String]) -> Vec<Layer<'_>> {
    let options = |source: &str| built_in::find(source).map_or(&[OptionSpec::ANY][..], |source| source.options);
    sources.iter().map(|source| Layer { source, options: options(source) }).collect()
}
