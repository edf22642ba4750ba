//! The JSON of etcd's gateway: numbers are text, keys and values are Base64, and what is empty is left out.

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use component_model_source::{ErrorKind, SourceError, limit};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::query::{Consistency, EtcdQuery};
use crate::tree::Entry;

/// Which store answers, and how many changes it has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) struct Header {
    #[serde(rename = "cluster_id", deserialize_with = "number")]
    pub(super) cluster: u64,
    #[serde(default, deserialize_with = "number")]
    pub(super) revision: u64,
}

/// The request for the keys from one on and before another one.
#[derive(Debug, Default, Serialize)]
pub(super) struct Range {
    #[serde(serialize_with = "base64")]
    key: Vec<u8>,
    #[serde(serialize_with = "base64", skip_serializing_if = "Vec::is_empty")]
    range_end: Vec<u8>,
    #[serde(skip_serializing_if = "is_zero")]
    revision: u64,
    #[serde(skip_serializing_if = "is_zero")]
    min_mod_revision: u64,
    #[serde(skip_serializing_if = "is_zero")]
    limit: u64,
    #[serde(skip_serializing_if = "is_false")]
    serializable: bool,
    #[serde(skip_serializing_if = "is_false")]
    keys_only: bool,
    #[serde(skip_serializing_if = "is_false")]
    count_only: bool,
}

impl Range {
    pub(super) fn of(query: &EtcdQuery) -> Self {
        let serializable = query.consistency == Consistency::Serializable;
        Self { serializable, ..Self::between(query.wanted.range()) }
    }

    pub(super) fn between((key, range_end): (Vec<u8>, Vec<u8>)) -> Self {
        Self { key, range_end, ..Self::default() }
    }

    /// Not the keys, but how many there are.
    pub(super) fn counted(self) -> Self {
        Self { count_only: true, ..self }
    }

    /// Not the keys, but how many there were after a change.
    pub(super) fn counted_at(self, revision: u64) -> Self {
        Self { revision, ..self.counted() }
    }

    /// One of the keys that changed after a change, without its value.
    pub(super) fn changed_after(self, revision: u64) -> Self {
        Self { min_mod_revision: revision + 1, keys_only: true, limit: 1, ..self }
    }
}

#[derive(Serialize)]
pub(super) struct Transaction {
    success: Vec<Operation>,
}

#[derive(Serialize)]
struct Operation {
    request_range: Range,
}

impl Transaction {
    pub(super) fn of<'q>(queries: impl IntoIterator<Item = &'q EtcdQuery>) -> Self {
        let operation = |query| Operation { request_range: Range::of(query) };
        Self { success: queries.into_iter().map(operation).collect() }
    }
}

#[derive(Serialize)]
pub(super) struct Watch {
    create_request: WatchRange,
}

#[derive(Serialize)]
struct WatchRange {
    #[serde(serialize_with = "base64")]
    key: Vec<u8>,
    #[serde(serialize_with = "base64")]
    range_end: Vec<u8>,
    start_revision: u64,
    /// Large messages come in several ones.
    fragment: bool,
}

impl Watch {
    pub(super) fn after(revision: u64, (key, range_end): (Vec<u8>, Vec<u8>)) -> Self {
        Self { create_request: WatchRange { key, range_end, start_revision: revision + 1, fragment: true } }
    }
}

#[derive(Serialize)]
pub(super) struct Login<'l> {
    pub(super) name: &'l str,
    pub(super) password: &'l str,
}

/// What was found for one request.
pub(super) type Found = Vec<Entry>;

/// How much was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counted {
    /// Whether there is any of what was asked for.
    pub(super) any: bool,
    /// How many keys are in the range, asked for or not.
    pub(super) count: u64,
}

/// An event of a watch.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) key: Vec<u8>,
    /// `None` if the key was deleted.
    pub(super) value: Option<Vec<u8>>,
    pub(super) revision: u64,
    /// Whether there was no such key before.
    pub(super) is_new: bool,
}

/// A message of a watch.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Message {
    Created(Header),
    Events(Vec<Event>),
    /// Changes that were asked for are forgotten.
    Compacted,
    /// A reason, which is not shown.
    Canceled(String),
}

#[derive(Deserialize)]
struct WireRange<'b> {
    #[serde(borrow, default)]
    kvs: Vec<WireEntry<'b>>,
    #[serde(default, deserialize_with = "number")]
    count: u64,
}

#[derive(Deserialize)]
struct WireEntry<'b> {
    #[serde(borrow)]
    key: Cow<'b, str>,
    #[serde(borrow, default)]
    value: Cow<'b, str>,
    #[serde(default, deserialize_with = "number")]
    mod_revision: u64,
    #[serde(default, deserialize_with = "number")]
    version: u64,
}

