//! How text, documents and rows become the field's type.
//!
//! A source gives a [`Value`](crate::Value) and does not know the field. The field's type decides, through
//! `serde::Deserialize`: numbers, `IpAddr`, `Duration`, `SecretString`, lists, maps, enums and your own types take the
//! same road. The examples below call [`decode::from_value`](crate::decode::from_value), which is what a fetch does.
//!
//! # Text
//!
//! Variables, columns of text, plain files and plain HTTP bodies are text, and text is what the type makes of it:
//!
//! | the field asks for | the text |
//! | --- | --- |
//! | a string | as it is, untrimmed: `0042` stays `0042` |
//! | a number | trimmed, in Rust's notation |
//! | `bool` | `true`/`false`, `1`/`0`, `yes`/`no`, `on`/`off` in any case |
//! | [`Duration`](std::time::Duration) | `30` or `1.5` (seconds), `250ms`, `1h30m` |
//! | an enum | the variant's name, or JSON |
//! | a list | a JSON array, or `a,b,c` |
//! | a map or a struct | a JSON object, or `host=db,port=5432` |
//!
//! ```
//! use std::{collections::BTreeMap, net::IpAddr, time::Duration};
//! use component_model::{Value, decode};
//!
//! fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, decode::DecodeError> {
//!     decode::from_value(&Value::text(text))
//! }
//!
//! assert_eq!(read::<u16>(" 8080\n")?, 8080);
//! assert_eq!(read::<String>("0042")?, "0042");
//! assert!(read::<bool>("Yes")?);
//! assert_eq!(read::<Duration>("1h30m")?, Duration::from_secs(5400));
//! assert_eq!(read::<Vec<IpAddr>>("127.0.0.1, ::1")?.len(), 2);
//! assert_eq!(read::<Vec<IpAddr>>(r#"["127.0.0.1", "::1"]"#)?.len(), 2);
//! assert_eq!(read::<BTreeMap<String, u16>>("http=80, https=443")?["https"], 443);
//! # Ok::<(), decode::DecodeError>(())
//! ```
//!
//! # The separator form
//!
//! Items are separated by commas, keys and values by `=`. White space around items and keys is dropped. A backslash
//! takes the next character literally. Empty text is the empty list.
//!
//! ```
//! # use component_model::{Value, decode};
//! # fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, decode::DecodeError> {
//! #     decode::from_value(&Value::text(text))
//! # }
//! #[derive(Debug, PartialEq, serde::Deserialize)]
//! struct Server {
//!     host: String,
//!     port: u16,
//! }
//!
//! assert_eq!(read::<Server>("host=db,port=5432")?, Server { host: "db".to_owned(), port: 5432 });
//! assert_eq!(read::<Vec<String>>(r"a\,b, c")?, ["a,b", "c"]);
//! assert!(read::<Vec<String>>("")?.is_empty());
//! # Ok::<(), decode::DecodeError>(())
//! ```
//!
//! Where lists or maps hold others, write JSON: the separator form would need a backslash before every inner separator.
//!
//! # Typed documents
//!
//! JSON, TOML and YAML know their types, and what is typed stays typed: a string in them never becomes a number, since
//! whoever wrote `"8080"` in quotes may have meant a name.
//!
//! ```
//! use component_model::{Value, decode};
//!
//! let document = Value::from_json(r#"{"port": 8080, "name": "8080", "debug": true}"#)?;
//! assert_eq!(decode::from_value::<u16>(document.get("port").unwrap())?, 8080);
//! let error = decode::from_value::<u16>(document.get("name").unwrap()).unwrap_err();
//! assert_eq!(error.to_string(), "expected u16, found a string");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Types that are read from strings, such as `IpAddr` and enums, are read from a document's strings as well. A key that
//! stands twice in one map is an error. `1` and `0` are booleans everywhere, since databases store them so.
//!
//! # Durations
//!
//! A [`Duration`](std::time::Duration) is a number of seconds (`30`, `1.5`) or text with units, from the largest to the
//! smallest: `d`, `h`, `m`, `s`, `ms`, `us`, `ns`. Fractions smaller than a nanosecond are cut off. The same reader
//! serves `timeout = "250ms"` in an attribute: [`duration::parse`](crate::duration::parse).
//!
//! # Rows
//!
//! | the query's answer | becomes |
//! | --- | --- |
//! | one row with one column | what the column holds |
//! | one row with several columns | a struct or a map, by the names of the columns |
//! | several rows | a list |
//! | no row | absence |
//!
//! A column of text that holds JSON is read as a document where the type asks for a list, a map or a struct. Exact
//! numbers (`NUMERIC`), dates and UUIDs are text, which the type reads.
//!
//! ```
//! use component_model::{Value, decode};
//!
//! let row = |host: &str, port| vec![("host".to_owned(), Value::text(host)), ("port".to_owned(), Value::Signed(port))];
//! #[derive(serde::Deserialize)]
//! struct Server {
//!     host: String,
//!     port: u16,
//! }
//!
//! let one: Server = decode::from_value(&Value::rows(vec![row("a", 80)]))?;
//! let all: Vec<Server> = decode::from_value(&Value::rows(vec![row("a", 80), row("b", 81)]))?;
//! assert_eq!((one.host.as_str(), one.port, all.len()), ("a", 80, 2));
//! # Ok::<(), decode::DecodeError>(())
//! ```
//!
//! # Absence and null
//!
//! An `Option` reads absence and an explicit null (JSON's `null`, SQL's `NULL`) as `None`. For any other type, absence
//! is an error that [is absent](crate::ComponentError::is_absent), unless the component has a fallback, and null is an
//! error that
//! [is malformed](crate::ComponentError::is_malformed).
//!
//! # What an error says
//!
//! What was expected, what kind of thing was found, and where within the value; never the value. A type's own message
//! that repeats a part of it is withheld.
//!
//! ```
//! use component_model::{Value, decode};
//!
//! let error = decode::from_value::<Vec<u8>>(&Value::text("1,hunter2")).unwrap_err();
//! assert_eq!(error.to_string(), "expected u8, found text that is not one, at [1]");
//! ```
