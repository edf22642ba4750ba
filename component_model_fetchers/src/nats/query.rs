//! What a component asks of NATS: a key of a bucket.

use std::fmt;

use component_model_source::{RequestSpec, SourceError};
use component_model_types::plan::path::Convention;

use super::{config::Config, misconfigured};

/// A key of a bucket.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct NatsQuery {
    bucket: String,
    key: String,
}

impl NatsQuery {
    pub(super) fn of(spec: &RequestSpec<'_>, config: &Config) -> Result<Self, SourceError> {
        let bucket = spec.option_in_segments("bucket", &['.'])?.map(std::borrow::Cow::into_owned);
        Self::new(bucket.or_else(|| config.bucket.clone()), spec.key_as(Convention::DOTS)?.into_owned())
    }

    pub(super) fn new(bucket: Option<String>, key: String) -> Result<Self, SourceError> {
        let Some(bucket) = bucket else {
            return Err(misconfigured("the component names no bucket").with_hint(
                "write `bucket = \"…\"`, or give the source a default: `NatsBuilder::bucket`, or NATS_BUCKET",
            ));
        };
        check_bucket(&bucket)?;
        check_key(&key)?;
        Ok(Self { bucket, key })
    }

    pub(super) fn bucket(&self) -> &str {
        &self.bucket
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// The subject of the entries of the key.
    pub(super) fn subject(&self) -> String {
        format!("$KV.{}.{}", self.bucket, self.key)
    }

    /// The key as reports show it.
    pub(super) fn shown(&self) -> String {
        format!("{}/{}", self.bucket, self.key)
    }
}

impl fmt::Debug for NatsQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("NatsQuery").field(&self.shown()).finish()
    }
}

/// The stream that has the entries of a bucket.
pub(super) fn stream(bucket: &str) -> String {
    format!("KV_{bucket}")
}

pub(super) fn check_bucket(bucket: &str) -> Result<(), SourceError> {
    let is_valid = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !bucket.is_empty() && bucket.bytes().all(is_valid) {
        return Ok(());
    }
    Err(misconfigured("a bucket has another name")
        .with_hint("it has letters, digits, `-` and `_`, and at least one of them"))
}

/// A key of another form cannot be written either, and could be a pattern for several keys.
fn check_key(key: &str) -> Result<(), SourceError> {
    let is_valid = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'/' | b'_' | b'=');
    if key.split('.').all(|token| !token.is_empty() && token.bytes().all(is_valid)) {
        return Ok(());
    }
    Err(misconfigured("a bucket has no such key")
        .with_hint("a key has letters, digits, `-`, `/`, `_`, `=`, and dots, each between two other characters"))
}

#[cfg(test)]
mod tests {
    use component_model_source::{ErrorKind, Inserted, Value};
    use component_model_types::{built_in, plan::Layer};

    use super::*;

    fn query(key: Option<&str>, options: &[(&str, &str)]) -> Result<NatsQuery, SourceError> {
        let layer = Layer { key, options, ..Layer::NEW };
        let known = |name: &str| Inserted::new(&Value::text(if name == "evil" { "a.b" } else { "eu" }), false);
        let spec = RequestSpec::new(&layer, &["shop", "pool", "max"]).declaring(built_in::NATS.options);
        let mut config = Config::of("nats://h").unwrap();
        config.bucket = Some("app".to_owned());
        NatsQuery::of(&spec.with_known(&known), &config)
    }

    fn shown(key: Option<&str>, options: &[(&str, &str)]) -> String {
        query(key, options).unwrap().shown()
    }

    #[test]
    fn a_key_is_taken_as_it_is_written() {
        assert_eq!(shown(None, &[]), "app/shop.pool.max");
        for key in ["port", "Shop.Port", "a/b_c=d-1", "1", "shop.a/b.c"] {
            assert_eq!(shown(Some(key), &[("bucket", "other_1-A")]), format!("other_1-A/{key}"));
        }
        assert_eq!(query(Some("a.b"), &[]).unwrap().subject(), "$KV.app.a.b");
    }

    #[test]
    fn a_key_or_a_bucket_that_cannot_be_is_refused_before_anything_is_asked() {
        for key in ["", ".a", "a.", "a..b", "a b", "a.*", ">", "ä", "a\n", "a#b", "a:b"] {
            let error = query(Some(key), &[]).unwrap_err();
            assert!(error.kind() == ErrorKind::Misconfigured && error.hint().is_some(), "{key}");
        }
        for bucket in ["", "a.b", "a b", "a/b", "*", ">"] {
            assert_eq!(
                query(Some("a"), &[("bucket", bucket)]).unwrap_err().kind(),
                ErrorKind::Misconfigured,
                "{bucket}"
            );
        }
    }

    #[test]
    fn without_a_bucket_the_error_says_where_it_can_be_named() {
        let error = NatsQuery::new(None, "a".to_owned()).unwrap_err();
        assert!(error.hint().is_some_and(|hint| hint.contains("NATS_BUCKET")));
    }

    #[test]
    fn inserted_values_stay_in_their_segments() {
        assert_eq!(shown(Some("app.{region}.port"), &[("bucket", "app-{region}")]), "app-eu/app.eu.port");
        for (key, options) in [(Some("app.{evil}"), &[][..]), (Some("a"), &[("bucket", "{evil}")])] {
            assert_eq!(query(key, options).unwrap_err().kind(), ErrorKind::Invalid, "{key:?} {options:?}");
        }
    }
}
