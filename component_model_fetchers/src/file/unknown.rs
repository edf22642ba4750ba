//! The keys of a document that no component reads.
//!
//! What always holds: no value is shown, and a key of any length takes little space in the error.

use std::{collections::BTreeMap, fmt::Write};

use component_model_source::{ErrorKind, SourceError, Value};
use component_model_types::text::nearest;

use super::keypath::KeyPath;

/// How many keys an error lists.
const LISTED: usize = 100;

/// How many characters of a name are shown.
const SHOWN: usize = 64;

/// A key that is read by nothing.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unknown {
    /// `shop.prot`
    path: String,
    /// The nearest path that is read.
    near: Option<String>,
    positions: Vec<usize>,
}

/// What is read of a value: all of it, or parts of it.
#[derive(Default)]
struct Read<'p> {
    whole: bool,
    parts: BTreeMap<&'p str, Self>,
}

impl<'p> Read<'p> {
    fn of(paths: &'p [KeyPath]) -> Self {
        let mut all = Self::default();
        for path in paths {
            let last = path.parts().iter().fold(&mut all, |read, part| read.parts.entry(part).or_default());
            last.whole = true;
        }
        all
    }

    /// What is read of the value at a path; `None` if all of it is.
    fn at(self, path: &KeyPath) -> Option<Self> {
        path.parts().iter().try_fold(self, |mut read, part| {
            if read.whole { None } else { Some(read.parts.remove(part.as_str()).unwrap_or_default()) }
        })
    }
}

/// The keys below a path, which the positions lead to, that none of the paths reads. Within an unknown key, no others are
/// looked for.
pub(super) fn find(document: &Value, below: &KeyPath, positions: &[usize], read: &[KeyPath]) -> Vec<Unknown> {
    let (Some(here), Some(value)) = (Read::of(read).at(below), document.at(positions)) else { return Vec::new() };
    let mut search = Search { paths: read, path: String::new(), positions: positions.to_vec(), found: Vec::new() };
    below.parts().iter().for_each(|part| push_name(&mut search.path, part));
    search.walk(value, &here);
    search.found
}

struct Search<'p> {
    /// All paths that are read.
    paths: &'p [KeyPath],
    /// Where the search is, as text and as positions.
    path: String,
    positions: Vec<usize>,
    found: Vec<Unknown>,
}

impl Search<'_> {
    fn walk(&mut self, value: &Value, read: &Read<'_>) {
        if read.whole {
            return;
        }
        match value {
            Value::Map(members) => {
                for (position, (name, member)) in members.iter().enumerate() {
                    self.within(position, |path| push_name(path, name), |search| search.member(name, member, read));
                }
            }
            Value::List(items) => {
                let nothing = Read::default();
                for (position, item) in items.iter().enumerate() {
                    // An item has no name, but the keys within it have.
                    let read = read.parts.get(position.to_string().as_str()).unwrap_or(&nothing);
                    let index = |path: &mut String| path.push_str(&format!("[{position}]"));
                    self.within(position, index, |search| search.walk(item, read));
                }
            }
            _ => {}
        }
    }

    /// Does something at a part of the current value.
    fn within(&mut self, position: usize, name: impl FnOnce(&mut String), act: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        name(&mut self.path);
        self.positions.push(position);
        act(self);
        self.positions.pop();
        self.path.truncate(length);
    }

    fn member(&mut self, name: &str, member: &Value, read: &Read<'_>) {
        match read.parts.get(name) {
            Some(read) => self.walk(member, read),
            // The error counts the others.
            None if self.found.len() >= LISTED => {
                self.found.push(Unknown { path: String::new(), near: None, positions: Vec::new() });
            }
            None => {
                let near = self.near(name, read);
                self.found.push(Unknown { path: self.path.clone(), near, positions: self.positions.clone() });
            }
        }
    }

    /// The nearest name beside it that is read; otherwise a path elsewhere that ends with this name.
    fn near(&self, name: &str, read: &Read<'_>) -> Option<String> {
        let beside = self.positions.len().saturating_sub(1);
        if name.chars().count() > SHOWN {
            return None;
        }
        if let Some(near) = nearest(name, read.parts.keys().copied()) {
            let is_beside = |path: &&KeyPath| path.parts().get(beside).is_some_and(|part| part == near);
            return self.paths.iter().find(is_beside).map(|path| text(&path.parts()[..=beside]));
        }
        let same = |path: &&KeyPath| path.parts().last().is_some_and(|last| last == name);
        self.paths.iter().find(same).map(|path| text(path.parts()))
    }
}

/// The error that names them, if there are any.
pub(super) fn error(found: &[Unknown], place: impl Fn(&[usize]) -> Option<String>) -> Option<SourceError> {
    let [first, others @ ..] = found else { return None };
    let error = match others {
        [] => {
            let error = invalid(format!("`{}` is read by no field", first.path));
            match &first.near {
                Some(near) => error.with_hint(format!("did you mean `{near}`?")),
                None => error.with_hint("remove it, or add a field that reads it"),
            }
        }
        _ => invalid(message(found, &place)).with_hint("correct or remove them, or add fields that read them"),
    };
    Some(place(&first.positions).into_iter().fold(error, SourceError::at))
}

