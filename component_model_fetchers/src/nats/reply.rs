//! What JetStream replies: entries of a bucket.

use async_nats::{HeaderMap, Message};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use component_model_source::{Answer, Record, Reply, SourceError, Version, limit};
use serde::{Deserialize, de::DeserializeOwned};

use super::{failure, time::nanoseconds};
use crate::text_or_bytes;

/// The number of JetStream's error for a key without an entry.
const NO_MESSAGE: u64 = 10_037;

/// An entry of a bucket, or none.
pub(super) type Read = Result<Option<Entry>, SourceError>;

/// The last entry of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its number among all entries of the bucket.
    pub(super) revision: u64,
    /// When it was written, in nanoseconds since 1970.
    pub(super) written: i128,
    /// Nothing if it says that the key was deleted.
    pub(super) value: Option<Vec<u8>>,
}

impl Entry {
    /// An entry of a value as large as values may be.
    pub(super) fn new(revision: u64, written: i128, headers: Option<&HeaderMap>, payload: Vec<u8>) -> Read {
        if payload.len() > limit::BYTES {
            return Err(failure::too_large());
        }
        let is_deletion = headers.is_some_and(is_deletion);
        Ok(Some(Self { revision, written, value: (!is_deletion).then_some(payload) }))
    }
}

/// Whether the headers of an entry say that it is none: the key was deleted, or the server removed what was too old.
fn is_deletion(headers: &HeaderMap) -> bool {
    headers.get("KV-Operation").is_some_and(|operation| matches!(operation.as_str(), "DEL" | "PURGE"))
        || headers.get("Nats-Marker-Reason").is_some()
}

/// The answer to a request.
pub(super) fn answer(read: Read) -> Answer {
    let Some(Entry { revision, written, value: Some(value) }) = read? else { return Ok(Reply::ABSENT) };
    // The revisions of a bucket that was deleted and created again begin at 1 again.
    let version = Version::new(format!("{revision}@{written}"));
    Ok(Record::new(text_or_bytes(value)).with_version(version).into())
}

/// What is in the reply to a request for a message that any server of the cluster which has it may answer.
pub(super) fn direct(message: Message) -> Read {
    match message.status.map(|status| u64::from(status.as_u16())) {
        None => {}
        Some(404) => return Ok(None),
        Some(status) => return Err(failure::of_status(status)),
    }
    let headers = message.headers.as_ref();
    let text = |name: &str| headers.and_then(|headers| headers.get(name)).map(|value| value.as_str());
    let revision = text("Nats-Sequence").and_then(|text| text.parse().ok()).ok_or_else(failure::unexpected)?;
    let written = text("Nats-Time-Stamp").and_then(nanoseconds).ok_or_else(failure::unexpected)?;
    Entry::new(revision, written, headers, message.payload.into())
}

/// What is in the reply to a request for a message that only the leader of a stream answers.
pub(super) fn stored(payload: &[u8], bucket: &str) -> Read {
    let reply: Stored = match parsed(payload, bucket) {
        Err(Refused { number: NO_MESSAGE, .. }) => return Ok(None),
        reply => reply.map_err(|refused| refused.error)?,
    };
    let StoredMessage { seq, time, data, hdrs } = reply.message;
    let written = nanoseconds(&time).ok_or_else(failure::unexpected)?;
    // A quarter of it may be padding, and that little more is judged when it is decoded.
    if data.len() / 4 * 3 > limit::BYTES + 3 {
        return Err(failure::too_large());
    }
    let decoded = |text: &str| STANDARD.decode(text).map_err(|_| failure::unexpected());
    let headers = headers(&decoded(&hdrs)?);
    Entry::new(seq, written, Some(&headers), decoded(&data)?)
}

/// Whether a bucket allows direct reads.
pub(super) fn allows_direct(payload: &[u8], bucket: &str) -> Result<bool, SourceError> {
    let info: Info = parsed(payload, bucket).map_err(|refused| refused.error)?;
    Ok(info.config.allow_direct)
}

/// The headers of a message, as the protocol writes them: a line with the version, and a line for each.
fn headers(block: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let block = String::from_utf8_lossy(block);
    for (name, value) in block.lines().skip(1).filter_map(|line| line.split_once(':')) {
        if let Ok(name) = name.parse::<async_nats::HeaderName>() {
            headers.append(name, value.trim());
        }
    }
    headers
}