#[derive(Deserialize)]
struct RangeAnswer<'b> {
    header: Header,
    #[serde(borrow, flatten)]
    range: WireRange<'b>,
}

#[derive(Deserialize)]
struct TransactionAnswer<'b> {
    header: Header,
    #[serde(borrow, default)]
    responses: Vec<OperationAnswer<'b>>,
}

#[derive(Deserialize)]
struct OperationAnswer<'b> {
    #[serde(borrow)]
    response_range: WireRange<'b>,
}

#[derive(Deserialize)]
struct LoginAnswer {
    token: String,
}

#[derive(Deserialize)]
struct WatchAnswer<'b> {
    #[serde(borrow)]
    result: Option<WatchResult<'b>>,
    error: Option<WatchError>,
}

#[derive(Deserialize)]
struct WatchResult<'b> {
    header: Header,
    #[serde(borrow, default)]
    events: Vec<WireEvent<'b>>,
    #[serde(default)]
    created: bool,
    #[serde(default)]
    canceled: bool,
    #[serde(default, deserialize_with = "number")]
    compact_revision: u64,
    #[serde(default)]
    cancel_reason: String,
}

#[derive(Deserialize)]
struct WireEvent<'b> {
    #[serde(rename = "type", default)]
    kind: Cow<'b, str>,
    #[serde(borrow)]
    kv: WireEntry<'b>,
}

#[derive(Deserialize)]
struct WatchError {
    #[serde(default)]
    message: String,
}

/// The answer to one range.
pub(super) fn range(body: &[u8]) -> Result<(Header, Found), SourceError> {
    let RangeAnswer { header, range } = serde_json::from_slice(body).map_err(|_| not_etcd())?;
    Ok((header, found(range)?))
}

/// The answer to one range, without the keys.
pub(super) fn counted(body: &[u8]) -> Result<(Header, Counted), SourceError> {
    let RangeAnswer { header, range } = serde_json::from_slice(body).map_err(|_| not_etcd())?;
    Ok((header, Counted { any: !range.kvs.is_empty(), count: range.count }))
}

/// The answers to the ranges of a transaction. One that is not valid leaves the others as they are.
pub(super) fn transaction(body: &[u8]) -> Result<(Header, Vec<Result<Found, SourceError>>), SourceError> {
    let TransactionAnswer { header, responses } = serde_json::from_slice(body).map_err(|_| not_etcd())?;
    Ok((header, responses.into_iter().map(|response| found(response.response_range)).collect()))
}

/// The token of a user.
pub(super) fn token(body: &[u8]) -> Result<String, SourceError> {
    serde_json::from_slice(body).map(|LoginAnswer { token }| token).map_err(|_| not_etcd())
}

/// A message of a watch. The values of keys that are not wanted are left out.
pub(super) fn message(line: &[u8], is_wanted: impl Fn(&[u8]) -> bool) -> Result<Message, SourceError> {
    let WatchAnswer { result, error } = serde_json::from_slice(line).map_err(|_| not_etcd())?;
    if let Some(error) = error {
        return Ok(Message::Canceled(error.message));
    }
    let result = result.ok_or_else(not_etcd)?;
    if result.compact_revision > 0 {
        return Ok(Message::Compacted);
    }
    if result.canceled {
        return Ok(Message::Canceled(result.cancel_reason));
    }
    if result.created {
        return Ok(Message::Created(result.header));
    }
    let events = result.events.into_iter().map(|event| self::event(event, &is_wanted));
    events.collect::<Result<_, _>>().map(Message::Events)
}

fn event(event: WireEvent<'_>, is_wanted: impl Fn(&[u8]) -> bool) -> Result<Event, SourceError> {
    let key = decoded(&event.kv.key)?;
    let is_deletion = event.kind == "DELETE";
    let value = match () {
        () if is_deletion => None,
        () if is_wanted(&key) => Some(decoded(&event.kv.value)?),
        () => Some(Vec::new()),
    };
    Ok(Event { key, value, revision: event.kv.mod_revision, is_new: event.kv.version == 1 })
}

fn found(range: WireRange<'_>) -> Result<Found, SourceError> {
    range.kvs.into_iter().map(entry).collect()
}

fn entry(entry: WireEntry<'_>) -> Result<Entry, SourceError> {
    let key = String::from_utf8(decoded(&entry.key)?)
        .map_err(|_| SourceError::new(ErrorKind::Malformed, "a key below the prefix is not UTF-8"))?;
    let value = decoded(&entry.value)?;
    check_size(&value)?;
    Ok(Entry::new(key, value, entry.mod_revision))
}

pub(super) fn check_size(value: &[u8]) -> Result<(), SourceError> {
    if value.len() > limit::BYTES {
        return Err(SourceError::new(ErrorKind::TooLarge, format!("the value is larger than {}", limit::BYTES_SHOWN)));
    }
    Ok(())
}

