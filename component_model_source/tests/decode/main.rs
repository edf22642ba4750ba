//! The rules of decoding, as properties: what is written for a type is read back, nothing panics, no error repeats the
//! value.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod messages;
mod rows;
mod zoo;

use std::{collections::BTreeMap, net::IpAddr, time::Duration};

use component_model_source::{ErrorKind, SecretString, SourceError, Value, decode, limit};
use proptest::{collection, prelude::*};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

fn from_text<T: DeserializeOwned>(text: impl ToString) -> T {
    decode::from_value(&Value::text(text.to_string())).unwrap()
}

fn from_json<T: DeserializeOwned>(value: &impl Serialize) -> T {
    decode::from_value(&Value::from_json(&serde_json::to_string(value).unwrap()).unwrap()).unwrap()
}

/// Writes items in the separator form.
fn separated<'a>(items: impl IntoIterator<Item = &'a String>) -> String {
    items.into_iter().map(|item| escaped(item)).collect::<Vec<_>>().join(",")
}

fn escaped(item: &str) -> String {
    item.chars().flat_map(|character| ['\\', character]).collect()
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Nested {
    name: String,
    limits: Vec<u32>,
    inner: Option<Box<Nested>>,
    mode: Mode,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Mode {
    Unit,
    Newtype(i64),
    Tuple(u8, String),
    Struct { ratio: f64 },
}

fn mode() -> impl Strategy<Value = Mode> {
    prop_oneof![
        Just(Mode::Unit),
        any::<i64>().prop_map(Mode::Newtype),
        any::<(u8, String)>().prop_map(|(number, text)| Mode::Tuple(number, text)),
        (-1e300..1e300).prop_map(|ratio| Mode::Struct { ratio }),
    ]
}

fn nested() -> impl Strategy<Value = Nested> {
    let leaf = (any::<String>(), any::<Vec<u32>>(), mode());
    let leaf = leaf.prop_map(|(name, limits, mode)| Nested { name, limits, inner: None, mode });
    leaf.prop_recursive(3, 8, 1, |inner| {
        (any::<String>(), inner, mode()).prop_map(|(name, inner, mode)| Nested {
            name,
            limits: Vec::new(),
            inner: Some(Box::new(inner)),
            mode,
        })
    })
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Signed),
        any::<u64>().prop_map(Value::Unsigned),
        any::<f64>().prop_map(Value::Float),
        any::<String>().prop_map(Value::Text),
        r#"[\[{,=\\"a1 }\]]{0,12}"#.prop_map(Value::Text),
        any::<String>().prop_map(Value::String),
        any::<Vec<u8>>().prop_map(Value::Bytes),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let members = || collection::vec((any::<String>(), inner.clone()), 0..4);
        prop_oneof![
            collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            members().prop_map(Value::Map),
            collection::vec(members(), 0..3).prop_map(Value::rows),
        ]
    })
}

