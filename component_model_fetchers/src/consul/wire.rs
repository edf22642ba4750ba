//! The JSON of Consul's HTTP API.

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use component_model_source::{ErrorKind, SourceError, limit};
use serde::{Deserialize, Serialize};

pub(super) use crate::tree::Entry;

/// One operation of a transaction, which only reads.
#[derive(Serialize)]
pub(super) struct Operation<'k> {
    #[serde(rename = "KV")]
    kv: KeyOperation<'k>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct KeyOperation<'k> {
    verb: &'static str,
    key: &'k str,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<u64>,
}

impl<'k> Operation<'k> {
    pub(super) fn get(key: &'k str) -> Self {
        Self { kv: KeyOperation { verb: "get", key, index: None } }
    }

    /// Fails if the key exists, if it does not, and before either if the token may not read it.
    pub(super) fn check(key: &'k str) -> Self {
        Self { kv: KeyOperation { verb: "check-index", key, index: Some(0) } }
    }
}

/// What a transaction did.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The entries that the token may read, in the order of the operations.
    Entries(Vec<Entry>),
    /// The operations that failed, and why. None was done.
    Refused(Vec<Refusal>),
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) operation: usize,
    pub(super) reason: Reason,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    Missing,
    Denied,
    Other,
}

impl Reason {
    fn of(text: &str) -> Self {
        match () {
            () if text.contains("ermission denied") => Self::Denied,
            () if text.ends_with("doesn't exist") => Self::Missing,
            () => Self::Other,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireEntry<'b> {
    #[serde(borrow)]
    key: Cow<'b, str>,
    /// `null` if it is empty.
    #[serde(borrow)]
    value: Option<Cow<'b, str>>,
    modify_index: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireOutcome<'b> {
    #[serde(borrow)]
    results: Option<Vec<WireResult<'b>>>,
    #[serde(borrow)]
    errors: Option<Vec<WireError<'b>>>,
}

#[derive(Deserialize)]
struct WireResult<'b> {
    #[serde(rename = "KV", borrow)]
    kv: WireEntry<'b>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireError<'b> {
    op_index: usize,
    #[serde(borrow)]
    what: Cow<'b, str>,
}

/// The entries of a key or of a prefix.
pub(super) fn entries(body: &[u8]) -> Result<Vec<Entry>, SourceError> {
    let entries: Vec<WireEntry<'_>> = serde_json::from_slice(body).map_err(|_| not_consul())?;
    entries.into_iter().map(entry).collect()
}

/// What a transaction did.
pub(super) fn outcome(body: &[u8]) -> Result<Outcome, SourceError> {
    let WireOutcome { results, errors } = serde_json::from_slice(body).map_err(|_| not_consul())?;
    let errors = errors.unwrap_or_default();
    if errors.is_empty() {
        let entries = results.unwrap_or_default().into_iter().map(|result| entry(result.kv));
        return entries.collect::<Result<_, _>>().map(Outcome::Entries);
    }
    let refusal = |error: WireError<'_>| Refusal { operation: error.op_index, reason: Reason::of(&error.what) };
    Ok(Outcome::Refused(errors.into_iter().map(refusal).collect()))
}

fn entry(entry: WireEntry<'_>) -> Result<Entry, SourceError> {
    let value = entry.value.as_deref().unwrap_or_default();
    let value = STANDARD.decode(value).map_err(|_| not_consul())?;
    if value.len() > limit::BYTES {
        return Err(SourceError::new(ErrorKind::TooLarge, format!("the value is larger than {}", limit::BYTES_SHOWN)));
    }
    Ok(Entry::new(entry.key.into_owned(), value, entry.modify_index))
}

/// What answers is something else, or speaks another version of the API. The text is not repeated: it has values.
pub(super) fn not_consul() -> SourceError {
    SourceError::new(ErrorKind::Malformed, "the answer is not one of Consul's key/value store")
        .with_hint("is the address that of Consul's HTTP API?")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_value_is_null() {
        let body = br#"[{"LockIndex":0,"Key":"a\u003cb","Flags":0,"Value":null,"CreateIndex":1,"ModifyIndex":7}]"#;
        let expected = Entry::new("a<b".to_owned(), Vec::new(), 7);
        assert_eq!(entries(body).unwrap(), [expected]);
    }

    #[test]
    fn why_a_transaction_failed_is_told_for_each_operation() {
        let body = br#"{"Results":null,"Errors":[{"OpIndex":2,"What":"key \"app/no\" doesn't exist"},
            {"OpIndex":3,"What":"Permission denied: token lacks permission 'key:read'"},{"OpIndex":5,"What":"?"}]}"#;
        let Outcome::Refused(refusals) = outcome(body).unwrap() else { panic!("it was refused") };
        let reasons: Vec<_> = refusals.iter().map(|refusal| (refusal.operation, refusal.reason)).collect();
        assert_eq!(reasons, [(2, Reason::Missing), (3, Reason::Denied), (5, Reason::Other)]);
    }

    #[test]
    fn what_is_not_an_answer_of_consul_is_malformed_and_not_repeated() {
        for body in ["hunter2", "{}", "[{}]", r#"[{"Key":"a","Value":"hunter2!","ModifyIndex":1}]"#] {
            let error = entries(body.as_bytes()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Malformed, "{body}");
            assert!(!format!("{error} {error:?}").contains("hunter2"));
        }
        assert!(outcome(b"[]").is_err());
    }
}
