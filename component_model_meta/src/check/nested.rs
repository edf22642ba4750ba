//! A field whose type is a struct with components of its own.

use syn::{GenericArgument, PathArguments, Type, spanned::Spanned};

use super::{Nested, keys::Settings, prefix};
use crate::{
    input::{Field, Setting, Value},
    mistakes::Mistakes,
};

/// The settings that a nested field may have.
const OF_NESTED: [&str; 2] = ["nested", "prefix"];

/// Reads a nested field.
pub(super) fn read(field: &Field, settings: &Settings<'_>, mistakes: &mut Mistakes) -> Nested {
    for setting in settings.iter().filter(|setting| !OF_NESTED.contains(&setting.key.as_str())) {
        mistakes.push(setting.span, refused(&setting.key));
    }
    let prefix = settings.get("prefix").and_then(|setting| prefix::read(setting, mistakes));
    let (ty, optional) = inner(&field.ty);
    if let Some(container) = container(ty) {
        mistakes.push(ty.span(), not_a_struct(&container));
    }
    Nested { ty: ty.clone(), prefix, optional }
}

/// Why a nested field cannot have a setting, and where it belongs.
fn refused(key: &str) -> String {
    match key {
        "fetch_from" => "a nested field has no source of its own: write `fetch_from` on its struct".to_owned(),
        "skip" => "a field is either nested or skipped: remove `nested` or `skip`".to_owned(),
        "key" => {
            "a nested field has no key of its own: write `prefix = \"…\"` to replace its name in the keys".to_owned()
        }
        "validate" => "`validate` has no effect on a nested field: write it on its struct".to_owned(),
        _ => format!("`{key}` has no effect on a nested field: write it on the fields of its struct"),
    }
}

/// The struct without its `Option`, and whether there was one.
pub(super) fn inner(ty: &Type) -> (&Type, bool) {
    let ty = match ty {
        Type::Group(group) => return inner(&group.elem),
        Type::Paren(paren) => return inner(&paren.elem),
        ty => ty,
    };
    let Type::Path(path) = ty else { return (ty, false) };
    let Some(last) = path.path.segments.last().filter(|last| last.ident == "Option") else { return (ty, false) };
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return (ty, false) };
    match arguments.args.first() {
        Some(GenericArgument::Type(inner)) if arguments.args.len() == 1 => (inner, true),
        _ => (ty, false),
    }
}

/// The types of the standard library that hold others and are not fetched field by field.
const CONTAINERS: [&str; 9] = ["Vec", "VecDeque", "HashMap", "HashSet", "BTreeMap", "BTreeSet", "Box", "Rc", "Arc"];

/// The name of such a type.
pub(super) fn container(ty: &Type) -> Option<String> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let has_parameters = matches!(last.arguments, PathArguments::AngleBracketed(_));
    CONTAINERS.iter().find(|name| has_parameters && last.ident == name).map(ToString::to_string)
}

fn not_a_struct(container: &str) -> String {
    match container {
        "Box" | "Rc" | "Arc" => format!(
            "a nested field is a struct or an `Option` of one: write it without `{container}`; a struct cannot contain \
             itself"
        ),
        _ => format!(
            "a nested field is a struct or an `Option` of one, and not a `{container}`: to fetch it as one value, write \
             `fetch_from` instead of `nested`, and derive `serde::Deserialize` for what it holds"
        ),
    }
}

/// Whether a flag is not switched off; `flag` finds the mistakes in it.
pub(super) fn is_on(setting: &Setting) -> bool {
    match &setting.value {
        Value::Is(value) => super::value::boolean(value) != Some(false),
        Value::Nothing | Value::Parts(..) => true,
    }
}

/// A setting that is written alone, such as `nested`; a boolean literal is accepted too.
pub(super) fn flag(settings: &Settings<'_>, key: &str, mistakes: &mut Mistakes) -> bool {
    let Some(setting) = settings.get(key) else { return false };
    match &setting.value {
        Value::Nothing => true,
        Value::Is(value) => match super::value::boolean(value) {
            Some(flag) => flag,
            None => {
                mistakes.push(value.span(), takes_no_value(key));
                true
            }
        },
        Value::Parts(_, span) => {
            mistakes.push(*span, takes_no_value(key));
            true
        }
    }
}

fn takes_no_value(key: &str) -> String {
    match key {
        "nested" => "`nested` takes no value: write `nested`, or `nested, prefix = \"…\"`".to_owned(),
        _ => format!("`{key}` takes no value: write `{key}`"),
    }
}
