//! One field: its settings, and whether they fit together.

use component_model_types::plan::mistakes;
use proc_macro2::Span;
use syn::{Type, spanned::Spanned};

use super::{
    Component,
    keys::{self, Place, Settings},
    layers, nested, policies, value,
};
use crate::{
    input::{Field, Setting},
    mistakes::Mistakes,
};

/// Checks one field; the result does not contain settings with mistakes. `of_struct` is the struct's own `fetch_from`.
pub(super) fn check<'a>(field: &'a Field, of_struct: Option<&Setting>, mistakes: &mut Mistakes) -> Component<'a> {
    let fetch_from = field.settings.iter().find(|setting| setting.key == "fetch_from");
    let sources = fetch_from.or(of_struct).map(layers::sources).unwrap_or_default();
    let settings = keys::sort(&field.settings, Place::Field, &sources, mistakes);
    let unfetched = Component::unfetched(field);
    if nested::flag(&settings, "nested", mistakes) {
        return Component { nested: Some(nested::read(field, &settings, mistakes)), ..unfetched };
    }
    if nested::flag(&settings, "skip", mistakes) {
        for setting in settings.iter().filter(|setting| setting.key != "skip") {
            let message = format!("`{}` has no effect on a field that is skipped: remove it, or `skip`", setting.key);
            mistakes.push(setting.span, message);
        }
        return unfetched;
    }
    match settings.get("fetch_from").or(of_struct) {
        None => {
            if let Some(prefix) = settings.get("prefix") {
                mistakes.push(prefix.span, layers::PREFIX_OF_A_FIELD);
            }
            // A setting with a mistake may have been meant to name the source.
            if field.readable && settings.iter().count() == field.settings.len() {
                needs_source(&settings, mistakes);
            }
            // Their values are still checked.
            let _ = policies(field, &settings, mistakes);
            unfetched
        }
        Some(fetch_from) => {
            if let Some(message) = borrowed(&field.ty) {
                mistakes.push(field.ty.span(), message);
            }
            let layers = layers::read(fetch_from, &settings, mistakes);
            let component = policies(field, &settings, mistakes);
            if let Some(fallback_to) = &component.policies.fallback_to {
                layers::check_fallback_to(&layers, fallback_to, mistakes);
            }
            Component { layers, ..component }
        }
    }
}

/// The mistake in the type of a fetched field that is a reference: nothing is there for it to refer to.
fn borrowed(ty: &Type) -> Option<String> {
    let Type::Reference(reference) = ty else { return None };
    let name = |ty: &Type| match ty {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        _ => None,
    };
    let instead = match &*reference.elem {
        Type::Slice(_) => "a `Vec`".to_owned(),
        ty => match name(ty)?.as_str() {
            "str" => "`String`".to_owned(),
            "Path" => "`PathBuf`".to_owned(),
            name => format!("`{name}`"),
        },
    };
    Some(format!("a field that is fetched owns its value: write {instead} instead of a reference"))
}

/// How the field is fetched, apart from where.
fn policies<'a>(field: &'a Field, settings: &Settings<'_>, mistakes: &mut Mistakes) -> Component<'a> {
    Component {
        policies: policies::read(settings, mistakes),
        depends_on: settings.get("depends_on").map(|setting| depends_on(setting, mistakes)).unwrap_or_default(),
        validators: settings.get("validate").map(|setting| value::validators(setting, mistakes)).unwrap_or_default(),
        sensitive: nested::flag(settings, "sensitive", mistakes),
        ..Component::unfetched(field)
    }
}

fn depends_on(setting: &Setting, mistakes: &mut Mistakes) -> Vec<(String, Span)> {
    let names = value::strings(setting, mistakes);
    if value::is_empty_list(setting) {
        mistakes.push(setting.value_span(), "`depends_on` names no field: name one, or leave it out");
    }
    let texts: Vec<_> = names.iter().map(|(name, _)| name.as_str()).collect();
    for mistake in mistakes::of_depends_on(&texts) {
        let position = mistake.position().and_then(|position| names.get(position));
        mistakes.push(position.map_or(setting.span, |(_, span)| *span), mistake);
    }
    names
}

fn needs_source(settings: &Settings<'_>, mistakes: &mut Mistakes) {
    let is_off = |setting: &&Setting| ["nested", "skip"].contains(&setting.key.as_str()) && !nested::is_on(setting);
    let without_effect = settings.iter().filter(|setting| setting.key != "prefix" && !is_off(setting));
    for Setting { key, span, .. } in without_effect {
        mistakes.push(*span, format!("`{key}` has no effect without a source: add `fetch_from = \"…\"`"));
    }
}
