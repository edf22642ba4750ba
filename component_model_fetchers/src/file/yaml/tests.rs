use component_model_source::ErrorKind;
use proptest::prelude::*;

use super::*;

/// The value, written as JSON.
fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(value) => (*value).into(),
        Value::Signed(number) => (*number).into(),
        Value::Unsigned(number) => (*number).into(),
        Value::Float(number) => (*number).into(),
        Value::String(text) => text.as_str().into(),
        Value::List(items) => items.iter().map(json).collect(),
        Value::Map(members) => members.iter().map(|(name, value)| (name.clone(), json(value))).collect(),
        other => panic!("{other:?} is not of a document"),
    }
}

fn read(text: &str) -> serde_json::Value {
    json(&parse(text).unwrap_or_else(|broken| panic!("{text}: {broken:?}")))
}

fn broken(text: &str) -> Broken {
    match parse(text) {
        Ok(_) => panic!("{text} is read"),
        Err(broken) => broken,
    }
}

#[test]
fn scalars_are_those_of_the_core_schema() {
    for (text, value) in [
        ("", Value::Null),
        ("~", Value::Null),
        ("null", Value::Null),
        ("true", Value::Bool(true)),
        ("FALSE", Value::Bool(false)),
        ("80", Value::Unsigned(80)),
        ("+80", Value::Unsigned(80)),
        ("-80", Value::Signed(-80)),
        ("0", Value::Unsigned(0)),
        ("0x1F", Value::Unsigned(31)),
        ("0o17", Value::Unsigned(15)),
        ("0b11", Value::Unsigned(3)),
        ("18446744073709551615", Value::Unsigned(u64::MAX)),
        ("-9223372036854775808", Value::Signed(i64::MIN)),
        ("1.5", Value::Float(1.5)),
        ("-.5", Value::Float(-0.5)),
        ("1e3", Value::Float(1000.0)),
        (".inf", Value::Float(f64::INFINITY)),
        ("-.Inf", Value::Float(f64::NEG_INFINITY)),
    ] {
        assert!(parse(text).unwrap() == value, "{text}");
    }
    for zero in ["-0", "-0.0"] {
        assert!(matches!(parse(zero), Ok(Value::Float(number)) if number.is_sign_negative()), "{zero}");
        assert!(matches!(Value::from_json(zero), Ok(Value::Float(number)) if number.is_sign_negative()), "{zero}");
    }
    let texts = [
        "yes",
        "No",
        "on",
        "0042",
        "-007",
        "00.5",
        "1_000",
        "1e",
        ".",
        "+",
        "1.2.3",
        "0x",
        "0xg",
        "12:30",
        "2024-01-01",
        "0x1.8",
        "1d",
        "infinity",
        "nan",
        "e5",
        "--1",
        "1-2",
        "😀",
        "0é",
    ];
    for text in texts {
        assert!(parse(text).unwrap() == Value::String(text.to_owned()), "{text}");
    }
    assert!(matches!(parse(".nan"), Ok(Value::Float(number)) if number.is_nan()));
}

#[test]
fn quotes_and_the_tag_of_text_make_text_and_other_tags_change_nothing() {
    for text in ["\"80\"", "'80'", "!!str 80", "|-\n  80", ">-\n  80"] {
        assert_eq!(read(text), "80", "{text}");
    }
    for text in ["!port 80", "!!int 80", "!!int \"80\"", "! 80"] {
        assert!(read(text) == 80 || text == "! 80", "{text}");
    }
    assert_eq!(read("!kind {a: !x [1]}"), serde_json::json!({"a": [1]}));
}

#[test]
fn a_number_that_is_out_of_range_is_text() {
    let huge = "9".repeat(40);
    assert!(parse("340282366920938463463374607431").unwrap() == Value::text("340282366920938463463374607431"));
    assert!(parse(&huge).unwrap() == Value::text(&huge) && parse("1e400").unwrap() == Value::text("1e400"));
}

#[test]
fn keys_are_text_as_written() {
    let document = read("80: a\ntrue: b\n~: c\n1.0: d\n0x50: e\n'q': f\n'<<': g\n");
    assert_eq!(
        document,
        serde_json::json!({"80": "a", "true": "b", "~": "c", "1.0": "d", "0x50": "e", "q": "f", "<<": "g"})
    );
    for text in ["80: a\n\"80\": b", "a: 1\nb: {c: 1, 'c': 2}", "? [a]\n: b", "? {a: b}\n: c"] {
        assert_eq!(broken(text).kind, ErrorKind::Malformed, "{text}");
    }
}