fn decoded(text: &str) -> Result<Vec<u8>, SourceError> {
    STANDARD.decode(text).map_err(|_| not_etcd())
}

/// What answers is something else, or speaks another version of the API. The text is not repeated: it has values.
pub(super) fn not_etcd() -> SourceError {
    SourceError::new(ErrorKind::Malformed, "the answer is not one of etcd's JSON gateway")
        .with_hint("is the endpoint the one for clients of etcd 3.4 or later?")
}

fn base64<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&STANDARD.encode(bytes))
}

/// A number, which is written as text.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    struct Number;

    impl de::Visitor<'_> for Number {
        type Value = u64;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a number as text")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<u64, E> {
            text.parse().map_err(|_| E::custom("not a number"))
        }

        fn visit_u64<E: de::Error>(self, number: u64) -> Result<u64, E> {
            Ok(number)
        }
    }

    deserializer.deserialize_any(Number)
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

fn is_false(flag: &bool) -> bool {
    !*flag
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::etcd::query::Wanted;

    fn query(key: &str, consistency: Consistency) -> EtcdQuery {
        EtcdQuery { wanted: Wanted::Key(key.to_owned()), consistency }
    }

    #[test]
    fn a_transaction_asks_for_ranges() {
        let queries = [query("a", Consistency::Linearizable), query("b", Consistency::Serializable)];
        let expected = r#"{"success":[{"request_range":{"key":"YQ==","range_end":"YQA="}},{"request_range":{"key":"Yg==","range_end":"YgA=","serializable":true}}]}"#;
        assert_eq!(serde_json::to_string(&Transaction::of(&queries)).unwrap(), expected);
    }

    #[test]
    fn an_empty_value_is_left_out_and_a_missing_key_is_nothing() {
        let body = br#"{"header":{"cluster_id":"7","member_id":"8","revision":"3","raft_term":"2"},"kvs":[{"key":"YS9i","create_revision":"3","mod_revision":"3","version":"1"}],"count":"1"}"#;
        let (header, found) = range(body).unwrap();
        assert_eq!(header, Header { cluster: 7, revision: 3 });
        let entry = Entry::new("a/b".to_owned(), Vec::new(), 3);
        assert_eq!(found, [entry]);
        assert_eq!(counted(body).unwrap().1, Counted { any: true, count: 1 });
        let (_, found) = range(br#"{"header":{"cluster_id":"7","revision":"3"}}"#).unwrap();
        assert!(found.is_empty());
    }

    #[test]
    fn messages_of_a_watch_are_told_apart() {
        let of = |text: &str| message(text.as_bytes(), |_| true).unwrap();
        let header = r#""header":{"cluster_id":"7","revision":"4"}"#;
        assert_eq!(
            of(&format!(r#"{{"result":{{{header},"created":true}}}}"#)),
            Message::Created(Header { cluster: 7, revision: 4 })
        );
        let canceled = format!(r#"{{"result":{{{header},"created":true,"canceled":true,"cancel_reason":"no"}}}}"#);
        assert_eq!(of(&canceled), Message::Canceled("no".to_owned()));
        let compacted = format!(r#"{{"result":{{{header},"canceled":true,"compact_revision":"3"}}}}"#);
        assert_eq!(of(&compacted), Message::Compacted);
        assert_eq!(of(r#"{"error":{"grpc_code":14,"message":"gone"}}"#), Message::Canceled("gone".to_owned()));
        let events = format!(
            r#"{{"result":{{{header},"events":[{{"kv":{{"key":"YQ==","mod_revision":"4","version":"1","value":"MQ=="}}}},{{"type":"DELETE","kv":{{"key":"YQ==","mod_revision":"5"}}}}]}}}}"#
        );
        let event = |value: Option<&[u8]>, revision| Event {
            key: b"a".to_vec(),
            value: value.map(<[u8]>::to_vec),
            revision,
            is_new: value.is_some(),
        };
        assert_eq!(of(&events), Message::Events(vec![event(Some(b"1"), 4), event(None, 5)]));
    }

    #[test]
    fn what_is_not_an_answer_of_etcd_is_malformed_and_not_repeated() {
        let header = r#""header":{"cluster_id":"7","revision":"3"}"#;
        for body in ["hunter2", "{}", "[]", &format!(r#"{{{header},"kvs":[{{"key":"YQ==","value":"hunter2!"}}]}}"#)] {
            let error = range(body.as_bytes()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Malformed, "{body}");
            assert!(!format!("{error} {error:?}").contains("hunter2"));
        }
        assert!(transaction(b"{}").is_err() && message(b"{}", |_| true).is_err() && token(b"{}").is_err());
    }
}
