//! A path into a document: `server.port`, `servers[0].host`, `"a.b".c`.

pub(super) use component_model_source::value::Index;
use component_model_source::{ErrorKind, SourceError, Value};

/// A path into a document; an empty path means the whole document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct KeyPath(Box<[String]>);

/// What a path finds; the positions show where.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    Value,
    /// A map without the name, a list that is too short, or null.
    Nothing,
    /// The path continues, but the value is neither a map nor a list.
    Blocked {
        expected: &'static str,
        found: &'static str,
    },
}

impl KeyPath {
    /// Parses a path, if the text is valid.
    pub(super) fn parse(text: &str) -> Result<Self, SourceError> {
        let (mut parts, mut rest) = (Vec::new(), text);
        while !rest.is_empty() {
            let Some((part, after)) = split(rest) else { return Err(not_a_path(text)) };
            parts.push(part.to_owned());
            rest = after;
        }
        Ok(Self(parts.into()))
    }

    /// The names and numbers of the path.
    pub(super) fn parts(&self) -> &[String] {
        &self.0
    }

    /// The parts of a path as a user writes them.
    pub(super) fn text(parts: &[String]) -> String {
        parts.iter().fold(String::new(), |text, part| match number(part) {
            Some(_) => format!("{text}[{part}]"),
            None => {
                let dot = if text.is_empty() { "" } else { "." };
                let quote = if part.contains(['.', '[']) { "\"" } else { "" };
                format!("{text}{dot}{quote}{part}{quote}")
            }
        })
    }

    /// Follows the path in a document; `positions` gets the position within each list or map on the path.
    pub(super) fn find<'v>(&self, document: &'v Value, index: &mut Index<'v>, positions: &mut Vec<usize>) -> Target {
        let mut value = document;
        positions.clear();
        for part in &self.0 {
            let position = match value {
                Value::Map(_) => index.position(value, part),
                Value::List(items) => match number(part) {
                    Some(position) => Some(position).filter(|position| *position < items.len()),
                    None => return Target::Blocked { expected: "a map", found: value.kind() },
                },
                Value::Null => None,
                _ => return Target::Blocked { expected: "a map or a list", found: value.kind() },
            };
            let Some(position) = position else { return Target::Nothing };
            let Some(next) = value.at(&[position]) else { return Target::Nothing };
            value = next;
            positions.push(position);
        }
        Target::Value
    }
}

/// The first part of a path, and the rest after a separator.
fn split(path: &str) -> Option<(&str, &str)> {
    let (part, after) = part(path)?;
    match after.strip_prefix('.') {
        Some("") => None,
        Some(next) => Some((part, next)),
        None => (after.is_empty() || after.starts_with('[')).then_some((part, after)),
    }
}

/// The first part of a path and the rest: quoted, in brackets, or up to the next separator.
fn part(path: &str) -> Option<(&str, &str)> {
    if let Some(quoted) = path.strip_prefix('"') {
        return quoted.split_once('"');
    }
    if let Some(bracketed) = path.strip_prefix('[') {
        return bracketed.split_once(']').filter(|(index, _)| number(index).is_some());
    }
    let end = path.find(['.', '[']).unwrap_or(path.len());
    (end > 0).then(|| path.split_at(end))
}

/// A position in a list: digits, without a sign.
fn number(text: &str) -> Option<usize> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn not_a_path(text: &str) -> SourceError {
    SourceError::new(ErrorKind::Misconfigured, format!("`{text}` is not a path into a document"))
        .with_hint("write `server.port`, `servers[0].host`, or quote a name with a dot: `\"a.b\".c`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(document: &str, path: &str) -> (Target, Vec<usize>) {
        let (document, mut positions) = (Value::from_json(document).unwrap(), Vec::new());
        (KeyPath::parse(path).unwrap().find(&document, &mut Index::default(), &mut positions), positions)
    }

    fn parts(text: &str) -> Vec<String> {
        KeyPath::parse(text).unwrap().0.into()
    }

    #[test]
    fn names_indices_and_quotes_are_distinguished() {
        assert_eq!(parts("server.port"), ["server", "port"]);
        assert_eq!(parts("servers[0].host"), ["servers", "0", "host"]);
        assert_eq!(parts("grid[1][2]"), ["grid", "1", "2"]);
        assert_eq!(parts("\"a.b\".c"), ["a.b", "c"]);
        assert_eq!(parts(""), [""; 0]);
    }

    #[test]
    fn text_that_is_not_a_path_is_rejected() {
        for text in [".", "a..b", "a.", "a[x]", "a[0", "\"a", "a[0]b", "a[+1]", "\"a\"b", "a.[0]."] {
            assert!(KeyPath::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_path_finds_values_in_small_and_in_large_maps() {
        for size in [1, 63, 64, 200] {
            let members: Vec<_> = (0..size).map(|number| format!("\"k{number}\": [0, {{\"x\": {number}}}]")).collect();
            let document = format!("{{{}}}", members.join(","));
            let last = size - 1;
            assert_eq!(find(&document, &format!("k{last}[1].x")), (Target::Value, vec![last, 1, 0]));
            assert_eq!(find(&document, "k").0, Target::Nothing);
        }
    }

    #[test]
    fn a_path_that_continues_after_a_scalar_differs_from_one_that_finds_nothing() {
        let document = r#"{"a": {"b": 1, "null": null}, "list": [1]}"#;
        for path in ["x", "a.x", "list[1]", "a.null.x", "a.null[0]"] {
            assert_eq!(find(document, path).0, Target::Nothing, "{path}");
        }
        for path in ["a.b.c", "a.b[0]", "list.name", "list[0].x"] {
            assert!(matches!(find(document, path).0, Target::Blocked { .. }), "{path}");
        }
    }
}
