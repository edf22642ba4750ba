//! Types of every shape that serde has, beside text, a typed document, and a row that hold the same.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    fmt::Debug,
    net::{IpAddr, SocketAddr},
    num::{NonZeroI8, NonZeroU16},
    path::PathBuf,
    rc::Rc,
    time::Duration,
};

use component_model_source::{Value, decode};
use serde::{Deserialize, de::DeserializeOwned};

fn read<T: DeserializeOwned + Debug>(value: &Value) -> String {
    match decode::from_value::<T>(value) {
        Ok(value) => format!("{value:?}"),
        Err(error) => format!("error: {error}"),
    }
}

/// What a type makes of a text, of a string or number in a document, and of a row with the text.
#[track_caller]
fn text<T: DeserializeOwned + Debug>(text: &str, expected: &str) {
    let row = Value::rows(vec![vec![("column".to_owned(), Value::text(text))]]);
    assert_eq!(read::<T>(&Value::text(text)), expected, "the text {text:?}");
    assert_eq!(read::<T>(&row), expected, "a row with the text {text:?}");
}

#[track_caller]
fn json<T: DeserializeOwned + Debug>(document: &str, expected: &str) {
    assert_eq!(read::<T>(&Value::from_json(document).unwrap()), expected, "the document {document}");
}

#[derive(Debug, Deserialize)]
struct Unit;
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only shown")]
struct New(u16);
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only shown")]
struct Pair(u16, String);
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only shown")]
struct Server {
    host: String,
    #[serde(alias = "p")]
    port: u16,
}
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only shown")]
struct Flat {
    name: String,
    #[serde(flatten)]
    server: Server,
    #[serde(flatten)]
    rest: BTreeMap<String, String>,
}
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "only shown")]
enum External {
    Unit,
    New(u16),
    Pair(u16, u16),
    Struct { port: u16 },
}
#[derive(Debug, Deserialize)]
#[serde(tag = "kind")]
#[expect(dead_code, reason = "only shown")]
enum Internal {
    Unit,
    Struct { port: u16, on: bool },
}
#[derive(Debug, Deserialize)]
#[serde(tag = "t", content = "c")]
#[expect(dead_code, reason = "only shown")]
enum Adjacent {
    Unit,
    New(u16),
    Text(String),
}
#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "only shown")]
enum Untagged {
    Number(u16),
    On(bool),
    Server(Server),
    List(Vec<u16>),
}
#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "only shown")]
enum NumberOrText {
    Number(u16),
    Text(String),
}

const NOT_A_NUMBER: &str = "error: expected u16, found text that is not one";

#[test]
fn numbers() {
    text::<u16>("8080", "8080");
    text::<u16>(" 8080 \n", "8080");
    text::<u16>("0042", "42");
    text::<u16>("+1", "1");
    text::<u16>("", "error: expected u16, found empty text");
    for wrong in ["1e3", "80.0", "0x10", "1_000", "८", "8080 # port", "0000000000000000000000000000000000000000x"] {
        text::<u16>(wrong, NOT_A_NUMBER);
    }
    for wrong in ["-1", "65536", "+65536", "340282366920938463463374607431768211456"] {
        text::<u16>(wrong, "error: expected u16, found a number that is out of its range");
    }
    text::<u128>("340282366920938463463374607431768211455", "340282366920938463463374607431768211455");
    text::<i8>("-128", "-128");
    text::<NonZeroU16>("0", "error: expected a nonzero u16, found an integer that is not one");
    text::<NonZeroI8>("-1", "-1");
    json::<u16>("8080", "8080");
    json::<u16>("8080.0", "error: expected u16, found a floating-point number");
    json::<u16>("65536", "error: expected u16, found an integer that is not one");
    json::<u16>("\"8080\"", "error: expected u16, found a string");
    json::<i64>("-1", "-1");
    json::<u64>("18446744073709551615", "18446744073709551615");
}

#[test]
fn fractions_are_in_their_range_and_infinite_only_as_written() {
    text::<f64>("1e3", "1000.0");
    text::<f64>(" 0.5 ", "0.5");
    text::<f32>("1e40", "error: expected f32, found a number that is out of its range");
    text::<f64>("1e400", "error: expected f64, found a number that is out of its range");
    text::<f64>("-1e400", "error: expected f64, found a number that is out of its range");
    text::<f64>("inf", "inf");
    text::<f32>("-Infinity", "-inf");
    text::<f64>("NaN", "NaN");
    text::<f64>("1,5", "error: expected f64, found text that is not one");
    json::<f32>("1e40", "error: expected f32, found a number that is out of its range");
    json::<f32>("-1e40", "error: expected f32, found a number that is out of its range");
    json::<f32>("0.5", "0.5");
    json::<f32>("3", "3.0");
    assert_eq!(read::<f32>(&Value::Float(f64::INFINITY)), "inf");
    assert_eq!(
        read::<Vec<f32>>(&Value::text("1,1e39")),
        "error: expected f32, found a number that is out of its range, at [1]"
    );
}