fn invalid(message: String) -> SourceError {
    SourceError::new(ErrorKind::Invalid, message)
}

/// A line for each key.
fn message(found: &[Unknown], place: impl Fn(&[usize]) -> Option<String>) -> String {
    let mut message = format!("{} keys are read by no field:", found.len());
    for unknown in found.iter().take(LISTED) {
        let at = place(&unknown.positions).map_or(String::new(), |place| format!(" at {place}"));
        let near = unknown.near.as_ref().map_or(String::new(), |near| format!(", did you mean `{near}`?"));
        // A string takes everything.
        let _ = write!(message, "\n`{}`{at}{near}", unknown.path);
    }
    if found.len() > LISTED {
        let _ = write!(message, "\nand {} more", found.len() - LISTED);
    }
    message
}

/// A path as it is written in an attribute.
fn text(parts: &[String]) -> String {
    let mut path = String::new();
    parts.iter().for_each(|part| push_name(&mut path, part));
    path
}

/// Adds a name to a path, in quotes if it would be read as several.
fn push_name(path: &mut String, name: &str) {
    if !path.is_empty() {
        path.push('.');
    }
    let is_short = name.char_indices().nth(SHOWN).map(|(end, _)| end);
    let shown = is_short.map_or(name, |end| &name[..end]);
    let rest = if is_short.is_some() { "…" } else { "" };
    let quote = if name.is_empty() || name.contains(['.', '[', '"']) { "\"" } else { "" };
    path.extend([quote, shown, rest, quote]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use component_model_source::value::Index;

    fn unknown(document: &str, below: &str, read: &[&str]) -> Vec<String> {
        let document = Value::from_json(document).unwrap();
        let read: Vec<_> = read.iter().map(|path| KeyPath::parse(path).unwrap()).collect();
        let (below, mut positions) = (KeyPath::parse(below).unwrap(), Vec::new());
        below.find(&document, &mut Index::default(), &mut positions);
        let found = find(&document, &below, &positions, &read);
        let near = |unknown: &Unknown| unknown.near.as_ref().map_or(String::new(), |near| format!(" -> {near}"));
        found.iter().map(|unknown| format!("{}{}", unknown.path, near(unknown))).collect()
    }

    #[test]
    fn keys_that_no_path_reads_are_found_with_the_nearest_one() {
        let document = r#"{"shop": {"port": 1, "prot": 2, "pool": {"max": 1, "mx": 2}, "x": {"y": 1}}, "other": 1}"#;
        let read = ["shop.port", "shop.pool.max"];
        assert_eq!(
            unknown(document, "shop", &read),
            ["shop.prot -> shop.port", "shop.pool.mx -> shop.pool.max", "shop.x"]
        );
        assert_eq!(unknown(document, "", &read).last().unwrap(), "other");
        assert_eq!(unknown(document, "shop.pool", &read), ["shop.pool.mx -> shop.pool.max"]);
    }

    #[test]
    fn a_path_reads_everything_below_it() {
        let document = r#"{"shop": {"limits": {"a": 1, "b": {"c": 2}}}}"#;
        for read in ["shop.limits", "shop", ""] {
            assert_eq!(unknown(document, "shop", &[read]), [""; 0], "{read}");
        }
    }

    #[test]
    fn keys_within_the_items_of_a_list_are_found() {
        let document = r#"{"servers": [{"host": 1, "prt": 2}, {"host": 3}, 4], "ports": [1, 2]}"#;
        let read = ["servers[0].host", "servers[0].port", "ports[0]"];
        assert_eq!(
            unknown(document, "", &read),
            ["servers[0].prt -> servers.0.port", "servers[1].host -> servers.0.host"]
        );
    }

    #[test]
    fn a_key_at_another_level_is_suggested_and_a_name_with_a_dot_is_quoted() {
        assert_eq!(unknown(r#"{"port": 1, "a.b": 2}"#, "", &["server.port"]), ["port -> server.port", "\"a.b\""]);
    }

    #[test]
    fn an_error_lists_a_hundred_keys_and_counts_the_others() {
        let members: Vec<_> = (0..1234).map(|number| format!("\"{}{number}\": 1", "k".repeat(1000))).collect();
        let document = Value::from_json(&format!("{{{}}}", members.join(","))).unwrap();
        let found = find(&document, &KeyPath::default(), &[], &[KeyPath::parse("port").unwrap()]);
        let message = error(&found, |_| None).unwrap().to_string();
        assert!(message.starts_with("1234 keys are read by no field:\n`kkk"), "{message}");
        assert!(message.ends_with("\nand 1134 more") && message.len() < 10_000, "{}", message.len());
    }

    #[test]
    fn a_document_without_unknown_keys_is_no_error() {
        assert!(error(&[], |_| None).is_none());
    }
}
