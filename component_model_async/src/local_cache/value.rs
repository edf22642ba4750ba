//! The notation of a value: JSON in which every kind of value can be told from every other.
//!
//! | value | notation |
//! | --- | --- |
//! | `Null`, `Bool`, `Unsigned`, a negative `Signed`, a finite `Float` | as in JSON; a float has a point or an exponent |
//! | `Text`, `String` | `"text:8080"`, `"string:8080"` |
//! | `Bytes` | `"bytes:/w=="`, Base64 |
//! | any other `Signed` | `"signed:5"` |
//! | any other `Float` | `"float:7ff8000000000000"`, its bits |
//! | `List`, `Rows` | `["list", …]`, `["rows", …]` |
//! | `Map`, `Row` | `["map", "name", value, …]`, `["row", "name", value, …]`, since a name may occur twice in a row |

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Serializer;

use crate::{Value, limit::VALUES};

/// How deeply lists and maps may be nested: what the parser of JSON reads.
const DEPTH: usize = 127;

/// Why a value has no notation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unwritable {
    TooDeep,
    TooMany,
    /// A kind of value that this version does not know.
    Unknown,
}

/// Writes the notation of a value.
pub(super) fn write(out: &mut Vec<u8>, value: &Value) -> Result<(), Unwritable> {
    Writer { out, left: VALUES, depth: DEPTH }.value(value)
}

/// Reads a value from its notation. Whatever the text is, it ends with a value or with none.
pub(super) fn read(text: &str) -> Option<Value> {
    from_json(Value::from_json(text).ok()?)
}

struct Writer<'o> {
    out: &'o mut Vec<u8>,
    /// How many values of JSON may still come.
    left: usize,
    depth: usize,
}

impl Writer<'_> {
    fn value(&mut self, value: &Value) -> Result<(), Unwritable> {
        match value {
            Value::Null => self.plain(format_args!("null")),
            Value::Bool(value) => self.plain(format_args!("{value}")),
            Value::Unsigned(value) => self.plain(format_args!("{value}")),
            Value::Signed(value @ ..0) => self.plain(format_args!("{value}")),
            Value::Signed(value) => self.string(format_args!("signed:{value}")),
            // `{:?}` writes the shortest text that is read as the same number, always with a point or an exponent.
            Value::Float(value) if value.is_finite() => self.plain(format_args!("{value:?}")),
            Value::Float(value) => self.string(format_args!("float:{:016x}", value.to_bits())),
            Value::Text(text) => self.string(format_args!("text:{text}")),
            Value::String(text) => self.string(format_args!("string:{text}")),
            Value::Bytes(bytes) => {
                self.string(format_args!("bytes:{}", base64::display::Base64Display::new(bytes, &STANDARD)))
            }
            Value::List(items) => self.items("list", items),
            Value::Rows(items) => self.items("rows", items),
            Value::Map(members) => self.members("map", members),
            Value::Row(members) => self.members("row", members),
            _ => Err(Unwritable::Unknown),
        }
    }

    fn items(&mut self, name: &str, items: &[Value]) -> Result<(), Unwritable> {
        self.list(name, |writer| {
            items.iter().try_for_each(|item| {
                writer.out.push(b',');
                writer.value(item)
            })
        })
    }

    fn members(&mut self, name: &str, members: &[(String, Value)]) -> Result<(), Unwritable> {
        self.list(name, |writer| {
            members.iter().try_for_each(|(name, value)| {
                writer.out.push(b',');
                writer.string(format_args!("{name}"))?;
                writer.out.push(b',');
                writer.value(value)
            })
        })
    }

    fn list(
        &mut self,
        name: &str,
        content: impl FnOnce(&mut Self) -> Result<(), Unwritable>,
    ) -> Result<(), Unwritable> {
        self.depth = self.depth.checked_sub(1).ok_or(Unwritable::TooDeep)?;
        self.plain(format_args!("["))?;
        self.string(format_args!("{name}"))?;
        content(self)?;
        self.out.push(b']');
        self.depth += 1;
        Ok(())
    }

    fn plain(&mut self, text: fmt::Arguments<'_>) -> Result<(), Unwritable> {
        use std::io::Write as _;

        self.count()?;
        self.out.write_fmt(text).map_err(|_| Unwritable::Unknown)
    }

    /// Escapes the text piece by piece, without a copy of it that would have to be wiped.
    fn string(&mut self, text: fmt::Arguments<'_>) -> Result<(), Unwritable> {
        self.count()?;
        serde_json::Serializer::new(&mut *self.out).collect_str(&text).map_err(|_| Unwritable::Unknown)
    }

    fn count(&mut self) -> Result<(), Unwritable> {
        self.left = self.left.checked_sub(1).ok_or(Unwritable::TooMany)?;
        Ok(())
    }
}

/// The value that a document of JSON denotes.
fn from_json(json: Value) -> Option<Value> {
    match json {
        Value::Null | Value::Bool(_) | Value::Unsigned(_) | Value::Signed(_) | Value::Float(_) => Some(json),
        Value::String(text) => from_string(&text),
        Value::List(items) => from_list(items),
        _ => None,
    }
}