/// Decodes into types of every shape; what comes of it does not matter.
fn decode_into_everything(value: &Value) -> Vec<String> {
    macro_rules! errors_of {
        ($($ty:ty),* $(,)?) => {
            [$(decode::from_value::<$ty>(value).err().map(|error| format!("{error} {error:?}"))),*]
        };
    }
    let errors = errors_of! {
        bool, u8, u16, u64, u128, i8, i32, i64, i128, f32, f64, char, String, Option<u8>, (), IpAddr, Duration,
        Vec<u8>, Vec<String>, [u16; 2], (u8, String), BTreeMap<String, u16>, Nested, Mode, serde_json::Value,
        std::net::SocketAddr, std::path::PathBuf, std::num::NonZeroU8, Option<Vec<Option<Mode>>>,
    };
    errors.into_iter().flatten().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn numbers_are_read_back_from_text(unsigned: u128, signed: i128, small: u8, float: f64) {
        prop_assert_eq!(from_text::<u128>(unsigned), unsigned);
        prop_assert_eq!(from_text::<i128>(signed), signed);
        prop_assert_eq!(from_text::<u8>(format!(" {small}\n")), small);
        prop_assert!(from_text::<f64>(float) == float || float.is_nan());
    }

    #[test]
    fn text_is_read_back_as_it_is(text: String) {
        prop_assert_eq!(from_text::<String>(&text), text.clone());
        prop_assert_eq!(from_text::<Option<String>>(&text), Some(text));
    }

    #[test]
    fn addresses_and_characters_are_read_back(address: IpAddr, character: char) {
        prop_assert_eq!(from_text::<IpAddr>(address), address);
        prop_assert_eq!(from_text::<char>(character), character);
    }

    #[test]
    fn whole_milliseconds_are_read_back(milliseconds in 0..u64::from(u32::MAX)) {
        let duration = Duration::from_millis(milliseconds);
        prop_assert_eq!(from_text::<Duration>(format!("{milliseconds}ms")), duration);
        prop_assert_eq!(from_json::<Duration>(&duration), duration);
    }

    #[test]
    fn a_list_is_read_back_from_the_separator_form(items in collection::vec(".+", 0..6)) {
        prop_assert_eq!(from_text::<Vec<String>>(separated(&items)), items);
    }

    #[test]
    fn a_map_is_read_back_from_the_separator_form(map in collection::btree_map(".+", ".+", 0..6)) {
        let pairs: Vec<_> = map.iter().map(|(key, value)| format!("{}={}", escaped(key), escaped(value))).collect();
        prop_assert_eq!(from_text::<BTreeMap<String, String>>(pairs.join(",")), map);
    }

    #[test]
    fn json_is_read_back_as_text_and_as_a_document(value in nested()) {
        prop_assert_eq!(&from_text::<Nested>(serde_json::to_string(&value).unwrap()), &value);
        prop_assert_eq!(from_json::<Nested>(&value), value);
    }

    #[test]
    fn garbage_never_panics(value in value()) {
        decode_into_everything(&value);
    }

    #[test]
    fn no_error_repeats_a_word_of_the_value(word in "[a-z]{3}[0-9]{5}[a-z]{3}") {
        for value in [
            Value::text(&word),
            Value::String(word.clone()),
            Value::List(vec![Value::text(&word)]),
            Value::Map(vec![("key".to_owned(), Value::String(word.clone()))]),
            Value::rows(vec![vec![("column".to_owned(), Value::text(&word)), ("other".to_owned(), Value::Null)]]),
        ] {
            for error in decode_into_everything(&value) {
                prop_assert!(!error.contains(&word), "{}", error);
            }
        }
    }
}

#[test]
fn booleans_have_the_words_that_people_write() {
    for (text, expected) in [("true", true), ("ON", true), ("1", true), ("Yes", true), (" off ", false), ("0", false)] {
        assert_eq!(from_text::<bool>(text), expected, "{text}");
    }
    assert!(decode::from_value::<bool>(&Value::text("2")).is_err());
    assert!(decode::from_value::<bool>(&Value::Unsigned(1)).unwrap());
}

#[test]
fn a_typed_document_is_not_text() {
    assert!(decode::from_value::<u16>(&Value::String("8080".into())).is_err());
    assert!(decode::from_value::<String>(&Value::Unsigned(8080)).is_err());
    assert_eq!(decode::from_value::<u16>(&Value::Unsigned(8080)).unwrap(), 8080);
}

#[test]
fn empty_text_is_the_empty_list_and_no_number() {
    assert!(from_text::<Vec<u8>>("").is_empty());
    assert_eq!(from_text::<String>(""), "");
    assert!(decode::from_value::<u8>(&Value::text("")).is_err());
}

