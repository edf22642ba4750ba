//! What a type says about a value that it refuses: which of it may be shown.
//!
//! Such a message may hold anything that was derived from the value: quoted, cut, escaped, in capitals, encoded. To
//! search it for the value finds only what somebody thought of. What always holds instead: a message is shown only if
//! it cannot carry the value, because the error that wrote it is too small to hold a part of it, or because serde wrote
//! it.

use std::fmt::Display;

use serde::de::Expected;

/// An error of this size tells few cases apart: the errors of `IpAddr`, of numbers, of `url` and `chrono`, and every
/// error without fields.
const SMALL: usize = 1;

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

/// What may be shown of a message that an error of this size wrote.
pub(super) fn message(size: usize, message: &dyn Display) -> String {
    let message = message.to_string();
    if size <= SMALL || OF_SERDE.iter().any(|known| fits(&message, known)) {
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
    let shown = size_of_val(expected) <= SMALL || EXPECTED_BY_SERDE.iter().any(|known| fits(&text, known));
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