#[test]
fn text_keeps_its_white_space_only_where_a_type_takes_it() {
    text::<String>(" pa$$word \n", r#"" pa$$word \n""#);
    text::<char>(" ", "' '");
    text::<char>(" x ", "'x'");
    text::<PathBuf>(" a ", r#"" a ""#);
    text::<Cow<'static, str>>(" a ", r#"" a ""#);
    text::<Box<str>>("a\n", r#""a\n""#);
    text::<Option<String>>(" ", r#"Some(" ")"#);
    text::<IpAddr>("127.0.0.1 \n", "127.0.0.1");
    text::<Option<IpAddr>>(" ::1", "Some(::1)");
    text::<SocketAddr>(" [::1]:80 ", "[::1]:80");
    text::<bool>(" true ", "true");
    text::<Duration>(" 250ms\n", "250ms");
    text::<External>(" unit\n", "Unit");
    text::<NonZeroU16>(" 1 ", "1");
    assert_eq!(read::<Server>(&Value::text(" host = a , port = 80 ")), r#"Server { host: "a", port: 80 }"#);
    text::<Unit>("  ", "Unit");
    json::<IpAddr>("\"::1 \"", "error: invalid IP address syntax");
}

#[test]
fn newtypes_options_and_pointers_are_what_they_hold() {
    text::<New>("80", "New(80)");
    text::<Option<Option<u16>>>("80", "Some(Some(80))");
    text::<Rc<u16>>("80", "80");
    text::<Box<Option<u16>>>("80", "Some(80)");
    text::<Option<u16>>("x", NOT_A_NUMBER);
    text::<Option<u16>>("", "error: expected u16, found empty text");
    json::<Option<u16>>("null", "None");
    json::<New>("80", "New(80)");
    json::<()>("null", "()");
    text::<()>("", "()");
    text::<()>("x", "error: expected nothing, found text that is not one");
}

#[test]
fn lists_and_sets() {
    assert_eq!(read::<Vec<u16>>(&Value::text("1, 2,3")), "[1, 2, 3]");
    assert_eq!(read::<VecDeque<u16>>(&Value::text("[1, 2]")), "[1, 2]");
    assert_eq!(read::<BTreeSet<String>>(&Value::text("b,a,b")), r#"{"a", "b"}"#);
    assert_eq!(read::<[u16; 2]>(&Value::text("1,2")), "[1, 2]");
    assert_eq!(read::<Pair>(&Value::text("1,a")), r#"Pair(1, "a")"#);
    assert_eq!(read::<Vec<u16>>(&Value::text("[1, 2")), "error: looks like JSON and is not, at line 1 column 6");
    assert_eq!(
        read::<Vec<u16>>(&Value::text("\n [\"é\", x]")),
        "error: looks like JSON and is not, at line 2 column 8"
    );
    assert_eq!(read::<Vec<u16>>(&Value::text("1,,2")), "error: expected u16, found empty text, at [1]");
    json::<Vec<u16>>("[1, 2]", "[1, 2]");
    json::<Vec<u16>>("\"1,2\"", "error: expected a sequence, found a string");
    json::<Pair>("[1, \"a\"]", r#"Pair(1, "a")"#);
    json::<[u16; 2]>("[1]", "error: expected an array of length 2, found 1 items");
    json::<Vec<Option<u16>>>("[1, null]", "[Some(1), None]");
}

#[test]
fn lists_of_addresses_in_brackets_are_not_json() {
    let addresses = "[::1]:80,[2001:db8::1]:443";
    assert_eq!(read::<Vec<SocketAddr>>(&Value::text("[::1]:80,[::2]:80")), "[[::1]:80, [::2]:80]");
    assert_eq!(read::<Vec<SocketAddr>>(&Value::text(addresses)), "[[::1]:80, [2001:db8::1]:443]");
    assert_eq!(read::<Vec<SocketAddr>>(&Value::text(r#"["[::1]:80"]"#)), "[[::1]:80]");
    assert_eq!(read::<Vec<String>>(&Value::text("[::1],[fe80::1%eth0]")), r#"["[::1]", "[fe80::1%eth0]"]"#);
    assert_eq!(read::<Vec<BTreeMap<String, u8>>>(&Value::text(r#"[{"a": 1}]"#)), r#"[{"a": 1}]"#);
}

#[test]
fn maps_and_structs() {
    let server = r#"Server { host: "a", port: 80 }"#;
    assert_eq!(read::<Server>(&Value::text("host=a,port=80")), server);
    assert_eq!(read::<Server>(&Value::text("host=a,p=80")), server);
    assert_eq!(read::<Server>(&Value::text(r#"{"host": "a", "port": 80}"#)), server);
    assert_eq!(read::<Server>(&Value::text("port=80")), "error: the field `host` is missing");
    assert_eq!(read::<Server>(&Value::text("host=a,port=80,port=81")), "error: a key occurs twice in one map");
    let twice = "error: a key occurs twice in one map";
    for text in ["a=1,a=2", " a=1, a =2 "] {
        assert_eq!(read::<BTreeMap<String, u16>>(&Value::text(text)), twice);
        assert_eq!(read::<HashMap<String, String>>(&Value::text(text)), twice);
    }
    let error = read::<HashMap<String, u16>>(&Value::text(r#"{"a": 1, "a": 2}"#));
    assert!(error.starts_with(&format!("{twice}, at line 1")), "{error}");
    assert_eq!(read::<BTreeMap<u16, bool>>(&Value::text("80=on,443=off")), "{80: true, 443: false}");
    json::<BTreeMap<u16, bool>>(r#"{"80": true}"#, "{80: true}");
    json::<Server>(r#"{"host": "a", "port": "80"}"#, "error: expected u16, found a string, at port");
    json::<BTreeMap<External, ()>>(r#"{"unit": null}"#, "{Unit: ()}");
}

impl PartialEq for External {
    fn eq(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}
impl Eq for External {}
impl PartialOrd for External {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for External {
    fn cmp(&self, _: &Self) -> std::cmp::Ordering {
        std::cmp::Ordering::Equal
    }
}

#[test]
fn enums_with_their_tag_outside() {
    text::<External>("unit", "Unit");
    text::<External>(r#"{"new": 80}"#, "New(80)");
    text::<External>(r#"{"pair": [1, 2]}"#, "Pair(1, 2)");
    text::<External>(r#"{"struct": {"port": 80}}"#, "Struct { port: 80 }");
    text::<External>("new=80", "New(80)");
    text::<External>("new", "error: expected newtype variant, found a unit variant");
    text::<External>("other", "error: expected one of `unit`, `new`, `pair` and `struct`, found another name");
    json::<External>("\"unit\"", "Unit");
    json::<External>("80", "error: expected the name of a variant, found an integer");
}

#[test]
fn what_is_hidden_behind_flatten_or_a_tag_is_read_from_the_separator_form() {
    let flat = r#"Flat { name: "n", server: Server { host: "db", port: 5432 }, rest: {} }"#;
    assert_eq!(read::<Flat>(&Value::text("name=n,host=db,port=5432")), flat);
    assert_eq!(read::<Flat>(&Value::text(r#"{"name": "n", "host": "db", "port": 5432}"#)), flat);
    let pin = r#"Flat { name: "0042", server: Server { host: "007", port: 1 }, rest: {} }"#;
    assert_eq!(read::<Flat>(&Value::text("name=0042,host=007,port=1")), pin);
    assert_eq!(read::<Internal>(&Value::text("kind=Struct,port=80,on=true")), "Struct { port: 80, on: true }");
    assert_eq!(read::<Internal>(&Value::text("kind=Unit")), "Unit");
    assert_eq!(read::<Internal>(&Value::text("port=80")), "error: the field `kind` is missing");
    assert_eq!(read::<Adjacent>(&Value::text("t=New,c=80")), "New(80)");
    assert_eq!(read::<Adjacent>(&Value::text("c=80,t=New")), "New(80)");
    assert_eq!(read::<Adjacent>(&Value::text("c=80,t=Text")), r#"Text("80")"#);
    assert_eq!(read::<Adjacent>(&Value::text("t=Unit")), "Unit");
    assert_eq!(read::<Untagged>(&Value::text("80")), "Number(80)");
    assert_eq!(read::<Untagged>(&Value::text("true")), "On(true)");
    assert_eq!(read::<Untagged>(&Value::text("host=db,port=80")), r#"Server(Server { host: "db", port: 80 })"#);
    assert_eq!(read::<Untagged>(&Value::text("[80]")), "List([80])");
}

#[test]
fn text_is_a_string_for_a_type_that_takes_one_whatever_it_looks_like() {
    text::<NumberOrText>("80", r#"Text("80")"#);
    json::<NumberOrText>("80", "Number(80)");
    assert_eq!(read::<serde_json::Value>(&Value::text("80")), r#"String("80")"#);
    assert_eq!(read::<HashMap<String, serde_json::Value>>(&Value::text("a=80")), r#"{"a": String("80")}"#);
}

#[test]
fn columns_of_text_are_read_behind_flatten_and_tags_too() {
    let row = |columns: &[(&str, &str)]| {
        Value::rows(vec![columns.iter().map(|(name, text)| ((*name).to_owned(), Value::text(*text))).collect()])
    };
    let flat = row(&[("name", "n"), ("host", "db"), ("port", "5432")]);
    assert_eq!(read::<Flat>(&flat), r#"Flat { name: "n", server: Server { host: "db", port: 5432 }, rest: {} }"#);
    let tagged = row(&[("kind", "Struct"), ("port", "80"), ("on", "true")]);
    assert_eq!(read::<Internal>(&tagged), "Struct { port: 80, on: true }");
}

#[test]
fn bytes_are_text_or_a_list() {
    assert_eq!(read::<String>(&Value::Bytes(b"a".to_vec())), r#""a""#);
    assert_eq!(read::<Vec<u8>>(&Value::Bytes(vec![1, 255])), "[1, 255]");
    assert_eq!(read::<String>(&Value::Bytes(vec![255])), "error: expected text, found bytes that are not UTF-8");
    assert_eq!(read::<u16>(&Value::Bytes(vec![1])), "error: expected u16, found bytes");
}
