//! The answers of Vault: secrets, tokens, and what a mount is.

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::{Arc, LazyLock},
    time::Duration,
};

use component_model_source::{ErrorKind, Record, Reply, SourceError, Value, Version, limit, value::is_too_many};

use component_model_types::text::list_of;

use super::client::not_vault;
use crate::token::Token;

/// The data of a secret, and what Vault says of it.
#[derive(Debug)]
pub(super) struct Secret {
    data: Vec<(String, Value)>,
    version: Version,
    pub(super) lease: Option<Granted>,
}

/// A lease as Vault grants it.
#[derive(Debug, Clone)]
pub(super) struct Granted {
    pub(super) id: String,
    pub(super) duration: Duration,
    pub(super) renewable: bool,
}

/// A token as Vault grants it.
#[derive(Debug)]
pub(super) struct Grant {
    pub(super) token: Token,
    /// None for a token that does not expire.
    pub(super) life: Option<Duration>,
    pub(super) renewable: bool,
}

impl Secret {
    /// A version of a secret of version 2 of the KV engine; `None` if it was deleted or destroyed.
    pub(super) fn of_versioned(body: &[u8]) -> Result<Option<Self>, SourceError> {
        let mut outer = take(&mut parse(body)?, "data").ok_or_else(not_vault)?;
        let metadata = take(&mut outer, "metadata").ok_or_else(not_vault)?;
        let data = match take(&mut outer, "data") {
            None | Some(Value::Null) => return Ok(None),
            Some(data) => data,
        };
        let version = number(&metadata, "version").ok_or_else(not_vault)?;
        // A secret whose versions were all removed begins with 1 again.
        let created = metadata.get("created_time").and_then(text).unwrap_or_default();
        Self::new(data, Version::new(format!("{version}@{created}")), None).map(Some)
    }

    /// A secret of any other engine, with its lease if it has one.
    pub(super) fn of_any(body: &[u8]) -> Result<Option<Self>, SourceError> {
        let mut outer = parse(body)?;
        let data = match take(&mut outer, "data").ok_or_else(not_vault)? {
            Value::Null => return Ok(None),
            data => data,
        };
        let lease = granted(&outer);
        let version = fingerprint(&data, lease.as_ref());
        Self::new(data, version, lease).map(Some)
    }

    fn new(data: Value, version: Version, lease: Option<Granted>) -> Result<Self, SourceError> {
        let Value::Map(data) = data else { return Err(not_vault()) };
        let data = data.into_iter().map(|(name, value)| (name, read_by_type(value))).collect();
        Ok(Self { data, version, lease })
    }

    /// One field, or all of them. A secret with a single field is also that field's value.
    pub(super) fn reply(&self, field: Option<&str>) -> Result<Reply, SourceError> {
        let value = match field {
            Some(field) => match self.data.iter().find(|(name, _)| name == field) {
                Some((_, value)) => value.clone(),
                None => return Err(self.no_such_field()),
            },
            None if self.data.len() == 1 => Value::Row(self.data.clone()),
            None => Value::Map(self.data.clone()),
        };
        if value.weight() > limit::BYTES + 1024 {
            return Err(SourceError::new(
                ErrorKind::TooLarge,
                format!("the value has more than {}", limit::BYTES_SHOWN),
            ));
        }
        Ok(Record::shared(Arc::new(value)).with_version(self.version.clone()).sensitive().into())
    }
}

impl Secret {
    /// A field is seldom absent by chance: its name is wrong. Names are not secret.
    fn no_such_field(&self) -> SourceError {
        let names: Vec<_> = self.data.iter().map(|(name, _)| name.as_str()).collect();
        SourceError::new(ErrorKind::Absent, format!("the secret has no such field; it has {}", list_of(&names)))
            .with_hint("write one of them as `field`")
    }
}

impl Grant {
    pub(super) fn parse(body: &[u8]) -> Result<Self, SourceError> {
        let auth = take(&mut parse(body)?, "auth").ok_or_else(not_vault)?;
        let token = auth.get("client_token").and_then(text).ok_or_else(not_vault)?;
        let life = number(&auth, "lease_duration").filter(|seconds| *seconds > 0).map(seconds);
        Ok(Self { token: Token::new(token)?, life, renewable: flag(&auth, "renewable") })
    }
}

