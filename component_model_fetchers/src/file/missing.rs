//! What to write into a document so that a path finds a value.

use component_model_source::Value;
use component_model_types::text::{list_of, misspelling};

use super::keypath::KeyPath;

/// The most names that a hint lists.
const NAMES: usize = 6;

/// What is to be written, and where: ``write `prt` below `server` into `shop.toml`, which has `port` there``.
pub(super) fn how_to_write(path: &KeyPath, document: Option<&Value>, file: &str) -> String {
    let mut rest = path.parts();
    let mut there = document;
    while let (Some(value), [name, after @ ..]) = (there, rest)
        && let Some(next) = member(value, name)
    {
        (there, rest) = (Some(next), after);
    }
    let depth = path.parts().len() - rest.len();
    let below = match depth {
        0 => String::new(),
        _ => format!(" below `{}`", KeyPath::text(&path.parts()[..depth])),
    };
    let names = match (there, rest.first()) {
        (Some(Value::Map(members)), Some(name)) => names_like(name, members),
        _ => Vec::new(),
    };
    let known = if names.is_empty() { String::new() } else { format!(", which has {} there", list_of(&names)) };
    format!("write `{}`{below} into `{file}`{known}", KeyPath::text(rest))
}

fn member<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    match value {
        Value::Map(members) => members.iter().find(|(member, _)| member == name).map(|(_, value)| value),
        Value::List(items) => items.get(name.parse::<usize>().ok()?),
        _ => None,
    }
}

/// The name that was meant, otherwise all names if they are few and look like names, and not like data.
fn names_like<'v>(name: &str, members: &'v [(String, Value)]) -> Vec<&'v str> {
    let names = || members.iter().map(|(name, _)| name.as_str());
    if let Some(meant) = misspelling(name, names()) {
        return vec![meant];
    }
    let is_name = |name: &str| {
        (1..=32).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
    };
    if members.len() <= NAMES && names().all(is_name) { names().collect() } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn how(path: &str, document: &str) -> String {
        let document = Value::from_json(document).unwrap();
        how_to_write(&KeyPath::parse(path).unwrap(), Some(&document), "shop.json")
    }

    #[test]
    fn the_place_where_a_name_is_missing_is_told_with_the_names_that_are_there() {
        let document = r#"{"server": {"port": 80, "host": "h"}, "list": [{"a": 1}], "empty": {}}"#;
        let cases = [
            ("server.prt", "write `prt` below `server` into `shop.json`, which has `port` there"),
            ("server.name", "write `name` below `server` into `shop.json`, which has `port` and `host` there"),
            ("serve.port", "write `serve.port` into `shop.json`, which has `server` there"),
            ("list[0].b", "write `b` below `list[0]` into `shop.json`, which has `a` there"),
            ("list[1].a", "write `[1].a` below `list` into `shop.json`"),
            ("empty.\"x.y\"", "write `\"x.y\"` below `empty` into `shop.json`"),
        ];
        for (path, expected) in cases {
            assert_eq!(how(path, document), expected);
        }
    }

    #[test]
    fn names_that_may_be_data_are_not_listed() {
        assert_eq!(
            how("rates.eu", r#"{"rates": {"hunter2@example.org": 1}}"#),
            "write `eu` below `rates` into `shop.json`"
        );
        let many: Vec<_> = (0..=NAMES).map(|number| format!("\"k{number}{number}\": 0")).collect();
        assert_eq!(how("name", &format!("{{{}}}", many.join(","))), "write `name` into `shop.json`");
        assert_eq!(how_to_write(&KeyPath::parse("a.b").unwrap(), None, "x"), "write `a.b` into `x`");
    }
}
