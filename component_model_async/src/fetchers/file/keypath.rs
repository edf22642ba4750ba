//! The way into a document: `server.port`, `servers[0].host`, `"a.b".c`.

pub(super) use crate::value::Index;
use crate::{ErrorKind, SourceError, Value, decode::Step};

/// A path into a document; the empty one is the whole of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KeyPath<'k>(&'k str);

/// What a path leads to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// A value; `positions` says where.
    Value,
    /// A map without the name, a list that is too short, or null: nothing is there.
    Nothing,
    /// The path goes on where the document does not: after these steps there is something else than a map or a list.
    Blocked { at: Vec<Step>, expected: &'static str, found: &'static str },
}

impl<'k> KeyPath<'k> {
    /// A path, if the text is one.
    pub(super) fn new(text: &'k str) -> Result<Self, SourceError> {
        let path = Self(text);
        if path.parts().all(|part| part.is_some()) { Ok(path) } else { Err(no_path(text)) }
    }

    /// A path that was checked before.
    pub(super) fn checked(text: &'k str) -> Self {
        Self(text)
    }

    /// Where the path leads in a document; `positions` gets the position within each list or map on it.
    pub(super) fn find<'v>(self, document: &'v Value, index: &mut Index<'v>, positions: &mut Vec<usize>) -> Target {
        let mut value = document;
        positions.clear();
        for part in self.parts().flatten() {
            let position = match value {
                Value::Map(_) => index.position(value, part),
                Value::List(items) => match number(part) {
                    Some(position) => Some(position).filter(|position| *position < items.len()),
                    None => return self.blocked(document, positions.len(), "a map", value),
                },
                Value::Null => None,
                _ => return self.blocked(document, positions.len(), "a map or a list", value),
            };
            let Some(position) = position else { return Target::Nothing };
            let Some(next) = value.at(&[position]) else { return Target::Nothing };
            value = next;
            positions.push(position);
        }
        Target::Value
    }

    /// The steps of the path in a document: a name in a map, a number in a list.
    pub(super) fn steps(self, document: &Value) -> Vec<Step> {
        let mut value = Some(document);
        let step = |part: &str| {
            let is_list = matches!(value, Some(Value::List(_)));
            let position = number(part).filter(|_| is_list);
            value = match (value, position) {
                (Some(list), Some(position)) => list.at(&[position]),
                (map, _) => map.and_then(|map| map.get(part)),
            };
            position.map_or_else(|| Step::Key(part.to_owned()), Step::Index)
        };
        self.parts().flatten().map(step).collect()
    }

    fn blocked(self, document: &Value, taken: usize, expected: &'static str, found: &Value) -> Target {
        let mut at = self.steps(document);
        at.truncate(taken);
        Target::Blocked { at, expected, found: found.kind() }
    }

    /// The parts of the path; `None` for what is not one, and then nothing more.
    fn parts(self) -> impl Iterator<Item = Option<&'k str>> {
        let mut rest = Some(self.0);
        std::iter::from_fn(move || {
            let text = rest.take().filter(|text| !text.is_empty())?;
            let split = split(text);
            rest = split.map(|(_, after)| after);
            Some(split.map(|(part, _)| part))
        })
    }
}

/// The first part of a path, and what follows it after a separator.
fn split(path: &str) -> Option<(&str, &str)> {
    let (part, after) = part(path)?;
    match after.strip_prefix('.') {
        Some("") => None,
        Some(next) => Some((part, next)),
        None => (after.is_empty() || after.starts_with('[')).then_some((part, after)),
    }
}

/// The first part of a path and what follows it: quoted, in brackets, or up to the next separator.
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

fn no_path(text: &str) -> SourceError {
    SourceError::new(ErrorKind::Misconfigured, format!("`{text}` is not a path into a document"))
        .with_hint("write `server.port`, `servers[0].host`, or quote a name with a dot: `\"a.b\".c`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(document: &str, path: &str) -> (Target, Vec<usize>) {
        let (document, mut positions) = (Value::from_json(document).unwrap(), Vec::new());
        (KeyPath::new(path).unwrap().find(&document, &mut Index::default(), &mut positions), positions)
    }

    fn parts(text: &str) -> Vec<&str> {
        KeyPath::new(text).unwrap().parts().flatten().collect()
    }

    #[test]
    fn names_indices_and_quotes_are_told_apart() {
        assert_eq!(parts("server.port"), ["server", "port"]);
        assert_eq!(parts("servers[0].host"), ["servers", "0", "host"]);
        assert_eq!(parts("grid[1][2]"), ["grid", "1", "2"]);
        assert_eq!(parts("\"a.b\".c"), ["a.b", "c"]);
        assert_eq!(parts(""), [""; 0]);
    }

    #[test]
    fn what_leads_nowhere_is_refused() {
        for text in [".", "a..b", "a.", "a[x]", "a[0", "\"a", "a[0]b", "a[+1]", "\"a\"b", "a.[0]."] {
            assert!(KeyPath::new(text).is_err(), "{text}");
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
    fn a_path_that_goes_on_after_a_scalar_is_told_from_one_that_finds_nothing() {
        let document = r#"{"a": {"b": 1, "null": null}, "list": [1]}"#;
        for path in ["x", "a.x", "list[1]", "a.null.x", "a.null[0]"] {
            assert_eq!(find(document, path).0, Target::Nothing, "{path}");
        }
        for path in ["a.b.c", "a.b[0]", "list.name", "list[0].x"] {
            assert!(matches!(find(document, path).0, Target::Blocked { .. }), "{path}");
        }
    }
}
