//! Keeps values out of errors: a type's own message that repeats a part of the value is withheld.

use super::DecodeError;
use crate::Value;

/// The error, without a foreign message that repeats the value.
pub(super) fn scrub(mut error: DecodeError, value: &Value) -> DecodeError {
    if error.foreign_message().is_some_and(|message| repeats(message, value)) {
        error.withhold_message();
    }
    error
}

/// Whether a message contains a scalar of the value, or a word of one.
fn repeats(message: &str, value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) => false,
        Value::Signed(number) => message.contains(&number.to_string()),
        Value::Unsigned(number) => message.contains(&number.to_string()),
        Value::Float(number) => message.contains(&number.to_string()),
        Value::Text(text) | Value::String(text) => repeats_text(message, text),
        Value::Bytes(bytes) => repeats_text(message, &String::from_utf8_lossy(bytes)),
        Value::List(items) | Value::Rows(items) => items.iter().any(|item| repeats(message, item)),
        Value::Map(members) | Value::Row(members) => {
            members.iter().any(|(name, member)| repeats_text(message, name) || repeats(message, member))
        }
    }
}

/// Whether a message contains a word of the text, or quotes a part of it; in whatever case.
fn repeats_text(message: &str, text: &str) -> bool {
    let (message, text) = (message.to_lowercase(), text.to_lowercase());
    let repeats_word = |word: &str| match word.len() {
        0 => false,
        1 | 2 => words(&message).any(|written| written == word),
        _ => message.contains(word),
    };
    words(&text).any(repeats_word) || quoted(&message).any(|part| text.contains(part))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !character.is_alphanumeric())
}

/// What stands between two quotes of a kind: the `hunter2` of "unknown unit `hunter2`".
fn quoted(message: &str) -> impl Iterator<Item = &str> {
    let between = |quote| message.split(quote).skip(1).step_by(2);
    ['`', '\'', '"'].into_iter().flat_map(between).filter(|part| !part.is_empty())
}