/// The lease of an answer, if it has one.
pub(super) fn lease(body: &[u8]) -> Result<Granted, SourceError> {
    granted(&parse(body)?).ok_or_else(not_vault)
}

/// What is mounted.
#[derive(Debug)]
pub(super) struct Mounted {
    /// The kind of the engine.
    pub(super) kind: String,
    /// Whether it is in its second version.
    pub(super) is_second: bool,
    /// Where, which may be above the path that was asked about.
    pub(super) path: Option<String>,
}

/// The engine that is mounted at a path, or above it.
pub(super) fn engine(body: &[u8]) -> Result<Mounted, SourceError> {
    let mount = take(&mut parse(body)?, "data").ok_or_else(not_vault)?;
    let kind = mount.get("type").and_then(text).ok_or_else(not_vault)?.to_owned();
    let version = mount.get("options").and_then(|options| options.get("version")).and_then(text);
    let path = mount.get("path").and_then(text).map(|path| path.trim_end_matches('/').to_owned());
    Ok(Mounted { kind, is_second: version == Some("2"), path })
}

fn granted(outer: &Value) -> Option<Granted> {
    let id = outer.get("lease_id").and_then(text).filter(|id| !id.is_empty())?.to_owned();
    let duration = seconds(number(outer, "lease_duration").unwrap_or_default());
    Some(Granted { id, duration, renewable: flag(outer, "renewable") })
}

/// The longest life that is counted on.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 86_400);

/// A time that the server names, up to one after which no process runs, so that a clock can be that far ahead.
fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds).min(LONGEST)
}

/// The version of a secret that has none: the same as long as its content is, in this process, and without a trace of it.
fn fingerprint(data: &Value, lease: Option<&Granted>) -> Version {
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    let version = match lease {
        Some(lease) => KEY.hash_one(&lease.id),
        None => KEY.hash_one(shape(data)),
    };
    Version::new(format!("{version:016x}"))
}

/// A text that is equal for equal values only.
fn shape(value: &Value) -> String {
    match value {
        Value::Null => "n".to_owned(),
        Value::Bool(value) => format!("b{value}"),
        Value::Signed(value) => format!("i{value}"),
        Value::Unsigned(value) => format!("i{value}"),
        Value::Float(value) => format!("f{}", value.to_bits()),
        Value::Text(text) | Value::String(text) => format!("s{}:{text}", text.len()),
        Value::List(items) => format!("l{}:{}", items.len(), items.iter().map(shape).collect::<String>()),
        Value::Map(members) => {
            let member = |(name, value): &(String, Value)| format!("{}:{name}{}", name.len(), shape(value));
            format!("m{}:{}", members.len(), members.iter().map(member).collect::<String>())
        }
        // No document has any other.
        _ => "?".to_owned(),
    }
}

/// Fields are mostly written as text, whatever they are: `vault kv put secret/app port=8080`.
fn read_by_type(value: Value) -> Value {
    match value {
        Value::String(text) => Value::Text(text),
        other => other,
    }
}

fn parse(body: &[u8]) -> Result<Value, SourceError> {
    let body = std::str::from_utf8(body).map_err(|_| not_vault())?;
    Value::from_json(body).map_err(|error| match is_too_many(&error) {
        true => SourceError::new(ErrorKind::TooLarge, "the secret has more than a million values"),
        false => not_vault(),
    })
}

fn take(value: &mut Value, name: &str) -> Option<Value> {
    let Value::Map(members) = value else { return None };
    let position = members.iter().position(|(known, _)| known == name)?;
    Some(members.swap_remove(position).1)
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) | Value::Text(text) => Some(text),
        _ => None,
    }
}

fn number(value: &Value, name: &str) -> Option<u64> {
    match value.get(name) {
        Some(Value::Unsigned(number)) => Some(*number),
        Some(Value::Signed(number)) => u64::try_from(*number).ok(),
        _ => None,
    }
}

