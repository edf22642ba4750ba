//! Rows of a query: the type decides what they are, and their number does not.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    time::Duration,
};

use component_model_source::{Value, decode};
use serde::{Deserialize, de::DeserializeOwned};

/// The first so many of these rows and columns; the second row differs from the first.
fn table(rows: usize, columns: usize) -> Value {
    let row = |number: i64| {
        let host = if number == 0 { "a" } else { "b" };
        let all = [
            ("port", Value::Signed(80 + number)),
            ("host", Value::text(host)),
            ("weight", Value::text(format!("{number}"))),
        ];
        all.into_iter().take(columns).map(|(name, value)| (name.to_owned(), value)).collect()
    };
    Value::rows((0..).map(row).take(rows).collect())
}

/// What comes of it: the value as `Debug` shows it, `absent`, or the error.
fn read<T: DeserializeOwned + std::fmt::Debug>(value: &Value) -> String {
    match decode::from_value::<T>(value) {
        Ok(value) => format!("{value:?}"),
        Err(error) if error.is_absent() => "absent".to_owned(),
        Err(error) => format!("error: {error}"),
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename = "P")]
#[expect(dead_code, reason = "only shown")]
struct P {
    port: u16,
    #[serde(default)]
    host: Option<String>,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only shown")]
struct Flat {
    port: u16,
    #[serde(flatten)]
    rest: BTreeMap<String, String>,
}

/// For 0, 1 and 2 rows of 1, 2 and 3 columns.
fn check<T: DeserializeOwned + std::fmt::Debug>(expected: [[&str; 3]; 3]) {
    for (rows, of_rows) in expected.iter().enumerate() {
        for (columns, expected) in (1..).zip(of_rows) {
            let name = std::any::type_name::<T>();
            assert_eq!(read::<T>(&table(rows, columns)), *expected, "{name} from {rows} rows of {columns} columns");
        }
    }
}

const ABSENT: [&str; 3] = ["absent"; 3];
const NOT_A_MAP: &str = "error: expected one row, found 2; a map also takes rows of two columns, a name and its value";
const TWO_ROWS: &str = "error: expected one row, found 2";
const TWO_COLUMNS: &str = "error: expected one column for a single value, found 2";
const THREE_COLUMNS: &str = "error: expected one column for a single value, found 3";

#[test]
fn a_scalar_takes_one_row_with_one_column() {
    check::<u16>([ABSENT, ["80", TWO_COLUMNS, THREE_COLUMNS], [TWO_ROWS; 3]]);
    check::<Option<u16>>([ABSENT, ["Some(80)", TWO_COLUMNS, THREE_COLUMNS], [TWO_ROWS; 3]]);
}

#[test]
fn a_struct_takes_one_row_by_the_names_of_its_columns() {
    let [one, two] = ["P { port: 80, host: None }", r#"P { port: 80, host: Some("a") }"#];
    check::<P>([ABSENT, [one, two, two], [TWO_ROWS; 3]]);
    let flat = |rest| format!("Flat {{ port: 80, rest: {{{rest}}} }}");
    let (one, two, three) = (flat(""), flat(r#""host": "a""#), flat(r#""host": "a", "weight": "0""#));
    for (columns, expected) in (1..).zip([one, two, three]) {
        assert_eq!(read::<Flat>(&table(1, columns)), expected, "a struct that flattens another is a struct");
        let expected = if columns == 2 { TWO_ROWS } else { NOT_A_MAP };
        assert_eq!(read::<Flat>(&table(2, columns)), expected);
    }
}

#[test]
fn a_struct_that_flattens_another_is_absent_without_rows() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only shown")]
    struct Rest {
        #[serde(default)]
        port: u16,
        #[serde(flatten)]
        rest: HashMap<String, Value>,
    }
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only shown")]
    struct Optional {
        #[serde(flatten)]
        host: Option<Host>,
    }
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only shown")]
    struct Host {
        host: String,
    }
    #[derive(Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
    struct Name(String);
    #[derive(Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
    enum Kind {
        #[serde(rename = "a")]
        A,
    }
    let none = table(0, 2);
    for read in [read::<Flat>, read::<Rest>, read::<Optional>, read::<Option<Flat>>, read::<Box<Rest>>] {
        assert_eq!(read(&none), "absent");
    }
    assert_eq!(decode::from_value_or_absence::<Option<Flat>>(&none).map(|none| none.is_none()), Ok(true));
    assert_eq!(read::<Vec<Flat>>(&none), "[]");
    for read in
        [read::<BTreeMap<Name, u8>>, read::<BTreeMap<Kind, u8>>, read::<BTreeMap<u16, u8>>, read::<BTreeMap<char, u8>>]
    {
        assert_eq!(read(&none), "{}", "whatever its keys are");
    }
    assert_eq!(read::<BTreeMap<Option<String>, u8>>(&none), "{}");
}

#[test]
fn a_list_takes_any_number_of_rows() {
    let [one, two] = [
        "error: expected one column for a single value, found 2, at [0]",
        "error: expected one column for a single value, found 3, at [0]",
    ];
    check::<Vec<u16>>([["[]"; 3], ["[80]", one, two], ["[80, 81]", one, two]]);
    let structs = |rows: &[&str]| format!("[{}]", rows.join(", "));
    let [a, b] = [r#"P { port: 80, host: Some("a") }"#, r#"P { port: 81, host: Some("b") }"#];
    assert_eq!(read::<Vec<P>>(&table(0, 2)), "[]");
    assert_eq!(read::<Vec<P>>(&table(1, 2)), structs(&[a]));
    assert_eq!(read::<Vec<P>>(&table(2, 3)), structs(&[a, b]));
    assert_eq!(read::<Vec<(u16, String)>>(&table(1, 2)), r#"[(80, "a")]"#);
    assert_eq!(read::<Vec<(u16, String)>>(&table(2, 2)), r#"[(80, "a"), (81, "b")]"#);
    assert_eq!(
        read::<Vec<HashMap<String, Value>>>(&table(2, 1)),
        r#"[{"port": Value(an integer)}, {"port": Value(an integer)}]"#
    );
    assert_eq!(read::<Option<Vec<u16>>>(&table(2, 1)), "Some([80, 81])");
    assert_eq!(read::<Option<Vec<u16>>>(&table(0, 1)), "absent");
}

#[test]
fn a_map_takes_any_number_of_rows_with_two_columns_each_an_entry() {
    type Map = BTreeMap<u16, String>;
    assert_eq!(read::<Map>(&table(0, 2)), "{}");
    assert_eq!(read::<Map>(&table(1, 2)), r#"{80: "a"}"#);
    assert_eq!(read::<Map>(&table(2, 2)), r#"{80: "a", 81: "b"}"#);
    type Members = BTreeMap<String, Value>;
    let three = r#"{"host": Value(a string), "port": Value(an integer), "weight": Value(a string)}"#;
    assert_eq!(read::<Members>(&table(1, 3)), three, "other columns are the members of one row");
    assert_eq!(read::<Members>(&table(2, 3)), NOT_A_MAP);
    assert_eq!(read::<Members>(&table(1, 1)), r#"{"port": Value(an integer)}"#);
    assert_eq!(read::<Members>(&table(2, 1)), NOT_A_MAP);
}

#[test]
fn a_key_that_two_rows_have_is_an_error_and_is_not_named() {
    let row = |key: &str, value: &str| vec![("k".to_owned(), Value::text(key)), ("v".to_owned(), Value::text(value))];
    let twice = Value::rows(vec![row("hunter2", "1"), row("hunter2", "2")]);
    assert_eq!(read::<HashMap<String, u8>>(&twice), "error: a key occurs twice in one map");
    let wrong = Value::rows(vec![row("a", "1"), row("hunter2", "x")]);
    assert_eq!(read::<HashMap<String, u8>>(&wrong), "error: expected u8, found text that is not one, at [1]");
}

#[test]
fn a_tuple_takes_one_row_by_the_order_of_its_columns() {
    let short = "error: expected a tuple of size 2, found 1 items";
    let from_number = "error: expected a tuple of size 2, found an integer";
    check::<(u16, String)>([
        ABSENT,
        [from_number, r#"(80, "a")"#, "error: 1 items more than the type takes"],
        [TWO_ROWS; 3],
    ]);
    assert_eq!(read::<(u16,)>(&table(1, 1)), "(80,)");
    assert_eq!(read::<(u16, String)>(&column(Value::text("7"))), short);
    assert_eq!(read::<(u16, String)>(&column(Value::text("7,x"))), r#"(7, "x")"#);
}

#[test]
fn a_type_that_does_not_say_what_it_wants_takes_one_row() {
    assert_eq!(read::<Value>(&table(0, 1)), "absent");
    assert_eq!(read::<Value>(&table(1, 1)), "Value(an integer)");
    assert_eq!(read::<Value>(&table(1, 2)), "Value(a map)");
    assert_eq!(read::<Value>(&table(2, 1)), TWO_ROWS);
    assert_eq!(read::<Vec<Value>>(&table(2, 1)), "[Value(an integer), Value(an integer)]");
}

fn column(value: Value) -> Value {
    rows_of_one_column([value])
}

fn rows_of_one_column(values: impl IntoIterator<Item = Value>) -> Value {
    Value::rows(values.into_iter().map(|value| vec![("value".to_owned(), value)]).collect())
}

#[test]
fn a_column_that_holds_a_list_is_the_list_unless_the_items_are_lists() {
    let list = |items: &[u64]| Value::List(items.iter().copied().map(Value::Unsigned).collect());
    assert_eq!(read::<Vec<u8>>(&column(list(&[1, 2]))), "[1, 2]");
    assert_eq!(read::<Vec<u8>>(&column(list(&[]))), "[]");
    assert_eq!(read::<Option<Vec<u8>>>(&column(list(&[1]))), "Some([1])");
    assert_eq!(read::<[u8; 2]>(&column(list(&[1, 2]))), "[1, 2]");
    assert_eq!(read::<Vec<Vec<u8>>>(&column(list(&[1, 2]))), "[[1, 2]]");
    assert_eq!(read::<Vec<Vec<u8>>>(&column(list(&[]))), "[[]]");
    assert_eq!(read::<Vec<Vec<u8>>>(&rows_of_one_column([list(&[1, 2]), list(&[3])])), "[[1, 2], [3]]");
    let nested = || Value::List(vec![list(&[1, 2]), list(&[3])]);
    assert_eq!(read::<Vec<Vec<u8>>>(&column(nested())), "[[1, 2], [3]]");
    assert_eq!(read::<Vec<Vec<Vec<u8>>>>(&column(nested())), "[[[1, 2], [3]]]");
    assert_eq!(read::<Vec<(u8, u8)>>(&column(list(&[1, 2]))), "[(1, 2)]");
    assert_eq!(read::<Vec<(u8, u8)>>(&column(Value::List(vec![list(&[1, 2])]))), "[(1, 2)]");
    assert_eq!(read::<Vec<u8>>(&column(Value::Bytes(vec![1, 2]))), "[1, 2]");
    assert_eq!(read::<Vec<Vec<u8>>>(&column(Value::Bytes(vec![1, 2]))), "[[1, 2]]");
}

#[test]
fn a_list_of_itself_ends() {
    #[derive(Debug, Deserialize)]
    struct Tree(#[expect(dead_code, reason = "only its shape matters")] Vec<Tree>);
    assert_eq!(read::<Tree>(&column(Value::text("[[], []]"))), "Tree([Tree([Tree([]), Tree([])])])");
}

#[test]
fn a_column_of_text_with_a_list_is_the_list_unless_the_items_are_strings_or_lists() {
    assert_eq!(read::<Vec<u8>>(&column(Value::text("[1, 2]"))), "[1, 2]");
    assert_eq!(read::<Vec<Vec<u8>>>(&column(Value::text("[1, 2]"))), "[[1, 2]]");
    assert_eq!(read::<Vec<String>>(&column(Value::text("[draft] a"))), r#"["[draft] a"]"#);
    let two = rows_of_one_column([Value::text("[\"a\"]"), Value::text("b")]);
    assert_eq!(read::<Vec<String>>(&column(Value::text("[\"a\"]"))), r#"["[\"a\"]"]"#);
    assert_eq!(read::<Vec<String>>(&two), r#"["[\"a\"]", "b"]"#);
}

#[test]
fn a_column_that_holds_a_document_is_the_struct_or_the_map() {
    let json = || Value::text(r#"{"port": 7}"#);
    assert_eq!(read::<P>(&column(json())), "P { port: 7, host: None }");
    assert_eq!(read::<Vec<P>>(&column(json())), "[P { port: 7, host: None }]");
    assert_eq!(read::<BTreeMap<String, u8>>(&column(json())), r#"{"port": 7}"#);
    assert_eq!(
        read::<BTreeMap<String, u8>>(&column(Value::Map(vec![("a".into(), Value::Unsigned(1))]))),
        r#"{"a": 1}"#
    );
}

#[test]
fn null_in_the_only_column_is_none() {
    assert_eq!(read::<Option<u16>>(&column(Value::Null)), "None");
    assert_eq!(read::<Option<Vec<u16>>>(&column(Value::Null)), "None");
    assert_eq!(read::<Vec<Option<u16>>>(&column(Value::Null)), "[None]");
    assert_eq!(read::<u16>(&column(Value::Null)), "error: expected u16, found null");
}

#[test]
fn a_single_row_is_all_the_rows_of_its_query() {
    let row = Value::Row(vec![("port".to_owned(), Value::Signed(80)), ("host".to_owned(), Value::text("a"))]);
    assert_eq!(read::<Vec<P>>(&row), r#"[P { port: 80, host: Some("a") }]"#);
    assert_eq!(read::<BTreeMap<u16, String>>(&row), r#"{80: "a"}"#);
    assert_eq!(read::<P>(&row), r#"P { port: 80, host: Some("a") }"#);
}

/// The time that this thread has spent on a processor, which other processes do not lengthen.
#[cfg(target_os = "linux")]
fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap()
}

/// Sixteen times as much takes 16 times as long if the work is linear, and 256 times if it is quadratic.
#[cfg(target_os = "linux")]
fn assert_linear<V, T>(what: &str, value: impl Fn(u64) -> V, read: impl Fn(&V) -> T) {
    const SMALL: u64 = 1000;
    let time = |count: u64| {
        let value = value(count);
        let once = |_| {
            let started = processor_time();
            std::hint::black_box(read(&value));
            processor_time() - started
        };
        (0..5).map(once).min().unwrap()
    };
    let (small, large) = (time(SMALL), time(16 * SMALL));
    let ratio = large.as_secs_f64() / small.as_secs_f64();
    assert!(ratio < 64.0, "{what}: {small:?} for {SMALL}, {large:?} for 16 times as many");
}

#[cfg(target_os = "linux")]
#[test]
fn many_members_and_many_rows_are_read_in_linear_time() {
    #[derive(Debug, Deserialize)]
    struct Wide {
        member_999: u16,
    }
    let members = |count: u64| -> Vec<_> {
        (0..count).map(|number| (format!("member_{number}"), Value::Unsigned(number))).collect()
    };
    let map = |count: u64| Value::Map(members(count));
    let row = |count: u64| Value::rows(vec![members(count)]);
    let rows = |count: u64| {
        let row = |number: u64| vec![("k".to_owned(), Value::Unsigned(number)), ("v".to_owned(), Value::Unsigned(1))];
        Value::rows((0..count).map(row).collect())
    };
    let wide = |value: &Value| assert_eq!(decode::from_value::<Wide>(value).unwrap().member_999, 999);
    let all = |value: &Value| decode::from_value::<HashMap<String, u64>>(value).unwrap();
    assert_linear("a struct of a map", map, wide);
    assert_linear("a map of a map", map, all);
    assert_linear("a struct of a row", row, wide);
    assert_linear("a map of a row", row, all);
    assert_linear("a map of rows", rows, |value| decode::from_value::<HashMap<u64, u8>>(value).unwrap());
    assert_linear("a list of rows", rows, |value| decode::from_value::<Vec<(u64, u8)>>(value).unwrap());
    let document = |count: u64| {
        let members: Vec<_> = (0..count).map(|number| format!("\"member_{number}\": {number}")).collect();
        format!("{{{}}}", members.join(","))
    };
    assert_linear("a document", document, |text| Value::from_json(text).unwrap());
}

#[cfg(target_os = "linux")]
#[test]
#[should_panic(expected = "comparisons: ")]
fn work_that_is_quadratic_is_noticed() {
    assert_linear(
        "comparisons",
        |count| (0..count / 10).collect::<Vec<_>>(),
        |numbers| numbers.iter().filter(|number| numbers.iter().any(|other| *other == **number + 1)).count(),
    );
}

#[test]
fn a_column_that_is_refused_is_an_error_and_never_another_shape() {
    #[derive(Debug, Deserialize, Default)]
    #[serde(default)]
    struct Limits {
        max: u16,
        min: u16,
    }
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only shown")]
    struct Opt {
        max: Option<u16>,
    }
    for text in ["unlimited=yes", " ", "a=b", " a=b ", "{}", " {} ", "{\"q\":1}", "[]", "[7]", " [7] ", ""] {
        let row = Value::rows(vec![vec![("max".to_owned(), Value::text(text))]]);
        for error in [read::<Limits>(&row), read::<Opt>(&row), read::<Option<Opt>>(&row)] {
            assert!(
                error.starts_with("error: expected u16, found") && error.ends_with(", at max"),
                "{text:?}: {error}"
            );
        }
    }
    for text in ["y=5", " y=5 ", " "] {
        let error = read::<HashMap<String, u16>>(&Value::rows(vec![vec![("a".to_owned(), Value::text(text))]]));
        assert!(error.starts_with("error: expected u16, found") && error.ends_with(", at a"), "{text:?}: {error}");
    }
    for text in ["1,2", " 1,2 ", "", " "] {
        assert!(read::<Vec<u16>>(&column(Value::text(text))).starts_with("error: expected u16"), "{text:?}");
    }
    assert_eq!(read::<HashMap<String, Vec<u16>>>(&column(Value::text("[1]"))), r#"{"value": [1]}"#);
}

#[test]
fn white_space_is_dropped_within_rows_where_a_type_refuses_it() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only shown")]
    struct Host {
        name: String,
        ip: IpAddr,
    }
    let text = |text: &str| Value::text(text);
    let host = |name: &str, ip: &str| vec![("name".to_owned(), text(name)), ("ip".to_owned(), text(ip))];
    let two = Value::rows(vec![host(" a ", " ::1 "), host("b ", "::2\n")]);
    assert_eq!(read::<Host>(&Value::rows(vec![host(" a ", " ::1 ")])), r#"Host { name: " a ", ip: ::1 }"#);
    assert_eq!(read::<Vec<Host>>(&two), r#"[Host { name: " a ", ip: ::1 }, Host { name: "b ", ip: ::2 }]"#);
    assert_eq!(read::<Vec<(String, IpAddr)>>(&two), r#"[(" a ", ::1), ("b ", ::2)]"#);
    assert_eq!(read::<BTreeMap<String, IpAddr>>(&two), r#"{" a ": ::1, "b ": ::2}"#);
    let by_ip = Value::rows(vec![host(" ::1 ", " a "), host("::2", " 8 ")]);
    assert_eq!(read::<BTreeMap<IpAddr, String>>(&by_ip), r#"{::1: " a ", ::2: " 8 "}"#);
    assert_eq!(read::<Vec<IpAddr>>(&rows_of_one_column([text(" ::1 "), text("::2 ")])), "[::1, ::2]");
    assert_eq!(read::<Vec<IpAddr>>(&column(Value::List(vec![text(" ::1 "), text("::2 ")]))), "[::1, ::2]");
    assert_eq!(
        read::<Vec<IpAddr>>(&Value::List(vec![Value::String(" ::1".into())])),
        "error: invalid IP address syntax, at [0]"
    );
}
