//! The positions of the values of a document, for errors: found once, then looked up for each value.
//!
//! What always holds: a position takes 8 bytes for each value in the text and 4 for each line, even if aliases repeat
//! values; a column counts characters.

use std::ops::Range;

use super::{broken::Position, format::Format, json, toml, yaml};

/// The positions of all values of a document.
pub(super) struct Places {
    /// In level order, so that the children of a value are adjacent. One additional entry ends the children of the
    /// last.
    values: Vec<Place>,
    /// The character at which each line begins.
    lines: Vec<u32>,
}

/// The position of a value.
struct Place {
    /// The character at which it begins; combined with [`REST`], if it is also the position of further children.
    at: u32,
    /// The index of its first child; its children end at the first child of the next value.
    children: u32,
}

#[cfg(test)]
thread_local! {
    static SEARCHED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// How many texts this thread has searched for positions.
#[cfg(test)]
pub(super) fn searched() -> usize {
    SEARCHED.get()
}

/// Marks a child whose position is also that of all children after it.
const REST: u32 = 1 << 31;

impl Places {
    /// The positions in the text of a document, which has been parsed without an error.
    pub(super) fn of(format: Format, text: &str) -> Self {
        let outline = match format {
            Format::Toml => toml::outline(text),
            Format::Json => json::outline(text),
            Format::Yaml => yaml::outline(text),
            Format::Plain => Outline::default(),
        };
        #[cfg(test)]
        SEARCHED.set(searched() + 1);
        // Counted first, since a growing vector temporarily takes three times as much memory.
        let mut lines = Vec::with_capacity(line_starts(format, text).count());
        lines.extend(line_starts(format, text));
        Self { values: outline.in_level_order(), lines }
    }

    /// The line and the column of the value at the position within each list or map on the path to it: those of the
    /// [`Value`] that the format's parser makes.
    ///
    /// Values of an alias are at the alias, and values of a merge key at the value of the merge key. `None` for a value
    /// that the document does not have.
    pub(super) fn position(&self, positions: &[usize]) -> Option<Position> {
        let mut value = 0;
        for position in positions {
            let children = self.children(value)?;
            if children.is_empty() {
                break;
            }
            value = self.child(children, *position)?;
        }
        let at = self.values.get(value)?.at & !REST;
        let line = self.lines.partition_point(|start| *start <= at);
        let start = self.lines.get(line.checked_sub(1)?)?;
        Some((line, (at - start) as usize + 1))
    }

    fn children(&self, value: usize) -> Option<Range<usize>> {
        let first = |value: usize| self.values.get(value).map(|place| place.children as usize);
        Some(first(value)?..first(value + 1)?)
    }

    fn child(&self, children: Range<usize>, position: usize) -> Option<usize> {
        let last = children.end - 1;
        let child = children.start.checked_add(position)?;
        let is_rest = self.values.get(last)?.at & REST != 0;
        if child <= last { Some(child) } else { is_rest.then_some(last) }
    }
}

/// The values of a document, each before those within it, in the order of the parsed value.
#[derive(Debug, Default)]
pub(super) struct Outline {
    /// The character at which a value begins, and the number of the first value that is not within it.
    values: Vec<(u32, u32)>,
    /// The values that have begun and not ended.
    open: Vec<usize>,
}

impl Outline {
    /// A value begins at a character. Those that begin before it ends are within it.
    pub(super) fn begin(&mut self, at: usize) {
        self.open.push(self.values.len());
        self.values.push((number(at).min(REST - 1), 0));
    }

    /// Ends the value that began last.
    pub(super) fn end(&mut self) {
        let end = number(self.values.len());
        if let Some(value) = self.open.pop().and_then(|open| self.values.get_mut(open)) {
            value.1 = end;
        }
    }

    /// A value without children.
    pub(super) fn leaf(&mut self, at: usize) {
        self.begin(at);
        self.end();
    }

    /// The position of this child and of all children after it in the parsed value. It must be the last child here.
    pub(super) fn rest(&mut self, at: usize) {
        self.leaf(at);
        if let Some(value) = self.values.last_mut() {
            value.0 |= REST;
        }
    }

    /// How many values there are.
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// Drops the values after the first `len`; all of them must have ended.
    pub(super) fn truncate(&mut self, len: usize) {
        self.values.truncate(len);
    }

    fn in_level_order(mut self) -> Vec<Place> {
        while !self.open.is_empty() {
            self.end();
        }
        if self.values.is_empty() {
            return Vec::new();
        }
        let (mut order, mut places) = (vec![0], Vec::with_capacity(self.values.len() + 1));
        while let Some((at, value)) = order.get(places.len()).map(|value: &usize| (self.values[*value].0, *value)) {
            places.push(Place { at, children: number(order.len()) });
            let mut child = value + 1;
            while child < self.values[value].1 as usize {
                order.push(child);
                child = self.values[child].1 as usize;
            }
        }
        places.push(Place { at: 0, children: number(order.len()) });
        places
    }
}

/// Numbers of at most 16 MiB.
fn number(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The character at which each line begins. In YAML a carriage return alone ends a line as well.
fn line_starts(format: Format, text: &str) -> impl Iterator<Item = u32> {
    let mut characters = text.chars().enumerate().peekable();
    let rest = std::iter::from_fn(move || {
        loop {
            let (at, character) = characters.next()?;
            let is_return = character == '\r' && characters.peek().is_none_or(|(_, next)| *next != '\n');
            if character == '\n' || is_return && format == Format::Yaml {
                return Some(number(at + 1));
            }
        }
    });
    std::iter::once(0).chain(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use component_model_source::Value;

    /// The positions of every value of a document.
    fn all(value: &Value, here: &[usize], found: &mut Vec<Vec<usize>>) {
        found.push(here.to_vec());
        let inner: Vec<&Value> = match value {
            Value::List(items) => items.iter().collect(),
            Value::Map(members) => members.iter().map(|(_, member)| member).collect(),
            _ => Vec::new(),
        };
        inner.into_iter().enumerate().for_each(|(position, inner)| all(inner, &[here, &[position]].concat(), found));
    }

    fn value(format: Format, text: &str) -> Value {
        let value = match format {
            Format::Toml => toml::parse(text),
            Format::Json => json::parse(text),
            Format::Yaml => yaml::parse(text),
            Format::Plain => Ok(Value::text(text)),
        };
        value.unwrap_or_else(|broken| panic!("{text}: {broken:?}"))
    }

    /// The positions of the values, in the order of the document: `1:3 2:5`.
    fn places(format: Format, text: &str) -> String {
        let (value, places) = (value(format, text), Places::of(format, text));
        let mut found = Vec::new();
        all(&value, &[], &mut found);
        let shown = |positions: Vec<usize>| match places.position(&positions) {
            Some((line, column)) => format!("{line}:{column}"),
            None => format!("{positions:?} is nowhere"),
        };
        found.into_iter().map(shown).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn places_of_toml() {
        for (text, expected) in [
            ("", "1:1"),
            ("# comment\nname = \"é😀\" # x\nport=1\n", "1:1 2:8 3:6"),
            (
                "z = 1\na.b.c = [1, 2, {x = 1, 'é' = 2}]\na.b.d = 'x'\n",
                "1:1 2:1 2:3 2:9 2:10 2:13 2:16 2:21 2:30 3:9 1:5",
            ),
            ("[server]\r\nport = 1\r\n[server.tls]\r\non = true\r\n[client]\r\n", "1:1 5:1 1:1 2:8 3:1 4:6"),
            (
                "x = 1\n[[list]]\na = 1\n[list.inner]\nb = 2\n[[list]]\na = [\n  1, # é\n  [2, 3],\n]\n",
                "1:1 2:1 2:1 3:5 4:1 5:5 6:1 7:5 8:3 9:3 9:4 9:7 1:5",
            ),
            ("'é' = \"\"\"\né\n\"\"\"\n\"ü.x\".y = 1979-05-27\n", "1:1 1:7 4:1 4:11"),
        ] {
            assert_eq!(places(Format::Toml, text), expected, "{text}");
        }
    }

    #[test]
    fn places_of_yaml() {
        for (text, expected) in [
            ("", "1:1"),
            ("# é\n---\nname: é😀 # x\nport: 1\n", "3:1 3:7 4:7"),
            (
                "a: 1\r\n80:\r\n  - x\r\n  - {b: [1, deep], 'é': \"ü\", d: }\r\n",
                "1:1 1:4 3:3 3:5 4:5 4:9 4:10 4:13 4:25 4:31",
            ),
            ("a: 1\rb:\r  - x\r", "1:1 1:4 3:3 3:5"),
            (
                "é: &a [ü, {x: 1}]\nb: *a\nc: [*a, 1]\nd: !!str 1\ne: |\n  text\nf: &k key\ng: 1\n",
                "1:1 1:4 1:8 1:11 1:15 2:4 2:4 2:4 2:4 3:4 3:5 3:5 3:5 3:5 3:9 4:4 6:3 7:4 8:4",
            ),
            ("- - - x\n    - y\n  - z\n- []\n- {}\n- ? a\n  : b\n", "1:1 1:3 1:5 1:7 2:7 3:5 4:3 5:3 6:3 7:5"),
            ("scalar", "1:1"),
        ] {
            assert_eq!(places(Format::Yaml, text), expected, "{text}");
        }
    }

    #[test]
    fn merged_values_are_at_the_value_of_the_merge_key() {
        let named = Places::of(Format::Yaml, "f: &k key\ng: {*k : 1}\n");
        assert_eq!(named.position(&[1, 0]), Some((2, 10)));
        let text = "s: &s {a: 1, c: {d: 1}}\nm:\n  <<: *s\n  b: 2\n  a: 3\nlist:\n- {<<: [*s, {e: 1}], f: 4}\n- x\n";
        let (value, places) = (value(Format::Yaml, text), Places::of(Format::Yaml, text));
        let place = |path: &[&str]| {
            let mut positions = Vec::new();
            for part in path {
                let here = value.at(&positions).unwrap();
                positions.push(part.parse().ok().or_else(|| here.position(part)).unwrap());
            }
            places.position(&positions)
        };
        assert_eq!(place(&["m", "b"]), Some((4, 6)));
        assert_eq!(place(&["m", "a"]), Some((5, 6)));
        assert_eq!(place(&["m", "c"]), Some((3, 7)));
        assert_eq!(place(&["m", "c", "d"]), Some((3, 7)));
        assert_eq!(place(&["list", "0", "f"]), Some((7, 25)));
        assert_eq!(place(&["list", "0", "e"]), Some((7, 8)));
        assert_eq!(place(&["list", "0", "c", "d"]), Some((7, 8)));
        assert_eq!(place(&["list", "1"]), Some((8, 3)));
    }

    #[test]
    fn places_of_json_are_where_a_value_begins() {
        for text in [
            "1",
            " null",
            "{\n  \"name\": \"a\\\"\\\\,[{:\", \"list\": [1, [], [-2.5e3, {}], {\"x\": true}],\r\n \"y\": null}",
            "[[[0]],\t\"\\u00e9\"\n,{\"a\":{\"b\":{\"c\":[false]}}} ]",
        ] {
            let (value, places) = (value(Format::Json, text), Places::of(Format::Json, text));
            let mut found = Vec::new();
            all(&value, &[], &mut found);
            for positions in found {
                let (line, column) = places.position(&positions).unwrap();
                let from: Vec<_> = text.lines().skip(line - 1).collect();
                let from = from.join("\n").chars().skip(column - 1).collect::<String>();
                let here = serde_json::Deserializer::from_str(&from).into_iter::<Value>().next();
                assert!(value.at(&positions) == here.unwrap().ok().as_ref(), "{text}: {positions:?}");
            }
        }
        let places = Places::of(Format::Json, "{\"é\": [\"😀\", 7],\n\"ü\": {\"\": 8}}");
        assert_eq!(places.position(&[0, 1]), Some((1, 13)));
        assert_eq!(places.position(&[1, 0]), Some((2, 11)));
    }

    #[test]
    fn a_value_that_the_document_does_not_have_has_no_place() {
        for (format, text) in [(Format::Json, "[1]"), (Format::Yaml, "[1]"), (Format::Toml, "a = 1")] {
            let places = Places::of(format, text);
            assert!(places.position(&[0]).is_some(), "{format:?}");
            assert_eq!((places.position(&[1]), places.position(&[usize::MAX])), (None, None), "{format:?}");
        }
        assert_eq!(Places::of(Format::Plain, "text").position(&[]), None);
        for text in ["[", "]]", "{\"a\": [", "", "\"", "- [", "a: *b", "= 1"] {
            for format in [Format::Json, Format::Yaml, Format::Toml] {
                let _ = Places::of(format, text).position(&[0]);
            }
        }
        let deep = "[".repeat(100_000);
        let _ = (Places::of(Format::Json, &deep), Places::of(Format::Yaml, &deep));
    }

    #[test]
    fn each_alias_takes_one_place_even_if_it_repeats_many_values() {
        let text = format!("a: &a [{}]\nb: [{}]\n", "x,".repeat(1000), "*a,".repeat(500));
        let places = Places::of(Format::Yaml, &text);
        assert_eq!(places.values.len(), 1 + 2 + 1000 + 500 + 1);
        assert_eq!(places.position(&[1, 499, 999]), Some((2, 5 + 3 * 499)));
    }
}
