//! How text, documents and rows become the field's type.
//!
//! A source returns a [`Value`](crate::Value) and does not know the field. The field's type reads the value through
//! `serde::Deserialize`: numbers, `IpAddr`, `Duration`, `SecretString`, lists, maps, enums and your own types are all
//! read this way. The examples below call [`decode::from_value`](crate::decode::from_value), which is what a fetch
//! does.
//!
//! # What each type reads
//!
//! This table applies to all sources. *Text* has no type: variables, columns of text, plain files and plain HTTP
//! bodies. A *document* (JSON, TOML, YAML) has typed values.
//!
//! | the field asks for | text | in a document |
//! | --- | --- | --- |
//! | a string, a path, bytes | unchanged: `0042` stays `0042`, ` a ` keeps its white space | a string |
//! | an integer | in Rust's notation, within the type's range | an integer within the range |
//! | `f32`, `f64` | in Rust's notation; `1e40` is out of range for an `f32`; `inf` and `NaN` as they are written | a number within the range |
//! | `bool` | `true`/`false`, `1`/`0`, `yes`/`no`, `on`/`off` in any case | a boolean, `1` or `0` |
//! | [`Duration`](std::time::Duration) | `30` or `1.5` (seconds), `250ms`, `1h30m` | the same, as a number or a string |
//! | a type that is parsed from strings (`IpAddr`, `SocketAddr`, many types of other crates) | what its own parser accepts | a string |
//! | an enum | the variant's name, `variant=content`, or JSON | the variant's name, or a map with its content |
//! | a list, a set | a JSON array, or `a,b,c` | a list |
//! | a map, a struct | a JSON object, or `host=db,port=5432` | a map |
//! | an `Option` | as its inner type | null, or as its inner type |
//! | `#[serde(flatten)]`, untagged enums, internally tagged enums | strings; if the type rejects them, text that looks like a number or boolean is one | unchanged |
//!
//! **White space** around text is dropped unless the type accepts it: the type first gets the text unchanged, and
//! without the white space only if it rejects it. A string in a document keeps its white space. **Brackets** begin a
//! JSON array, unless they contain an IPv6 address: `[::1]:80,[::2]:80` is a list of two.
//!
//! Text looks like a number only if the number would be written in exactly the same way: `0042` and `1.10` stay
//! strings.
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
//! assert_eq!(read::<IpAddr>("127.0.0.1\n")?, IpAddr::from([127, 0, 0, 1]));
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
//! escapes the next character. Empty text is an empty list.
//!
//! ```
//! use component_model::{Value, decode};
//!
//! fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, decode::DecodeError> {
//!     decode::from_value(&Value::text(text))
//! }
//!
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
//! Write JSON for nested lists or maps: the separator form would need a backslash before every inner separator.
//!
//! # Typed documents
//!
//! JSON, TOML and YAML have types, and values keep them: a string in a document never becomes a number, since `"8080"`
//! in quotes may be a name.
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
//! Types that are parsed from strings, such as `IpAddr` and enums, are parsed from a document's strings as well. A key
//! that occurs twice in a map is an error. `1` and `0` are accepted as booleans everywhere, since databases store
//! booleans in this form.
//!
//! - **A byte order mark** at the start is dropped, in every format, in plain text and in `.env` files.
//! - **A number that is out of range for every type** (40 digits, `1e999`) fails only the component that reads it, in
//!   TOML and YAML. In JSON `1e999` is a parse error and fails the file.
//! - **`-0`** is a floating-point number in JSON and YAML, as `-0.0` is, and an integer in TOML.
//! - **A path through a scalar** (`server.port` with `server = 1`), or with a name into a list, is malformed, even for
//!   an `Option`. A path through null, or to a name that is not in the map, is absent.
//! - **YAML** is version 1.2 with its core schema: `yes`, `on` and `0042` are text. Keys are text as written, so `80`
//!   and `"80"` are the same key, and an error if both are in one map; a list or a map as a key is an error. Merge keys
//!   (`<<`) are supported, and your own tags are ignored.
//!
//! # Limits
//!
//! | what | at most |
//! | --- | --- |
//! | a file, a body | 16 MiB |
//! | values (scalars, lists, maps) of a document | 1 000 000; the values of a YAML alias count each time |
//! | text of all values of a YAML document | 16 MiB; the text of an alias counts each time |
//! | TOML of more than 256 KiB | 100 000 keys and tables; a list item counts as a tenth of one |
//! | YAML of more than 256 KiB | 400 000 of the characters `,` `:` `[` `{`, including those within text |
//! | nesting | 128 levels, including those in YAML aliases; in TOML 80 |
//! | items of a text such as `a,b,c` | 1 000 000, in all levels together |
//! | variables of a `.env` file | 100 000, and 16 MiB of values after interpolation |
//!
//! Exceeding a limit is an error of the kind *too large*; too much nesting is *malformed*. Within these limits, reading
//! a file takes at most 192 MiB, twelve times the largest file, regardless of its content (the test `limits` measures
//! it). Files are read and parsed outside the executor, except files of at most 16 KiB that the kernel has in memory:
//! on Linux these are read in place, without waiting, unless they are YAML that may have aliases.
//!
//! # Durations
//!
//! A [`Duration`](std::time::Duration) is a number of seconds (`30`, `1.5`) or text with units, from the largest to the
//! smallest: `d`, `h`, `m`, `s`, `ms`, `us`, `ns`. Fractions smaller than a nanosecond are truncated. The attribute
//! `timeout = "250ms"` uses the same parser: [`duration::parse`](crate::duration::parse).
//!
//! # Rows
//!
//! The type decides what the rows of a query are, not their number:
//!
//! | the field asks for | no rows | one row | more rows |
//! | --- | --- | --- | --- |
//! | a scalar | absence | its only column | an error |
//! | a struct | absence | its columns by their names | an error |
//! | a tuple, an array | absence | its columns in their order | an error |
//! | an `Option` | absence, so `None` | as its inner type; `None` if its only column is null | as its inner type |
//! | a list, a set | empty | one item | an item for each row |
//! | a map, from two columns | empty | one entry: key and value | an entry for each row |
//! | a map, from other columns | empty | its columns by their names | an error |
//! | a type that does not ask for a specific type | absence | its only column, or its columns by their names | an error |
//!
//! An item of a list is read from its row like a single value; if the items are maps, they take the columns by their
//! names. The only column of a single row may be a list itself (an SQL array, JSON, bytes): then it is the list, unless
//! the type has one more level of lists, like `Vec<Vec<u8>>`. Text in a list of strings is an item, even if it looks
//! like JSON.
//!
//! A column of text that contains JSON is read as a document if the type asks for a list, a map or a struct. Exact
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
//! is an error that [is absent](crate::ComponentError::is_absent), unless the component has a default or a fallback,
//! and null is an error that [is malformed](crate::ComponentError::is_malformed). Neither a default nor a fallback hides
//! null or empty text: both are values.
//!
//! A `fallback` cannot be `None`, which says that no source has the value: while a source cannot answer, nobody knows that.
//! To go on without the value, give the `Option` a `fallback` that means so to your program, such as `0`, or handle the
//! error of the fetch.
//!
//! # What an error shows
//!
//! An error shows what was expected, what kind of value was found, and where within the value, but never the value. The
//! message of the type's own error is shown only if it cannot contain the value: if the error is a struct without fields
//! (a size of 0), if it is a known error of the standard library (of numbers, booleans, characters, addresses), or if
//! serde's derive wrote the message. A `String`, a `&str` or even a single byte could contain the value or a part of it,
//! so give your own types an error without fields:
//!
//! ```
//! use component_model::{Value, decode};
//!
//! #[derive(Debug, serde::Deserialize)]
//! #[serde(try_from = "u16")]
//! struct Port(u16);
//!
//! #[derive(Debug)]
//! struct Reserved;
//!
//! impl std::fmt::Display for Reserved {
//!     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
//!         f.write_str("the ports below 1024 are reserved")
//!     }
//! }
//!
//! impl TryFrom<u16> for Port {
//!     type Error = Reserved;
//!
//!     fn try_from(port: u16) -> Result<Self, Reserved> {
//!         if port < 1024 { Err(Reserved) } else { Ok(Self(port)) }
//!     }
//! }
//!
//! assert_eq!(decode::from_value::<Port>(&Value::text("8080"))?.0, 8080);
//! let error = decode::from_value::<Port>(&Value::text("80")).unwrap_err();
//! assert_eq!(error.to_string(), "the ports below 1024 are reserved");
//! # Ok::<(), decode::DecodeError>(())
//! ```
//!
//! For a [`SecretString`](crate::SecretString) or another sensitive type, no such message is ever shown.
//!
//! ```
//! use component_model::{Value, decode};
//!
//! let error = decode::from_value::<Vec<u8>>(&Value::text("1,hunter2")).unwrap_err();
//! assert_eq!(error.to_string(), "expected u8, found text that is not one, at [1]");
//! ```
