//! JSON.

use component_model_source::{
    Value,
    value::{TOO_MANY, is_too_many, json_error_at, line_and_column},
};

use super::{broken::Broken, places::Outline};

pub(super) fn parse(text: &str) -> Result<Value, Broken> {
    Value::from_json(text).map_err(|error| {
        if is_too_many(&error) {
            return Broken::too_large(TOO_MANY);
        }
        // The place has the position; the message repeats it at the end.
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        let position = line_and_column(text, json_error_at(text, &error));
        Broken::malformed(format!("not JSON: {message}"), Some(position))
    })
}

/// The positions of all values in a text that has been parsed.
pub(super) fn outline(text: &str) -> Outline {
    let mut scanner = Scanner::default();
    text.chars().enumerate().for_each(|(at, character)| scanner.next(at, character));
    scanner.outline
}

/// Reads a document character by character.
#[derive(Default)]
struct Scanner {
    outline: Outline,
    /// For each list or map that is open, whether it is a map.
    maps: Vec<bool>,
    within: Within,
    /// Whether the next string is the key of a map.
    is_key: bool,
}

/// The token that contains the last character.
#[derive(Default)]
enum Within {
    #[default]
    Space,
    /// A number, a boolean or null.
    Word,
    String,
    Escape,
}

impl Scanner {
    fn next(&mut self, at: usize, character: char) {
        self.within = match (&self.within, character) {
            (Within::String, '\\') => Within::Escape,
            (Within::String, '"') => Within::Space,
            (Within::String | Within::Escape, _) => Within::String,
            (_, '"') => {
                if !self.is_key {
                    self.outline.leaf(at);
                }
                Within::String
            }
            (within, _) => {
                let is_first = !matches!(within, Within::Word);
                self.outside(at, character, is_first)
            }
        };
    }

    fn outside(&mut self, at: usize, character: char, is_first: bool) -> Within {
        match character {
            '{' | '[' => {
                self.outline.begin(at);
                self.is_key = character == '{';
                self.maps.push(self.is_key);
            }
            '}' | ']' => {
                self.outline.end();
                self.maps.pop();
            }
            ',' => self.is_key = self.maps.last() == Some(&true),
            ':' => self.is_key = false,
            ' ' | '\t' | '\r' | '\n' => {}
            _ => {
                if is_first {
                    self.outline.leaf(at);
                }
                return Within::Word;
            }
        }
        Within::Space
    }
}