#[test]
fn aliases_repeat_and_merge_keys_merge() {
    let document = read(
        "base: &base {a: 1, b: 2}\nlist: &list [x, *base]\ncopy: *list\none: {<<: *base, b: 3}\n\
         two: {b: 4, <<: [{b: 5, c: 6}, *base]}\nkey: &key name\nnamed: {*key : 7}\n",
    );
    assert_eq!(document["copy"], serde_json::json!(["x", {"a": 1, "b": 2}]));
    assert_eq!(document["one"], serde_json::json!({"a": 1, "b": 3}));
    assert_eq!(document["two"], serde_json::json!({"a": 1, "b": 4, "c": 6}));
    assert_eq!(document["named"], serde_json::json!({"name": 7}));
    for text in ["a: *b", "a: &a [*a]", "{<<: 1}", "{<<: [1]}", "&a a: *b"] {
        assert_eq!(broken(text).kind, ErrorKind::Malformed, "{text}");
    }
}

#[test]
fn there_is_one_document_and_an_empty_text_is_null() {
    assert_eq!(read("---\na: 1\n...\n"), serde_json::json!({"a": 1}));
    for text in ["", "\n", "# comment\n", "---\n"] {
        assert!(read(text).is_null(), "{text:?}");
    }
    assert_eq!(broken("a: 1\n---\nb: 2\n").message, "not YAML: there is more than one document");
}

#[test]
fn values_of_aliases_are_counted() {
    let mut nested = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    (1..10).for_each(|level| {
        let aliases = vec![format!("*a{}", level - 1); 10].join(",");
        nested += &format!("a{level}: &a{level} [{aliases}]\n");
    });
    let flat = format!("a: &a [{}]\nb: [{}]\n", vec!["x"; 9000].join(","), vec!["*a"; 9000].join(","));
    let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(36_000), vec!["*a"; 9000].join(","));
    let merged = format!(
        "a: &a {{{}}}\nb: [{}]\n",
        (0..5000).map(|n| format!("k{n}: x,")).collect::<String>(),
        "{<<: *a},".repeat(9000)
    );
    let anchored = format!("{}x{}", "&a [".repeat(120), "]".repeat(120));
    for text in [nested, flat, long, merged] {
        assert_eq!(broken(&text).kind, ErrorKind::TooLarge);
    }
    parse(&anchored).unwrap();
}

#[test]
fn too_much_nesting_is_an_error() {
    for text in ["[", "{", "{a: ", "- ", "? ", "&a [", "- - ? "] {
        let deep = text.repeat(200_000);
        assert!(parse(&deep).is_err(), "{text}");
    }
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(parse(&nested(DEPTH)).is_ok());
    assert!(broken(&nested(DEPTH + 2)).message.contains("nested too deeply"));
}

#[test]
fn nesting_by_aliases_counts_like_written_nesting() {
    let chain = |anchors: usize| {
        let links = (1..anchors).map(|link| format!("a{link}: &a{link} [*a{}]\n", link - 1));
        format!("a0: &a0 [x]\n{}", links.collect::<String>())
    };
    // The map is a level as well.
    parse(&chain(DEPTH - 1)).unwrap();
    for anchors in [DEPTH, 2000] {
        let broken = parse(&chain(anchors)).map(drop).unwrap_err();
        assert!(broken.message.contains("nested too deeply"), "{anchors}: {}", broken.message);
    }
    let merged = |anchors: usize| chain(anchors).replace('[', "{<<: {k: ").replace(']', "}}");
    parse(&merged(DEPTH / 4)).unwrap();
    assert!(broken(&merged(2000)).message.contains("nested too deeply"));
}

proptest! {
    #[test]
    fn no_text_causes_a_panic(text in "(?s).{0,200}", marks in "[-a:?&*!|>'\"\\[\\]{},#%@`~<. \t\r\n0]{0,60}") {
        for text in [text, marks] {
            let _ = outline(&text);
            let _ = parse(&text);
        }
    }

    #[test]
    fn json_is_read_like_the_json_parser_reads_it(number in any::<i64>(), text in "[^\u{7f}-\u{9f}\u{feff}\u{fffe}\u{ffff}]{0,40}", key in "[a-z]{1,9}") {
        let document = serde_json::json!({key.clone(): [number, text, null, true], "other": {key: {}}});
        prop_assert_eq!(read(&document.to_string()), document);
    }
}
