//! The position of an error in a text: the same for every format.

use super::is_key_twice;

/// The line and the column of a byte of a text, both from 1. A column counts characters.
///
/// ```
/// use component_model::value::line_and_column;
///
/// assert_eq!(line_and_column("é = 1\nü = x", "é = 1\nü = ".len()), (2, 5));
/// ```
#[must_use]
pub fn line_and_column(text: &str, byte: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(byte)];
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// The byte of a JSON text at which it is wrong: the first one that is not valid, the end of what is incomplete, the
/// start of a key that a map has already.
///
/// ```
/// use component_model::{Value, value::json_error_at};
///
/// for (text, at) in [("[1, x]", 4), ("[1, ", 3), (r#"{"é": 1, "é": 2}"#, 10)] {
///     assert_eq!(json_error_at(text, &Value::from_json(text).unwrap_err()), at);
/// }
/// ```
#[must_use]
pub fn json_error_at(text: &str, error: &serde_json::Error) -> usize {
    if error.is_eof() {
        return text.trim_end().len();
    }
    let lines_before = text.split_inclusive('\n').take(error.line().saturating_sub(1));
    let line_start: usize = lines_before.map(str::len).sum();
    // The parser's column is the number of bytes that it has read of the line, the wrong one included.
    let read = (line_start + error.column()).min(text.len());
    if is_key_twice(error) { start_of_last_string(&text.as_bytes()[..read]) } else { read.saturating_sub(1) }
}

/// The quote that begins the string at the end, after which the parser has skipped white space.
fn start_of_last_string(bytes: &[u8]) -> usize {
    let end = bytes.iter().rposition(|byte| *byte == b'"').unwrap_or_default();
    let is_escaped = |at: usize| bytes[..at].iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1;
    (0..end).rev().find(|at| bytes[*at] == b'"' && !is_escaped(*at)).unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;

    fn place(text: &str) -> (usize, usize) {
        line_and_column(text, json_error_at(text, &Value::from_json(text).unwrap_err()))
    }

    #[test]
    fn an_error_of_json_is_at_the_character_that_is_wrong() {
        for (text, expected) in [
            ("x", (1, 1)),
            ("[\"é😀\", x]", (1, 8)),
            ("[\"é😀\", ü]", (1, 8)),
            ("[\"é😀\", trü]", (1, 10)),
            ("{\"ü\": 1,\n \"é\": [1,]}", (2, 10)),
            ("{\"ü\": 1}\n\n é", (3, 2)),
            ("{\"ü\": \"a\nb\"}", (1, 9)),
            ("\n\n{1: 2}", (3, 2)),
        ] {
            assert_eq!(place(text), expected, "{text}");
        }
    }

    #[test]
    fn text_that_is_incomplete_is_wrong_at_its_end() {
        for (text, expected) in
            [("", (1, 1)), ("\n", (1, 1)), ("[\"é\"", (1, 5)), ("{\"ü\":\n", (1, 6)), ("[\"é", (1, 4))]
        {
            assert_eq!(place(text), expected, "{text}");
        }
    }

    #[test]
    fn a_key_that_occurs_twice_is_wrong_where_it_begins() {
        for (text, expected) in [
            ("{\"é\": 1, \"é\": 2}", (1, 10)),
            ("{\"é\\\"\": 1,\n  \"é\\\"\" : 2}", (2, 3)),
            ("{\"\\\\\": 1, \"\\\\\": 2}", (1, 11)),
            ("[{\"\": 1, \"\"\n : 2}]", (1, 10)),
        ] {
            assert_eq!(place(text), expected, "{text}");
        }
    }
}
