//! Where the values of a document are, for errors: found once, then looked up for each value.
//!
//! What always holds: 8 bytes for each value that is in the text and 4 for each line, however much aliases repeat; a column
//! counts characters.
#![cfg_attr(not(test), expect(dead_code, reason = "`Document` is about to use it"))]

use std::ops::Range;

use super::{document::Position, format::Format, json, toml, yaml};
use crate::{Value, decode::Step};

/// The places of all values of a document.
pub(super) struct Places {
    /// In level order, so that the children of a value are next to each other. One more ends the children of the last.
    values: Vec<Place>,
    /// At which character each line begins.
    lines: Vec<u32>,
}

/// Where a value is.
struct Place {
    /// At which character it begins; with [`REST`], if there is more of it.
    at: u32,
    /// Where its children begin, which end where those of the next value begin.
    children: u32,
}

/// Marks a child that is also the place of all children after it.
const REST: u32 = 1 << 31;

impl Places {
    /// The places in the text of a document, which has been parsed without an error.
    pub(super) fn of(format: Format, text: &str) -> Self {
        let outline = match format {
            Format::Toml => toml::outline(text),
            Format::Json => json::outline(text),
            Format::Yaml => yaml::outline(text),
            Format::Plain => Outline::default(),
        };
        // Counted first: a vector that grows takes three times as much for a moment.
        let mut lines = Vec::with_capacity(line_starts(format, text).count());
        lines.extend(line_starts(format, text));
        Self { values: outline.in_level_order(), lines }
    }

    /// The line and the column of the value at the position within each list or map on the path to it: those of the
    /// [`Value`] that the format's parser makes.
    ///
    /// What an alias repeats is at the alias, and what a merge key adds is at the value of the merge key. `None` for a
    /// value that the document does not have.
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

/// The positions that these steps lead to in a value, as far as it has them: what is missing is missing in the last one.
pub(super) fn positions(value: &Value, steps: &[Step]) -> Vec<usize> {
    let mut value = Some(value);
    let position = |step: &Step| {
        let position = match step {
            Step::Key(name) => value?.position(name)?,
            Step::Index(index) => *index,
        };
        value = value?.at(&[position]);
        value.map(|_| position)
    };
    steps.iter().map_while(position).collect()
}

/// The values of a document, each before those within it, in the order of the parsed value.
#[derive(Debug, Default)]
pub(super) struct Outline {
    /// At which character a value begins, and the number of the first value that is not within it.
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

    /// The value ends that began last.
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

    /// The place of this child and of all that follow it in the parsed value. Nothing may follow it here.
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

    /// Drops what was added since there were so many values, all of which has ended.
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

/// At which character each line begins. In YAML a carriage return alone ends a line as well.
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

