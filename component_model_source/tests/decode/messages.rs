//! What errors say: never anything that depends on the value.

use std::{
    cell::Cell,
    error::Error,
    fmt,
    net::{IpAddr, SocketAddr},
    num::NonZeroU8,
};

use component_model_source::{SecretString, Slot, Value, decode};
use proptest::prelude::*;
use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeOwned, Unexpected, Visitor},
};

fn error_of<T: DeserializeOwned>(value: &Value) -> String {
    match decode::from_value::<T>(value) {
        Ok(_) => "read".to_owned(),
        Err(error) => error.to_string(),
    }
}

/// What a careless type makes of the text that it quotes.
const QUOTINGS: &[fn(&str) -> String] = &[
    str::to_owned,
    |text| format!("{text:?}"),
    |text| text.escape_unicode().to_string(),
    |text| text.replace('\\', ""),
    str::to_uppercase,
    str::to_lowercase,
    |text| text.chars().take(4).collect(),
    |text| text.chars().skip(4).collect(),
    |text| text.chars().skip(2).take(4).collect(),
    |text| text.chars().rev().collect(),
    |text| text.chars().map(|character| format!("{character} ")).collect(),
    |text| text.bytes().map(|byte| format!("{byte:02x}")).collect(),
    |text| text.bytes().map(|byte| format!("{byte} ")).collect(),
    |text| text.len().to_string(),
];

/// The places where a type can put it.
const CHANNELS: usize = 7;

thread_local! {
    static QUOTING: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

/// A type that refuses every text, and says in one of these ways which one it was.
#[derive(Debug)]
struct Careless;

impl<'de> Deserialize<'de> for Careless {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let (quoting, channel) = QUOTING.get();
        let quoted = QUOTINGS[quoting](&text);
        Err(refuse(channel, &quoted))
    }
}

fn refuse<E: de::Error>(channel: usize, quoted: &str) -> E {
    match channel {
        0 => E::custom(format!("`{quoted}` is not mine")),
        1 => E::custom(format_args!("unknown field `{quoted}`")),
        2 => E::custom(quoted),
        3 => E::custom(Box::<dyn Error>::from(quoted)),
        4 => E::invalid_value(Unexpected::Str(quoted), &format!("no {quoted}").as_str()),
        5 => E::invalid_type(Unexpected::Other(quoted), &Expecting(quoted.to_owned())),
        _ => E::invalid_length(3, &Expecting(quoted.to_owned())),
    }
}

struct Expecting(String);

impl Visitor<'_> for Expecting {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Values that hold a text in every place where a value can.
fn holding(text: &str) -> [Value; 6] {
    let string = || Value::String(text.to_owned());
    let json = serde_json::to_string(text).unwrap();
    [
        Value::text(text),
        string(),
        Value::List(vec![string()]),
        Value::text(format!("[{json}]")),
        Value::Map(vec![("key".to_owned(), string())]),
        Value::rows(vec![vec![("column".to_owned(), Value::text(text))]]),
    ]
}

fn errors_for(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    for (value, channel) in holding(text).iter().flat_map(|value| (0..CHANNELS).map(move |channel| (value, channel))) {
        for quoting in 0..QUOTINGS.len() {
            QUOTING.set((quoting, channel));
            errors.push(error_of::<Careless>(value));
            errors.push(error_of::<Vec<Careless>>(value));
            errors.push(error_of::<Option<Careless>>(value));
            errors.push(error_of::<std::collections::HashMap<String, Careless>>(value));
        }
    }
    errors
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_message_depends_on_the_value_however_a_type_quotes_it(one in r#"[a-zäß0-9"'\\\$ !.:/-]{1,12}"#, salt in 1..9u8) {
        // Another text of the same shape: only what a message has of the text can differ.
        let other: String = one.chars().map(|character| exchanged(character, salt)).collect();
        prop_assert_eq!(errors_for(&one), errors_for(&other));
    }
}

fn exchanged(character: char, salt: u8) -> char {
    let rotate = |first: u8, count: u8| char::from(first + (character as u8 - first + salt) % count);
    match character {
        'a'..='z' => rotate(b'a', 26),
        '0'..='9' => rotate(b'0', 10),
        other => other,
    }
}

