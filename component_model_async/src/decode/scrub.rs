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

/// Whether a message contains a word of the text, or quotes one of its characters.
fn repeats_text(message: &str, text: &str) -> bool {
    let repeats_word = |word: &str| match word.len() {
        0 => false,
        1 | 2 => words(message).any(|written| written == word),
        _ => message.contains(word),
    };
    words(text).any(repeats_word) || quoted_characters(message).any(|character| text.contains(character))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !character.is_alphanumeric())
}

/// The single characters that stand between quotes: the `h` of "found `h` at 1".
fn quoted_characters(message: &str) -> impl Iterator<Item = char> {
    let neighbours = message.chars().zip(message.chars().skip(1)).zip(message.chars().skip(2));
    neighbours.filter(|((open, _), close)| open == close && matches!(open, '`' | '\'' | '"')).map(|((_, c), _)| c)
}
