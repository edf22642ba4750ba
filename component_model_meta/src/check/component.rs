//! One field: its settings, and how they fit together.

use super::{
    Component,
    keys::{self, OPTIONS, Place, Settings},
    sources, value,
};
use crate::{
    input::{Field, Setting},
    mistakes::Mistakes,
};

/// Checks one field; what is wrong is left out of the result.
pub(super) fn check<'a>(field: &'a Field, mistakes: &mut Mistakes) -> Component<'a> {
    let settings = keys::sort(&field.settings, Place::Field, mistakes);
    let sources = match settings.get("fetch_from") {
        None => {
            needs_source(&settings, mistakes);
            Vec::new()
        }
        Some(fetch_from) => {
            let sources = fetch_from_names(fetch_from, mistakes);
            fits(&settings, &sources, mistakes);
            sources
        }
    };
    fetched(field, &settings, sources, mistakes)
}

fn fetched<'a>(
    field: &'a Field,
    settings: &Settings<'_>,
    sources: Vec<String>,
    mistakes: &mut Mistakes,
) -> Component<'a> {
    let mut options = Vec::new();
    for setting in settings.iter() {
        let Some(name) = OPTIONS.into_iter().find(|option| *option == setting.key) else { continue };
        let read = if name == "params" { value::list(setting, mistakes) } else { value::string(setting, mistakes) };
        options.extend(read.map(|value| (name, value)));
    }
    let key = settings.get("key").and_then(|setting| value::string(setting, mistakes));
    let timeout = settings.get("timeout").and_then(|setting| value::duration(setting, mistakes));
    let fallback = settings.get("fallback").and_then(|setting| value::scalar(setting, mistakes));
    Component { field, sources, key, options, timeout, fallback }
}

fn needs_source(settings: &Settings<'_>, mistakes: &mut Mistakes) {
    for Setting { key, span, .. } in settings.iter() {
        mistakes.push(*span, format!("`{key}` is of no use without a source: add `fetch_from = \"…\"`"));
    }
}

fn fetch_from_names(setting: &Setting, mistakes: &mut Mistakes) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (name, span) in value::strings(setting, mistakes) {
        if name.is_empty() {
            mistakes.push(span, "the name of a source is empty");
        } else if names.contains(&name) {
            mistakes.push(span, format!("the source `{name}` is named twice"));
        } else {
            names.push(name);
        }
    }
    names
}

/// Reports what the sources do not take, what excludes each other, and what lacks its partner.
fn fits(settings: &Settings<'_>, sources: &[String], mistakes: &mut Mistakes) {
    // Without a readable source, more would only be follow-up errors.
    if sources.is_empty() {
        return;
    }
    let mut refused = Vec::new();
    for setting in settings.iter().filter(|setting| setting.key == "key" || OPTIONS.contains(&setting.key.as_str())) {
        if let Some(mistake) = sources::refuse(sources, &setting.key) {
            refused.push(setting.key.as_str());
            mistakes.push(setting.span, mistake);
        }
    }
    for (first, second) in sources::EXCLUDING {
        let both = settings.get(first).zip(settings.get(second)).filter(|_| !refused.contains(&first));
        if let Some((_, setting)) = both.filter(|_| sources::exclude(sources, first, second)) {
            mistakes.push(setting.span, format!("`{second}` is of no use beside `{first}`: give one of them"));
        }
    }
    let alone = settings.get("params").filter(|_| settings.get("query").is_none() && !refused.contains(&"params"));
    if let Some(params) = alone {
        mistakes.push(params.span, "`params` needs a `query` that they belong to");
    }
}