#[test]
fn rows_are_scalars_structs_and_lists() {
    let row = |id: i64, name: &str| vec![("id".to_owned(), Value::Signed(id)), ("name".to_owned(), Value::text(name))];
    #[derive(Debug, Deserialize, PartialEq)]
    struct Row {
        id: u8,
        name: String,
    }
    let one = Value::rows(vec![row(1, "a")]);
    let two = Value::rows(vec![row(1, "a"), row(2, "b")]);
    assert_eq!(decode::from_value::<Row>(&one).unwrap(), Row { id: 1, name: "a".into() });
    assert_eq!(decode::from_value::<Vec<Row>>(&one).unwrap().len(), 1);
    assert_eq!(decode::from_value::<Vec<Row>>(&two).unwrap()[1], Row { id: 2, name: "b".into() });
    let error = decode::from_value::<Row>(&two).unwrap_err();
    assert_eq!(error.to_string(), "expected one row, found 2");
    let error = decode::from_value::<u8>(&one).unwrap_err();
    assert_eq!(error.to_string(), "expected one column for a single value, found 2");

    let column = |value: Value| Value::rows(vec![vec![("value".to_owned(), value)]]);
    assert_eq!(decode::from_value::<u16>(&column(Value::text("8080"))).unwrap(), 8080);
    assert_eq!(decode::from_value::<Option<u16>>(&column(Value::Null)).unwrap(), None);
    assert!(decode::from_value::<u16>(&column(Value::Null)).is_err());
    let json = column(Value::text(r#"{"id": 7, "name": "c"}"#));
    assert_eq!(decode::from_value::<Row>(&json).unwrap(), Row { id: 7, name: "c".into() });
    assert_eq!(decode::from_value::<Vec<u8>>(&column(Value::text("[1,2]"))).unwrap(), [1, 2]);
}

#[test]
fn a_secret_is_read_and_never_shown() {
    let secret: SecretString = from_text("hunter2");
    assert!(!format!("{secret:?}").contains("hunter2"));
    assert!(!format!("{:?}", Value::text("hunter2")).contains("hunter2"));
}

#[test]
fn an_error_says_where_in_the_value() {
    let value = Value::from_json(r#"{"name": "n", "limits": [1, "x"], "mode": "Unit"}"#).unwrap();
    let error = decode::from_value::<Nested>(&value).unwrap_err();
    assert_eq!(error.to_string(), "expected u32, found a string, at limits[1]");
}

#[test]
fn a_type_that_contains_itself_ends_at_a_depth_and_not_at_the_end_of_the_stack() {
    #[derive(Debug, Deserialize)]
    struct Tree(#[expect(dead_code, reason = "only its shape matters")] Vec<Tree>);
    #[derive(Debug, Deserialize)]
    struct Chain {
        _next: Option<Box<Chain>>,
    }
    let tree = decode::from_value::<Tree>(&Value::text("a")).unwrap_err();
    assert!(tree.to_string().starts_with("nested too deep"), "{tree}");
    let chain = decode::from_value::<Chain>(&Value::text("_next=".repeat(100_000))).unwrap_err();
    assert!(chain.to_string().starts_with("nested too deep"), "{chain}");
}

#[test]
fn many_pairs_are_read_in_a_moment() {
    let text = (0..200_000).map(|number| format!("k{number}=1")).collect::<Vec<_>>().join(",");
    let started = std::time::Instant::now();
    let map: std::collections::HashMap<String, u8> = from_text(text);
    assert_eq!(map.len(), 200_000);
    assert!(started.elapsed().as_secs() < 20, "quadratic in the number of pairs");
}

#[test]
fn an_error_names_the_fields_of_a_type_and_no_other_key_of_the_separator_form() {
    #[derive(Debug, Deserialize)]
    struct Limits {
        _max: u8,
    }
    let error = decode::from_value::<Limits>(&Value::text("_max=x")).unwrap_err();
    assert_eq!(error.path().to_string(), "_max");
    type Map = std::collections::HashMap<String, u8>;
    let error = decode::from_value::<Map>(&Value::text("a=1,postgres://u:hunter2@h?a=b")).unwrap_err();
    assert_eq!(error.path().to_string(), "[1]");
    assert!(!error.to_string().contains("hunter2"), "{error}");
}

#[test]
fn json_in_text_is_read_by_types_that_do_not_say_what_they_want() {
    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(tag = "kind")]
    enum Storage {
        S3 { bucket: String },
    }
    let text = Value::text(r#"{"kind": "S3", "bucket": "b"}"#);
    let expected = Storage::S3 { bucket: "b".to_owned() };
    assert_eq!(decode::from_value::<Storage>(&text).unwrap(), expected);
    let row = Value::rows(vec![vec![("storage".to_owned(), text)]]);
    assert_eq!(decode::from_value::<Storage>(&row).unwrap(), expected);
    let error = decode::from_value::<Storage>(&Value::text(r#"{"kind": "S3"}"#)).unwrap_err();
    assert_eq!(error.to_string(), "the field `bucket` is missing");
}

#[test]
fn a_million_items_of_a_text_are_read_and_one_more_is_refused() {
    let items = |count: usize| format!("{}0", "0,".repeat(count - 1));
    let read = decode::from_value::<Vec<u8>>(&Value::text(items(limit::VALUES)));
    assert_eq!(read.unwrap().len(), limit::VALUES);
    let too_many = items(limit::VALUES + 1);
    let pairs = too_many.replace('0', "=");
    let nested = too_many.replace(',', "\\,");
    for error in [
        decode::from_value::<Vec<u8>>(&Value::text(too_many)).map(drop).unwrap_err(),
        decode::from_value::<BTreeMap<String, u8>>(&Value::text(pairs)).map(drop).unwrap_err(),
        decode::from_value::<Vec<Vec<u8>>>(&Value::text(nested)).map(drop).unwrap_err(),
        decode::from_value::<Vec<u8>>(&Value::text(format!("[{}0]", "0,".repeat(limit::VALUES))))
            .map(drop)
            .unwrap_err(),
    ] {
        assert!(error.to_string().contains("more than a million values"), "{error}");
        assert_eq!(SourceError::from(error).kind(), ErrorKind::TooLarge);
    }
}
