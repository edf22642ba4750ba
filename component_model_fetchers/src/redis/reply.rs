//! What the replies to the commands of a query mean.

use std::time::Duration;

use component_model_source::{Answer, ErrorKind, Record, SourceError, Value};
use redis::Value as Wire;

use super::{
    command::{Asking, Kind, Known},
    failure,
    source::RedisQuery,
};

/// What the replies to one query mean.
pub(super) enum Outcome {
    /// An answer, and what is known of the key now.
    Answer(Answer, Option<Known>),
    /// A document, which may be large, and what is known of its key.
    Json { text: Vec<u8>, good_for: Option<Duration>, known: Known },
    /// The key has another type than the one that was asked for.
    Other(Known),
    /// What was known of the key does not hold, or it has to be asked for alone.
    Unknown,
    /// Another node of the cluster has the key, for good or while it is moved there.
    Elsewhere { address: String, asking: bool },
}

impl Outcome {
    pub(super) fn failed(error: SourceError) -> Self {
        Self::Answer(Err(error), None)
    }
}

/// The outcomes of the queries of one `MGET`, with their number.
pub(super) fn of_many(reply: Wire, number: usize) -> Vec<Outcome> {
    let known = Some(Known { kind: Kind::String, expires: false });
    let of_one = |element| match element {
        Wire::BulkString(bytes) => Outcome::Answer(Ok(Record::new(Value::text_or_bytes(bytes)).into()), known),
        // Missing, or of another type; or together the values are too large.
        _ => Outcome::Unknown,
    };
    match reply {
        Wire::Array(elements) if elements.len() == number => elements.into_iter().map(of_one).collect(),
        // The user may read some of the keys.
        Wire::ServerError(error) if error.code() == "NOPERM" => (0..number).map(|_| Outcome::Unknown).collect(),
        other => {
            let error = match other {
                Wire::ServerError(error) => failure::of_server(&error),
                _ => failure::unexpected(),
            };
            (0..number).map(|_| Outcome::failed(error.clone())).collect()
        }
    }
}

/// Reads the replies to what was asked of one query.
pub(super) fn read(query: &RedisQuery, asked: Asking, replies: Vec<Wire>) -> Outcome {
    if let Some(elsewhere) = replies.iter().find_map(elsewhere) {
        return elsewhere;
    }
    let mut replies = replies.into_iter();
    let value = replies.next().unwrap_or(Wire::Nil);
    let found = if asked.of_type { replies.next() } else { None };
    let good_for = if asked.of_life { replies.next().and_then(time_to_live) } else { None };
    let known = |kind| Known { kind, expires: good_for.is_some() };
    match value {
        Wire::ServerError(error) if query.field().is_some() => Outcome::failed(failure::of_server(&error)),
        Wire::ServerError(error) => match (failure::of_server(&error), found) {
            (error, Some(found)) if error.kind() == ErrorKind::Malformed => other_type(found, known),
            (error, None) if error.kind() == ErrorKind::Malformed => Outcome::Unknown,
            (error, _) if asked.kind == Kind::Json => of_module(error),
            (error, _) => Outcome::failed(error),
        },
        Wire::BulkString(text) if asked.kind == Kind::Json && query.field().is_none() => {
            Outcome::Json { text, good_for, known: known(Kind::Json) }
        }
        value => {
            let value = if query.field().is_some() { scalar(value) } else { whole(asked.kind, value) };
            let known = matches!(value, Ok(Some(_))).then(|| known(asked.kind));
            Outcome::Answer(value.map(|value| value.map(|value| record(value, good_for)).into()), known)
        }
    }
}

/// A record that a cache keeps no longer than the key lives.
pub(super) fn record(value: Value, good_for: Option<Duration>) -> Record {
    good_for.into_iter().fold(Record::new(value), Record::with_good_for)
}

