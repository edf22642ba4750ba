//! JSON pointers (RFC 6901): which part of a document a component reads.

use std::fmt;

use component_model_source::{SourceError, Value, value::Index};

use super::misconfigured;

/// A pointer that parses.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Pointer {
    text: String,
    tokens: Vec<String>,
}

impl Pointer {
    /// Empty text points to the whole document.
    pub(super) fn parse(text: &str) -> Result<Self, SourceError> {
        let tokens = match text.strip_prefix('/') {
            Some(tokens) => tokens.split('/').map(unescape).collect::<Option<_>>(),
            None => text.is_empty().then(Vec::new),
        };
        let tokens = tokens.ok_or_else(|| {
            misconfigured(format!("`{text}` is not a JSON pointer"))
                .with_hint("a pointer is written like `/limits/0/max`, with `~1` for `/` and `~0` for `~` in a name")
        })?;
        Ok(Self { text: text.to_owned(), tokens })
    }

    /// Where the pointer leads. Many pointers into one document share an index: without it, each compares all names of a
    /// large map.
    pub(super) fn find<'v>(&self, document: &'v Value, index: &mut Index<'v>) -> Target {
        let (mut value, mut positions) = (document, Vec::with_capacity(self.tokens.len()));
        for token in &self.tokens {
            let position = match value {
                Value::Map(_) => index.position(value, token),
                Value::List(_) => list_index(token),
                Value::Null => None,
                _ => return Target::Blocked { positions, found: value.kind() },
            };
            let Some((position, next)) = position.and_then(|position| Some((position, value.at(&[position])?))) else {
                return Target::Nothing;
            };
            value = next;
            positions.push(position);
        }
        Target::Value(positions)
    }
}

/// What a pointer finds; positions are those within each list or map on the path.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    Value(Vec<usize>),
    /// A map without the name, a list without the index, or null.
    Nothing,
    /// The pointer continues, but the value at the positions is neither a map nor a list.
    Blocked {
        positions: Vec<usize>,
        found: &'static str,
    },
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A value within a pointer: one token, which is not empty.
pub(super) fn encoded(value: &str) -> Option<String> {
    (!value.is_empty()).then(|| token(value))
}

/// A name as a token of a pointer.
fn token(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// The pointer to what is at these positions of a document.
pub(super) fn to(document: &Value, positions: &[usize]) -> String {
    let mut value = Some(document);
    positions.iter().fold(String::new(), |pointer, position| {
        let token = match value {
            Some(Value::Map(members)) => members.get(*position).map(|(name, _)| token(name)),
            _ => None,
        };
        value = value.and_then(|value| value.at(&[*position]));
        match token {
            Some(name) => format!("{pointer}/{name}"),
            None => format!("{pointer}/{position}"),
        }
    })
}

/// The token without its escapes; `None` if a `~` escapes nothing.
fn unescape(token: &str) -> Option<String> {
    let mut parts = token.split('~');
    let mut plain = parts.next()?.to_owned();
    for part in parts {
        let (escaped, rest) = match part.split_at_checked(1)? {
            ("0", rest) => ('~', rest),
            ("1", rest) => ('/', rest),
            _ => return None,
        };
        plain.push(escaped);
        plain.push_str(rest);
    }
    Some(plain)
}

/// The index that a token writes: digits without leading zeros.
fn list_index(token: &str) -> Option<usize> {
    let digits = token.bytes().all(|byte| byte.is_ascii_digit());
    if digits && (token == "0" || !token.starts_with('0')) { token.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The document and the pointers of RFC 6901, section 5.
    #[test]
    fn the_examples_of_the_rfc_hold() {
        let document = r#"{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8}"#;
        let document = Value::from_json(document).unwrap();
        let found = |pointer: &str| match Pointer::parse(pointer).unwrap().find(&document, &mut Index::default()) {
            Target::Value(positions) => document.at(&positions).cloned(),
            _ => None,
        };
        assert_eq!(found(""), Some(document.clone()));
        assert_eq!(found("/foo/0"), Some(Value::String("bar".to_owned())));
        let numbered = ["/", "/a~1b", "/c%d", "/e^f", "/g|h", "/i\\j", "/k\"l", "/ ", "/m~0n"];
        for (number, pointer) in (0..).zip(numbered) {
            assert_eq!(found(pointer), Some(Value::Unsigned(number)), "{pointer}");
        }
    }

    #[test]
    fn a_pointer_that_leads_nowhere_finds_nothing() {
        let document = Value::from_json(r#"{"list":[1,2],"null":null}"#).unwrap();
        for pointer in
            ["/no", "/list/2", "/list/-", "/list/01", "/list/+1", "/list/", "/null/0", "/list/99999999999999999999"]
        {
            let found = Pointer::parse(pointer).unwrap().find(&document, &mut Index::default());
            assert_eq!(found, Target::Nothing, "{pointer}");
        }
    }

    #[test]
    fn a_pointer_that_leads_through_a_scalar_differs_from_one_that_finds_nothing() {
        let document = Value::from_json(r#"{"list":[1],"name":"x"}"#).unwrap();
        for (pointer, positions, found) in [("/name/0", &[1][..], "a string"), ("/list/0/x/y", &[0, 0], "an integer")] {
            let expected = Target::Blocked { positions: positions.to_vec(), found };
            assert_eq!(Pointer::parse(pointer).unwrap().find(&document, &mut Index::default()), expected, "{pointer}");
        }
    }

    #[test]
    fn many_pointers_share_an_index_and_find_what_each_finds_alone() {
        let members: Vec<_> = (0..2000).map(|number| format!("\"k{number}\":[{{\"x\":{number}}}]")).collect();
        let document = Value::from_json(&format!("{{{}}}", members.join(","))).unwrap();
        let mut index = Index::default();
        for number in 0..2000 {
            let pointer = Pointer::parse(&format!("/k{number}/0/x")).unwrap();
            assert_eq!(pointer.find(&document, &mut index), Target::Value(vec![number, 0, 0]));
        }
        let missing = Pointer::parse("/k/0").unwrap();
        assert_eq!(missing.find(&document, &mut index), Target::Nothing);
    }

    #[test]
    fn what_is_not_a_pointer_is_refused() {
        for text in ["name", "#/name", "/~", "/~2", "/a~/b", "/~é"] {
            assert!(Pointer::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn positions_are_written_with_the_escapes_of_a_pointer() {
        let document = Value::from_json(r#"{"x": 0, "a/b~": [1, 2, 3]}"#).unwrap();
        assert_eq!(to(&document, &[1, 2]), "/a~1b~0/2");
        assert_eq!(to(&document, &[]), "");
    }
}