fn flag(value: &Value, name: &str) -> bool {
    matches!(value.get(name), Some(Value::Bool(true)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(reply: &Reply) -> &Value {
        reply.record().unwrap().value()
    }

    const VERSIONED: &str = r#"{"data":{"data":{"port":"8080","max":5},"metadata":{"version":3,"created_time":"t"}}}"#;

    #[test]
    fn a_field_is_text_which_its_type_reads_and_the_whole_is_a_map() {
        let secret = Secret::of_versioned(VERSIONED.as_bytes()).unwrap().unwrap();
        assert_eq!(value(&secret.reply(Some("port")).unwrap()), &Value::text("8080"));
        assert_eq!(value(&secret.reply(Some("max")).unwrap()), &Value::Unsigned(5));
        assert_eq!(secret.reply(Some("other")).unwrap_err().kind(), ErrorKind::Absent);
        let whole = secret.reply(None).unwrap();
        assert!(matches!(value(&whole), Value::Map(members) if members.len() == 2));
        assert_eq!(whole.version().unwrap().as_str(), "3@t");
        assert!(whole.record().unwrap().is_sensitive());
    }

    #[test]
    fn a_dynamic_secret_names_its_fields_if_another_one_is_asked_for() {
        let body = br#"{"data":{"username":"hunter2","password":"hunter2"},"lease_id":"a/1","lease_duration":60}"#;
        let error = Secret::of_any(body).unwrap().unwrap().reply(Some("user")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Absent);
        let shown = error.to_string();
        assert!(shown.contains("`username`") && shown.contains("`password`") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn a_life_of_any_length_is_within_reach_of_a_clock() {
        for seconds in [0, 60, u64::MAX] {
            let lease = lease(format!(r#"{{"lease_id":"a/1","lease_duration":{seconds}}}"#).as_bytes()).unwrap();
            assert!(tokio::time::Instant::now().checked_add(lease.duration).is_some());
            let login = format!(r#"{{"auth":{{"client_token":"t","lease_duration":{seconds}}}}}"#);
            let life = Grant::parse(login.as_bytes()).unwrap().life;
            assert!(life.is_none_or(|life| tokio::time::Instant::now().checked_add(life).is_some()));
        }
    }

    #[test]
    fn a_single_field_is_the_value_too() {
        let secret = Secret::of_any(br#"{"data":{"value":"8080"}}"#).unwrap().unwrap();
        let mut slot: Option<u16> = None;
        secret.reply(None).unwrap().record().unwrap().read_into(&mut slot, false).unwrap();
        assert_eq!(slot, Some(8080));
    }

    #[test]
    fn a_version_that_was_deleted_or_destroyed_has_no_data() {
        for body in [r#"{"data":{"data":null,"metadata":{"version":1}}}"#, r#"{"data":{"metadata":{"version":1}}}"#] {
            assert!(Secret::of_versioned(body.as_bytes()).unwrap().is_none());
        }
    }

    #[test]
    fn equal_content_has_the_same_version_and_none_shows_it() {
        let version = |body: &str| {
            let reply = Secret::of_any(body.as_bytes()).unwrap().unwrap().reply(None).unwrap();
            reply.version().unwrap().as_str().to_owned()
        };
        let of = |text: &str| version(&format!(r#"{{"data":{{"a":"{text}"}},"lease_id":""}}"#));
        assert_eq!(of("hunter2"), of("hunter2"));
        assert_ne!(of("hunter2"), of("hunter3"));
        assert!(!of("hunter2").contains("hunter2"));
        let leased = |id: &str| version(&format!(r#"{{"data":{{"a":1}},"lease_id":"{id}","lease_duration":5}}"#));
        assert_ne!(leased("1"), leased("2"));
    }

    #[test]
    fn what_is_not_an_answer_of_vault_is_malformed() {
        for body in ["", "[]", "<html>", r#"{"data":5}"#, r#"{"data":{"data":{}}}"#, "{}"] {
            assert_eq!(Secret::of_versioned(body.as_bytes()).unwrap_err().kind(), ErrorKind::Malformed, "{body}");
        }
        assert_eq!(Grant::parse(b"{}").unwrap_err().kind(), ErrorKind::Malformed);
        assert_eq!(engine(br#"{"data":{}}"#).unwrap_err().kind(), ErrorKind::Malformed);
        assert_eq!(lease(b"{}").unwrap_err().kind(), ErrorKind::Malformed);
    }
}
