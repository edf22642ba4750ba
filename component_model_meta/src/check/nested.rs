//! A field whose type is a struct with components of its own.

use syn::{GenericArgument, PathArguments, Type, spanned::Spanned};

use super::{Nested, keys::Settings, prefix};
use crate::{input::Field, mistakes::Mistakes};

/// The settings that a nested field may have.
const OF_NESTED: [&str; 2] = ["nested", "prefix"];

/// Reads a nested field.
pub(super) fn read(field: &Field, settings: &Settings<'_>, mistakes: &mut Mistakes) -> Nested {
    for setting in settings.iter().filter(|setting| !OF_NESTED.contains(&setting.key.as_str())) {
        let message = match setting.key.as_str() {
            "fetch_from" => "a nested field has no source of its own: its struct has them",
            "skip" => "a field is either nested or skipped",
            _ => "has no effect on a nested field: write it on the fields of its struct",
        };
        let message =
            if message.starts_with("has") { format!("`{}` {message}", setting.key) } else { message.to_owned() };
        mistakes.push(setting.span, message);
    }
    let prefix = settings.get("prefix").and_then(|setting| prefix::read(setting, mistakes));
    let (ty, optional) = inner(&field.ty);
    Nested { ty: ty.clone(), prefix, optional }
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

/// `nested` takes no value.
pub(super) fn flag(settings: &Settings<'_>, key: &str, mistakes: &mut Mistakes) -> bool {
    let Some(setting) = settings.get(key) else { return false };
    match &setting.value {
        crate::input::Value::Nothing => true,
        crate::input::Value::Is(value) => match super::value::boolean(value) {
            Some(flag) => flag,
            None => {
                mistakes.push(value.span(), format!("`{key}` takes no value"));
                true
            }
        },
        crate::input::Value::Parts(_, span) => {
            mistakes.push(*span, format!("`{key}` takes no value"));
            true
        }
    }
}