fn from_string(text: &str) -> Option<Value> {
    let (name, content) = text.split_once(':')?;
    match name {
        "text" => Some(Value::Text(content.to_owned())),
        "string" => Some(Value::String(content.to_owned())),
        "bytes" => STANDARD.decode(content).ok().map(Value::Bytes),
        "signed" => content.parse().ok().map(Value::Signed),
        "float" => u64::from_str_radix(content, 16).ok().map(f64::from_bits).map(Value::Float),
        _ => None,
    }
}

fn from_list(items: Vec<Value>) -> Option<Value> {
    let mut items = items.into_iter();
    let Some(Value::String(name)) = items.next() else { return None };
    match name.as_str() {
        "list" => items.map(from_json).collect::<Option<_>>().map(Value::List),
        "rows" => items.map(from_json).collect::<Option<_>>().map(Value::Rows),
        "map" => members(items).map(Value::Map),
        "row" => members(items).map(Value::Row),
        _ => None,
    }
}

fn members(mut items: impl Iterator<Item = Value>) -> Option<Vec<(String, Value)>> {
    let mut members = Vec::new();
    while let Some(name) = items.next() {
        let Value::String(name) = name else { return None };
        members.push((name, from_json(items.next()?)?));
    }
    Some(members)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::local_cache::tests::any_value;

    fn written(value: &Value) -> Result<String, Unwritable> {
        let mut out = Vec::new();
        write(&mut out, value).map(|()| String::from_utf8(out).unwrap())
    }

    #[test]
    fn the_notation_is_the_documented_one() {
        let row = vec![("n".to_owned(), Value::Null), ("n".to_owned(), Value::Bool(true))];
        for (value, expected) in [
            (Value::text("a\t\"\n"), r#""text:a\t\"\n""#),
            (Value::String("text:8080".to_owned()), r#""string:text:8080""#),
            (Value::Bytes(vec![0xff]), r#""bytes:/w==""#),
            (Value::Unsigned(u64::MAX), "18446744073709551615"),
            (Value::Signed(-5), "-5"),
            (Value::Signed(5), r#""signed:5""#),
            (Value::Float(1.0), "1.0"),
            (Value::Float(-0.0), "-0.0"),
            (Value::Float(f64::INFINITY), r#""float:7ff0000000000000""#),
            (Value::List(vec![]), r#"["list"]"#),
            (Value::Rows(vec![Value::Row(row.clone())]), r#"["rows",["row","n",null,"n",true]]"#),
            (Value::Map(row), r#"["map","n",null,"n",true]"#),
        ] {
            assert_eq!(written(&value).unwrap(), expected);
            assert_eq!(read(expected), Some(value), "{expected}");
        }
    }

    #[test]
    fn every_float_is_the_same_afterwards() {
        let special =
            [f64::NAN, -f64::NAN, f64::from_bits(0x7ff0_0000_0000_0001), f64::NEG_INFINITY, f64::MIN_POSITIVE];
        let others = [5e-324, f64::MAX, f64::EPSILON, 1e16, 1e17, 123_456_789_012_345_680.0, 0.1, 1e-7];
        for float in special.into_iter().chain(others) {
            let value = Value::Float(float);
            assert_eq!(read(&written(&value).unwrap()), Some(value), "{float}");
        }
    }

    #[test]
    fn a_value_that_is_nested_too_deeply_is_refused_and_one_less_deep_is_read() {
        let nested = |depth| (0..depth).fold(Value::Null, |value, _| Value::List(vec![value]));
        assert_eq!(read(&written(&nested(DEPTH)).unwrap()), Some(nested(DEPTH)));
        assert_eq!(written(&nested(DEPTH + 1)), Err(Unwritable::TooDeep));
    }

    #[test]
    fn lists_beside_each_other_are_not_nested() {
        let wide = Value::List(vec![Value::Map(vec![]); 2 * DEPTH]);
        assert_eq!(read(&written(&wide).unwrap()), Some(wide));
    }

    #[test]
    fn as_many_values_are_written_as_are_read() {
        let list = |items| Value::List(vec![Value::Null; items]);
        assert!(read(&written(&list(VALUES - 2)).unwrap()).is_some());
        assert_eq!(written(&list(VALUES - 1)), Err(Unwritable::TooMany));
    }

    #[test]
    fn other_texts_denote_no_value() {
        for text in
            ["", "[]", "{}", "\"x\"", "\"other:x\"", "[1]", "[\"map\",\"n\"]", "[\"row\",1,2]", "\"bytes:!\"", "1 2"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_value_is_the_same_afterwards(value in any_value()) {
            let text = written(&value).unwrap();
            prop_assert!(!text.contains(['\n', '\t']), "{}", text);
            prop_assert_eq!(read(&text), Some(value));
        }

        #[test]
        fn no_text_causes_a_panic(text in ".{0,64}") {
            let _ = read(&text);
        }
    }
}