fn elsewhere(reply: &Wire) -> Option<Outcome> {
    let Wire::ServerError(error) = reply else { return None };
    let asking = match error.code() {
        "MOVED" => false,
        "ASK" => true,
        _ => return None,
    };
    let (_slot, address) = error.details()?.split_once(' ')?;
    Some(Outcome::Elsewhere { address: address.to_owned(), asking })
}

/// The key is not a string; `found` is what `TYPE` says.
fn other_type(found: Wire, known: impl Fn(Kind) -> Known) -> Outcome {
    let found = match found {
        Wire::SimpleString(name) => name,
        Wire::ServerError(error) => return Outcome::failed(failure::of_server(&error)),
        _ => return Outcome::failed(failure::unexpected()),
    };
    match Kind::named(&found) {
        // The value was replaced in between.
        Some(Kind::String) => Outcome::Unknown,
        Some(kind) => Outcome::Other(known(kind)),
        None if found == "none" => Outcome::Unknown,
        None => Outcome::failed(
            SourceError::new(ErrorKind::Malformed, "the key holds a value of a type that cannot be read")
                .with_hint("strings, hashes, lists, sets, sorted sets and JSON documents can"),
        ),
    }
}

/// The module for JSON has errors without codes.
fn of_module(error: SourceError) -> Outcome {
    match error.kind() {
        ErrorKind::Misconfigured => Outcome::failed(no_module()),
        ErrorKind::Other => Outcome::Unknown,
        _ => Outcome::failed(error),
    }
}

fn no_module() -> SourceError {
    SourceError::new(ErrorKind::Misconfigured, "the server does not know `JSON.GET`, and the key holds a JSON document")
        .with_hint("load the module for JSON, or store the document as a string")
}

fn time_to_live(reply: Wire) -> Option<Duration> {
    match reply {
        Wire::Int(milliseconds) => u64::try_from(milliseconds).ok().map(Duration::from_millis),
        _ => None,
    }
}

/// A whole value; a list without elements is one that does not exist.
fn whole(kind: Kind, reply: Wire) -> Result<Option<Value>, SourceError> {
    match (kind, reply) {
        (_, Wire::Nil) => Ok(None),
        (Kind::String | Kind::Json, reply) => scalar(reply),
        (kind, reply) => match elements(reply)? {
            elements if elements.is_empty() => Ok(None),
            elements => many(kind, elements).map(Some),
        },
    }
}

fn many(kind: Kind, elements: Vec<Wire>) -> Result<Value, SourceError> {
    let text = |element| bytes(element).map(Value::text_or_bytes);
    match kind {
        Kind::Hash => {
            let member = |(name, value)| Ok::<_, SourceError>((name_of(bytes(name)?)?, text(value)?));
            let mut members = pairs(elements)?.into_iter().map(member).collect::<Result<Vec<_>, _>>()?;
            // The server gives them in any order.
            members.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
            Ok(Value::Map(members))
        }
        Kind::Set => {
            let mut members = elements.into_iter().map(bytes).collect::<Result<Vec<_>, _>>()?;
            // The server gives them in any order.
            members.sort_unstable();
            Ok(Value::List(members.into_iter().map(Value::text_or_bytes).collect()))
        }
        Kind::Sorted => {
            let row = |(member, score)| {
                Ok(vec![("member".to_owned(), text(member)?), ("score".to_owned(), Value::text(self::score(score)?))])
            };
            pairs(elements)?.into_iter().map(row).collect::<Result<_, _>>().map(Value::rows)
        }
        Kind::List | Kind::String | Kind::Json => {
            elements.into_iter().map(text).collect::<Result<_, _>>().map(Value::List)
        }
    }
}

fn name_of(name: Vec<u8>) -> Result<String, SourceError> {
    let no_text = |_| SourceError::new(ErrorKind::Malformed, "a field of the hash has a name that is not text");
    String::from_utf8(name).map_err(no_text)
}

