//! The way into a document: `server.port`, `servers[0].host`, `"a.b".c`.

use std::str::FromStr;

use crate::{ErrorKind, SourceError, Value, decode::Step};

/// The steps into a document; none for the whole of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeyPath(Vec<String>);

impl KeyPath {
    /// The value that the path leads to, and the steps that were taken: a name in a map, a number in a list.
    pub(super) fn find<'v>(&self, document: &'v Value) -> Option<(&'v Value, Vec<Step>)> {
        let mut value = document;
        let mut steps = Vec::with_capacity(self.0.len());
        for part in &self.0 {
            value = match value {
                Value::List(items) => {
                    let index = index(part)?;
                    steps.push(Step::Index(index));
                    items.get(index)?
                }
                map => {
                    steps.push(Step::Key(part.clone()));
                    map.get(part)?
                }
            };
        }
        Some((value, steps))
    }
}

impl FromStr for KeyPath {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, SourceError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (part, after) = part(rest).ok_or_else(|| no_path(text))?;
            parts.push(part);
            rest = match after.strip_prefix('.') {
                Some("") => return Err(no_path(text)),
                Some(next) => next,
                None if after.is_empty() || after.starts_with('[') => after,
                None => return Err(no_path(text)),
            };
        }
        Ok(Self(parts))
    }
}

/// The first part of a path and what follows it: quoted, in brackets, or up to the next separator.
fn part(path: &str) -> Option<(String, &str)> {
    if let Some(quoted) = path.strip_prefix('"') {
        let (name, after) = quoted.split_once('"')?;
        return Some((name.to_owned(), after));
    }
    if let Some(bracketed) = path.strip_prefix('[') {
        let (index, after) = bracketed.split_once(']')?;
        return self::index(index).map(|index| (index.to_string(), after));
    }
    let end = path.find(['.', '[']).unwrap_or(path.len());
    (end > 0).then(|| (path[..end].to_owned(), &path[end..]))
}

/// A position in a list: digits, without a sign.
fn index(text: &str) -> Option<usize> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn no_path(text: &str) -> SourceError {
    SourceError::new(ErrorKind::Misconfigured, format!("`{text}` is no way into a document"))
        .with_hint("write `server.port`, `servers[0].host`, or quote a name with a dot: `\"a.b\".c`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<String> {
        text.parse::<KeyPath>().unwrap().0
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
        for text in [".", "a..b", "a.", "a[x]", "a[0", "\"a", "a[0]b", "a[+1]", "\"a\"b"] {
            assert!(text.parse::<KeyPath>().is_err(), "{text}");
        }
    }
}
