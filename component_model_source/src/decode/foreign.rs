//! What a type says about a value that it refuses: which of it may be shown.
//!
//! Such a message may hold anything that was derived from the value: quoted, cut, escaped, in capitals, encoded. To
//! search it for the value finds only what somebody thought of. What always holds instead: a message is shown only if
//! it cannot carry the value, because the error that wrote it has no content, or because the standard library or serde
//! wrote it.

use std::{any::type_name, fmt::Display};

use serde::de::Expected;

/// Errors of the standard library that tell a few cases apart and say nothing of the value. They are known by the name
/// of their type: an error of another name is withheld, also if the compiler writes names otherwise one day.
const OF_STD: &[&str] = &[
    "core::net::parser::AddrParseError",
    "core::num::dec2flt::ParseFloatError",
    "core::num::error::IntErrorKind",
    "core::num::error::ParseIntError",
    "core::num::error::TryFromIntError",
    "core::num::float_parse::ParseFloatError",
    "core::num::imp::dec2flt::ParseFloatError",
    "core::char::TryFromCharError",
    "core::char::convert::CharTryFromError",
    "core::char::convert::ParseCharError",
    "core::str::error::ParseBoolError",
    "core::time::TryFromFloatSecsError",
];

const WITHHELD: &str = "the type refuses it (its message is withheld, since it could repeat the value)";

/// What serde itself says with an error that is larger. `…` is the name of a type or a variant, which is a part of the
/// program.
const OF_SERDE: &[&str] = &[
    "data did not match any variant of untagged enum …",
    "no variant of enum … found in flattened data",
    "can only flatten structs and maps",
    "overflow deserializing Duration",
    "overflow deserializing SystemTime",
    "overflow deserializing SystemTime epoch offset",
    "unexpected map key",
    "value is missing",
];

/// What serde itself expects where a text or a visitor with fields says so.
const EXPECTED_BY_SERDE: &[&str] = &[
    "struct …",
    "struct … with … elements",
    "struct … with … element",
    "tuple struct …",
    "tuple struct … with … elements",
    "tuple struct … with … element",
    "enum …",
    "internally tagged enum …",
    "unit variant …",
    "tuple variant …",
    "tuple variant … with … elements",
    "tuple variant … with … element",
    "struct variant …",
    "struct variant … with … elements",
    "struct variant … with … element",
    "variant index 0 <= i < …",
    "field index 0 <= i < …",
    "map with a single key",
    "string or map",
    "newtype variant",
    "tuple variant",
    "struct variant",
];

/// What may be shown of a message that an error of this type wrote.
pub(super) fn message<E: Display>(error: &E) -> String {
    withheld_unless_known(size_of::<E>() == 0 || OF_STD.contains(&type_name::<E>()), error)
}

fn withheld_unless_known(is_harmless: bool, message: &dyn Display) -> String {
    let message = message.to_string();
    if is_harmless || OF_SERDE.iter().any(|known| fits(&message, known)) {
        message
    } else if message.starts_with("unknown field `") {
        // Of a struct that flattens another; the field's name is a part of the value.
        "an unknown field".to_owned()
    } else {
        WITHHELD.to_owned()
    }
}

/// What may be shown of what a type expects.
pub(super) fn expectation(expected: &dyn Expected) -> Option<String> {
    let text = expected.to_string();
    let shown = size_of_val(expected) == 0 || EXPECTED_BY_SERDE.iter().any(|known| fits(&text, known));
    shown.then_some(text)
}

/// Whether the text has this form; `…` stands for one name.
fn fits(text: &str, form: &str) -> bool {
    let (mut text, mut form) = (text.split(' '), form.split(' '));
    loop {
        match (text.next(), form.next()) {
            (None, None) => return true,
            (Some(name), Some("…"))
                if name.chars().all(|character| character.is_alphanumeric() || "_:<>,".contains(character)) => {}
            (Some(word), Some(known)) if word == known => {}
            _ => return false,
        }
    }
}