#[test]
fn messages_of_errors_that_have_no_room_for_the_value_are_shown() {
    let text = Value::text("hunter2");
    assert_eq!(error_of::<IpAddr>(&text), "invalid IP address syntax");
    assert_eq!(error_of::<SocketAddr>(&text), "invalid socket address syntax");
    assert_eq!(error_of::<NonZeroU8>(&Value::text("0")), "expected a nonzero u8, found an integer that is not one");
    assert_eq!(error_of::<Even>(&Value::text("3")), "expected an even number");
    assert_eq!(error_of::<Parsed<u8>>(&text), "invalid digit found in string");
    assert_eq!(error_of::<Parsed<f64>>(&text), "invalid float literal");
    assert_eq!(error_of::<Parsed<bool>>(&text), "provided string was not `true` or `false`");
    assert_eq!(error_of::<Parsed<char>>(&text), "too many characters in string");
}

#[derive(Debug)]
struct Parsed<T>(T);

impl<'de, T: std::str::FromStr<Err: fmt::Display>> Deserialize<'de> for Parsed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map(Self).map_err(de::Error::custom)
    }
}

#[test]
fn an_error_of_one_byte_could_be_the_value() {
    #[derive(Debug, Deserialize)]
    #[serde(try_from = "u8")]
    struct Small;
    struct Over(u8);
    impl fmt::Display for Over {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{} is over 100", self.0)
        }
    }
    impl TryFrom<u8> for Small {
        type Error = Over;
        fn try_from(number: u8) -> Result<Self, Over> {
            if number > 100 { Err(Over(number)) } else { Ok(Self) }
        }
    }
    let error = error_of::<Small>(&Value::text("213"));
    assert!(error.contains("withheld") && !error.contains("213"), "{error}");
}

#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "u8")]
struct Even;

#[derive(Debug)]
struct NotEven;

impl fmt::Display for NotEven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected an even number")
    }
}

impl TryFrom<u8> for Even {
    type Error = NotEven;

    fn try_from(number: u8) -> Result<Self, NotEven> {
        if number.is_multiple_of(2) { Ok(Self) } else { Err(NotEven) }
    }
}

impl secrecy::zeroize::Zeroize for Even {
    fn zeroize(&mut self) {}
}

#[test]
fn what_serde_says_is_shown_without_names_from_the_value() {
    #[derive(Debug, Deserialize)]
    #[serde(untagged)]
    #[expect(dead_code, reason = "never read")]
    enum Untagged {
        Number(u16),
        List(Vec<u16>),
    }
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "never read")]
    struct Strict {
        #[serde(flatten)]
        limits: Limits,
    }
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "never read")]
    struct Limits {
        max: u16,
    }
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "never read")]
    struct Pair(u8, u8);
    let text = Value::text("hunter2");
    assert_eq!(error_of::<Untagged>(&text), "data did not match any variant of untagged enum Untagged");
    assert_eq!(error_of::<Strict>(&Value::text("max=1,hunter2=3")), "an unknown field");
    assert_eq!(error_of::<Pair>(&Value::text("1")), "expected tuple struct Pair with 2 elements, found 1 items");
    let number = Value::Unsigned(7);
    assert_eq!(error_of::<Limits>(&number), "expected struct Limits, found an integer");
}

#[test]
fn a_sensitive_value_is_refused_without_any_message_of_its_type() {
    let refused = "the type refuses it (its message is withheld, since the value is sensitive)";
    assert_eq!(error_of::<secrecy::SecretBox<Even>>(&Value::text("3")), refused);
    assert_eq!(error_of::<Option<secrecy::SecretBox<Even>>>(&Value::text("3")), refused);
    let in_a_map = Value::Map(vec![("hunter2".to_owned(), Value::Unsigned(3))]);
    type Map = std::collections::HashMap<String, secrecy::SecretBox<Even>>;
    assert_eq!(error_of::<Map>(&in_a_map), refused, "and without the keys of the document");
    assert_eq!(error_of::<SecretString>(&Value::Unsigned(1)), "expected a string, found an integer");
}

#[test]
fn a_type_is_sensitive_if_it_is_a_secret_or_holds_one_in_its_parameters() {
    type Alias = SecretString;
    assert!(None::<Alias>.is_sensitive() && None::<Option<Alias>>.is_sensitive() && None::<Vec<Alias>>.is_sensitive());
    assert!(None::<secrecy::SecretBox<Even>>.is_sensitive());
    assert!(!None::<String>.is_sensitive() && !None::<Option<Vec<u8>>>.is_sensitive());
}