/// An error of JetStream, and its number.
pub(super) struct Refused {
    pub(super) number: u64,
    pub(super) error: SourceError,
}

/// A reply of JetStream's API, or its error.
pub(super) fn parsed<T: DeserializeOwned>(payload: &[u8], bucket: &str) -> Result<T, Refused> {
    let unexpected = |_| Refused { number: 0, error: failure::unexpected() };
    let refused: ErrorReply = serde_json::from_slice(payload).map_err(unexpected)?;
    match refused.error {
        None => serde_json::from_slice(payload).map_err(unexpected),
        Some(ApiError { code, err_code }) => {
            Err(Refused { number: err_code, error: failure::of_jetstream(code, err_code, bucket) })
        }
    }
}

#[derive(Deserialize)]
struct ErrorReply {
    error: Option<ApiError>,
}

#[derive(Deserialize)]
struct ApiError {
    #[serde(default)]
    code: u64,
    #[serde(default)]
    err_code: u64,
}

#[derive(Deserialize)]
struct Info {
    config: StreamConfig,
}

#[derive(Deserialize)]
struct StreamConfig {
    #[serde(default)]
    allow_direct: bool,
}

#[derive(Deserialize)]
struct Stored {
    message: StoredMessage,
}

#[derive(Deserialize)]
struct StoredMessage {
    seq: u64,
    time: String,
    #[serde(default)]
    data: String,
    #[serde(default)]
    hdrs: String,
}

#[cfg(test)]
mod tests {
    use component_model_source::{ErrorKind, Value};

    use super::*;

    fn entry(value: &str) -> Entry {
        Entry { revision: 7, written: 9, value: Some(value.as_bytes().to_vec()) }
    }

    #[test]
    fn a_stored_message_is_an_entry_a_deletion_or_an_error() {
        let deletion = STANDARD.encode("NATS/1.0\r\nKV-Operation: DEL\r\n\r\n");
        let message = |rest: &str| {
            format!(
                r#"{{"type":"t","message":{{"subject":"s","seq":7,"time":"1970-01-01T00:00:00.000000009Z"{rest}}}}}"#
            )
        };
        let stored = |text: &str| stored(text.as_bytes(), "app");
        assert_eq!(stored(&message(r#","data":"OA==""#)).unwrap(), Some(entry("8")));
        assert_eq!(stored(&message("")).unwrap(), Some(entry("")), "an empty value is a value");
        let deleted = stored(&message(&format!(r#","hdrs":"{deletion}""#))).unwrap().unwrap();
        assert!(deleted.value.is_none());
        let error = |number: u64| format!(r#"{{"error":{{"code":404,"err_code":{number},"description":"hunter2"}}}}"#);
        assert_eq!(stored(&error(NO_MESSAGE)).unwrap(), None);
        assert_eq!(stored(&error(10_059)).unwrap_err().kind(), ErrorKind::Misconfigured);
        for wrong in ["", "{}", "hunter2", &message(r#","data":"*""#)] {
            let error = stored(wrong).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unreachable, "{wrong}");
            assert!(!format!("{error:?}").contains("hunter2"));
        }
    }

    #[test]
    fn the_version_tells_apart_what_has_the_same_revision() {
        let version = |entry: Entry| answer(Ok(Some(entry))).unwrap().version().cloned().unwrap();
        assert_eq!(version(entry("1")), version(entry("1")));
        assert_ne!(version(entry("1")), version(Entry { written: 10, ..entry("1") }));
        assert_ne!(version(entry("1")), version(Entry { revision: 8, ..entry("1") }));
    }

    #[test]
    fn a_value_is_text_without_a_line_end_or_bytes() {
        let value = |bytes: &[u8]| {
            let read = Entry::new(1, 1, None, bytes.to_vec());
            answer(read).unwrap().record().unwrap().value().clone()
        };
        assert_eq!(value(b"on\n"), Value::text("on"));
        assert_eq!(value(&[0xff, b'\n']), Value::Bytes(vec![0xff, b'\n']));
        assert!(answer(Ok(None)).unwrap().is_absent());
        let error = Entry::new(1, 1, None, vec![0; limit::BYTES + 1]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge);
    }
}