fn scalar(reply: Wire) -> Result<Option<Value>, SourceError> {
    match reply {
        Wire::Nil => Ok(None),
        reply => bytes(reply).map(|bytes| Some(Value::text_or_bytes(bytes))),
    }
}

fn elements(reply: Wire) -> Result<Vec<Wire>, SourceError> {
    match reply {
        Wire::Array(elements) | Wire::Set(elements) => Ok(elements),
        Wire::Map(pairs) => Ok(pairs.into_iter().flat_map(|(name, value)| [name, value]).collect()),
        _ => Err(failure::unexpected()),
    }
}

/// Elements two by two; RESP3 has the members of a sorted set as lists of two.
fn pairs(elements: Vec<Wire>) -> Result<Vec<(Wire, Wire)>, SourceError> {
    let is_nested = elements.iter().all(|element| matches!(element, Wire::Array(pair) if pair.len() == 2));
    let flat: Vec<_> = if is_nested {
        elements.into_iter().map(self::elements).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect()
    } else {
        elements
    };
    let (mut flat, mut pairs) = (flat.into_iter(), Vec::new());
    while let Some(first) = flat.next() {
        pairs.push((first, flat.next().ok_or_else(failure::unexpected)?));
    }
    Ok(pairs)
}

/// A score in Rust's notation: RESP2 has 17 digits of it, RESP3 the shortest.
fn score(reply: Wire) -> Result<String, SourceError> {
    let number = match reply {
        Wire::Double(number) => Some(number),
        reply => String::from_utf8(bytes(reply)?).ok().and_then(|text| text.parse().ok()),
    };
    number.map(|number: f64| number.to_string()).ok_or_else(failure::unexpected)
}

fn bytes(reply: Wire) -> Result<Vec<u8>, SourceError> {
    match reply {
        Wire::BulkString(bytes) => Ok(bytes),
        Wire::SimpleString(text) | Wire::VerbatimString { text, .. } => Ok(text.into_bytes()),
        Wire::Int(number) => Ok(number.to_string().into_bytes()),
        Wire::ServerError(error) => Err(failure::of_server(&error)),
        _ => Err(failure::unexpected()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bulk(text: &str) -> Wire {
        Wire::BulkString(text.into())
    }

    #[test]
    fn both_versions_of_the_protocol_give_the_same_value() {
        let scored = |text: &str, double: f64| {
            let flat = whole(Kind::Sorted, Wire::Array(vec![bulk("a"), bulk(text)])).unwrap();
            let nested = Wire::Array(vec![Wire::Array(vec![bulk("a"), Wire::Double(double)])]);
            assert_eq!(flat, whole(Kind::Sorted, nested).unwrap());
        };
        scored("10", 10.0);
        scored("0.10000000000000001", 0.1);
        scored("inf", f64::INFINITY);
        let flat = whole(Kind::Hash, Wire::Array(vec![bulk("a"), bulk("1")])).unwrap();
        assert_eq!(flat, whole(Kind::Hash, Wire::Map(vec![(bulk("a"), bulk("1"))])).unwrap());
        let unordered = whole(Kind::Set, Wire::Array(vec![bulk("b"), bulk("a")])).unwrap();
        assert_eq!(unordered, whole(Kind::Set, Wire::Set(vec![bulk("a"), bulk("b")])).unwrap());
    }

    #[test]
    fn replies_of_another_shape_are_no_answer_and_never_a_panic() {
        for kind in [Kind::String, Kind::Hash, Kind::List, Kind::Set, Kind::Sorted] {
            for reply in [
                Wire::Boolean(true),
                Wire::Array(vec![Wire::Array(vec![])]),
                Wire::Array(vec![bulk("a"), Wire::Nil, Wire::Nil]),
                Wire::Map(vec![(Wire::Nil, Wire::Nil)]),
            ] {
                assert_eq!(whole(kind, reply).unwrap_err().kind(), ErrorKind::Unreachable, "{kind:?}");
            }
        }
    }
}