    /// Every value of a document, by its positions and by its steps.
    fn all(value: &Value, here: (Vec<usize>, Vec<Step>), found: &mut Vec<(Vec<usize>, Vec<Step>)>) {
        found.push(here.clone());
        let mut within = |position: usize, step: Step, inner: &Value| {
            let (mut positions, mut steps) = here.clone();
            positions.push(position);
            steps.push(step);
            all(inner, (positions, steps), found);
        };
        match value {
            Value::List(items) => {
                items.iter().enumerate().for_each(|(at, item)| within(at, Step::Index(at), item));
            }
            Value::Map(members) => {
                members.iter().enumerate().for_each(|(at, (name, member))| within(at, Step::Key(name.clone()), member));
            }
            _ => {}
        }
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

    /// Every place, and what the function for a single one says.
    fn both(format: Format, text: &str) -> Vec<(Vec<usize>, Option<Position>, Option<Position>)> {
        let (value, places) = (value(format, text), Places::of(format, text));
        let mut found = Vec::new();
        all(&value, (Vec::new(), Vec::new()), &mut found);
        let single = match format {
            Format::Toml => toml::position,
            Format::Json => json::position,
            Format::Yaml => yaml::position,
            Format::Plain => |_: &str, _: &[Step]| None,
        };
        let both = |(positions, steps): (Vec<usize>, Vec<Step>)| {
            assert_eq!(super::positions(&value, &steps), positions);
            let place = places.position(&positions);
            (positions, place, single(text, &steps))
        };
        found.into_iter().map(both).collect()
    }

    fn assert_same(format: Format, text: &str) {
        for (positions, place, single) in both(format, text) {
            assert!(place.is_some() && place == single, "{text}: {positions:?}: {place:?}, {single:?}");
        }
    }

    #[test]
    fn places_of_toml_are_those_of_the_single_function() {
        for text in [
            "",
            "# comment\nname = \"é😀\" # x\nport=1\n",
            "z = 1\na.b.c = [1, 2, {x = 1, 'é' = 2}]\na.b.d = 'x'\n",
            "[server]\r\nport = 1\r\n[server.tls]\r\non = true\r\n[client]\r\n",
            "x = 1\n[[list]]\na = 1\n[list.inner]\nb = 2\n[[list]]\na = [\n  1, # é\n  [2, 3],\n]\n",
            "'é' = \"\"\"\né\n\"\"\"\n\"ü.x\".y = 1979-05-27\n",
        ] {
            assert_same(Format::Toml, text);
        }
        let long = format!("a = '{}'\nb = '{}'\n", "é".repeat(1000), "x".repeat(509));
        assert_same(Format::Toml, &format!("{long}c = [1, 2]\n"));
        assert_same(Format::Toml, &format!("l = [{}]", "'é', ".repeat(500)));
    }

    #[test]
    fn places_of_yaml_are_those_of_the_single_function() {
        for text in [
            "",
            "# é\n---\nname: é😀 # x\nport: 1\n",
            "a: 1\r\n80:\r\n  - x\r\n  - {b: [1, deep], 'é': \"ü\", d: }\r\n",
            "a: 1\rb:\r  - x\r",
            "é: &a [ü, {x: 1}]\nb: *a\nc: [*a, 1]\nd: !!str 1\ne: |\n  text\nf: &k key\ng: 1\n",
            "- - - x\n    - y\n  - z\n- []\n- {}\n- ? a\n  : b\n",
            "scalar",
        ] {
            assert_same(Format::Yaml, text);
        }
    }

    #[test]
    fn what_is_merged_is_at_the_value_of_the_merge_key() {
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

    /// The function for a single place finds the end of a scalar, some place after the beginning of a list or a map, and counts
    /// bytes.
    #[test]
    fn places_of_json_are_where_a_value_begins() {
        for text in [
            "1",
            " null",
            "{\n  \"name\": \"a\\\"\\\\,[{:\", \"list\": [1, [], [-2.5e3, {}], {\"x\": true}],\r\n \"y\": null}",
            "[[[0]],\t\"\\u00e9\"\n,{\"a\":{\"b\":{\"c\":[false]}}} ]",
        ] {
            for (positions, place, single) in both(Format::Json, text) {
                let (line, column) = place.unwrap();
                let from = &text.lines().nth(line - 1).unwrap()[column - 1..];
                match value(Format::Json, text).at(&positions).unwrap() {
                    Value::List(_) => assert!(from.starts_with('['), "{text}: {positions:?}"),
                    Value::Map(_) => assert!(from.starts_with('{'), "{text}: {positions:?}"),
                    _ => {
                        let mut scalars = serde_json::Deserializer::from_str(from).into_iter::<serde_json::Value>();
                        scalars.next().unwrap().unwrap();
                        let end = column + scalars.byte_offset() - 1;
                        assert_eq!(single, Some((line, end)), "{text}: {positions:?}");
                    }
                }
            }
        }
        let places = Places::of(Format::Json, "{\"é\": [\"😀\", 7],\n\"ü\": {\"\": 8}}");
        assert_eq!(places.position(&[0, 1]), Some((1, 13)));
        assert_eq!(places.position(&[1, 0]), Some((2, 11)));
    }

    #[test]
    fn what_the_document_does_not_have_has_no_place() {
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
    fn what_is_missing_is_at_the_list_or_map_that_lacks_it() {
        let (key, index) = (|name: &str| Step::Key(name.to_owned()), Step::Index);
        let text = "a:\n  b: [1, 2]\n  c: x\n";
        let (value, places) = (value(Format::Yaml, text), Places::of(Format::Yaml, text));
        for steps in [
            vec![key("a"), key("d")],
            vec![key("a"), key("b"), index(2)],
            vec![key("a"), index(7)],
            vec![key("a"), key("c"), key("x"), index(0)],
            vec![key("x")],
        ] {
            assert_eq!(places.position(&positions(&value, &steps)), yaml::position(text, &steps), "{steps:?}");
        }
    }

    #[test]
    fn aliases_take_a_place_each_however_much_they_repeat() {
        let text = format!("a: &a [{}]\nb: [{}]\n", "x,".repeat(1000), "*a,".repeat(500));
        let places = Places::of(Format::Yaml, &text);
        assert_eq!(places.values.len(), 1 + 2 + 1000 + 500 + 1);
        assert_eq!(places.position(&[1, 499, 999]), Some((2, 5 + 3 * 499)));
    }
}
