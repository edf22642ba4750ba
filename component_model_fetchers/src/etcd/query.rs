//! What a component asks of etcd.

use std::fmt;

use component_model_source::{RequestSpec, SourceError};
use component_model_types::plan::path::Convention;

use super::{config::Config, misconfigured};

/// How current an answer has to be.
///
/// ```
/// use component_model::fetchers::etcd::{Consistency, Etcd};
///
/// let etcd = Etcd::builder().consistency(Consistency::Serializable).build()?;
/// # Ok::<(), component_model::SourceError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Consistency {
    /// A majority agrees that the answer is the current one.
    #[default]
    Linearizable,
    /// The member that is asked answers alone, also without a leader; a value may be old by any time.
    Serializable,
}

impl Consistency {
    fn parse(text: &str) -> Result<Self, SourceError> {
        match text {
            "linearizable" => Ok(Self::Linearizable),
            "serializable" => Ok(Self::Serializable),
            _ => Err(misconfigured("`consistency` is `linearizable` or `serializable`")),
        }
    }
}

/// A key or a prefix, and how it is read.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EtcdQuery {
    pub(super) wanted: Wanted,
    pub(super) consistency: Consistency,
}

impl EtcdQuery {
    pub(super) fn of(spec: &RequestSpec<'_>, config: &Config) -> Result<Self, SourceError> {
        let wanted = match spec.option_in_segments("prefix", &['/'])? {
            Some(prefix) => Wanted::prefix(&prefix)?,
            None => Wanted::key(&spec.key_as(Convention::SLASHES)?)?,
        };
        let consistency = spec.option("consistency")?.map(|text| Consistency::parse(&text)).transpose()?;
        Ok(Self { wanted, consistency: consistency.unwrap_or(config.consistency) })
    }

    /// The key as reports show it.
    pub(super) fn shown(&self) -> String {
        match &self.wanted {
            Wanted::Key(key) => key.clone(),
            Wanted::Prefix(prefix) => format!("{prefix} (prefix)"),
        }
    }
}

impl fmt::Debug for EtcdQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("EtcdQuery").field(&self.shown()).finish()
    }
}

/// One key, or all keys below one. Neither is empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Wanted {
    Key(String),
    /// Ends in `/`, so that `app` is not a prefix of `app2`.
    Prefix(String),
}

impl Wanted {
    pub(super) fn key(key: &str) -> Result<Self, SourceError> {
        if key.is_empty() {
            return Err(misconfigured("the key is empty, and etcd has no such key"));
        }
        Ok(Self::Key(key.to_owned()))
    }

    pub(super) fn prefix(prefix: &str) -> Result<Self, SourceError> {
        if prefix.is_empty() {
            return Err(misconfigured("`prefix` is empty, which would be all keys of the cluster")
                .with_hint("write the beginning of the keys, such as `app`, or `/` for all that begin with it"));
        }
        Ok(Self::Prefix(format!("{}/", prefix.strip_suffix('/').unwrap_or(prefix))))
    }

    /// The first key that it asks for, and the first one after that.
    pub(super) fn range(&self) -> (Vec<u8>, Vec<u8>) {
        match self {
            Self::Key(key) => (key.clone().into_bytes(), after(key.as_bytes())),
            Self::Prefix(prefix) => {
                let mut end = prefix.clone().into_bytes();
                // It is a `/`.
                if let Some(last) = end.last_mut() {
                    *last += 1;
                }
                (prefix.clone().into_bytes(), end)
            }
        }
    }

    pub(super) fn text(&self) -> &str {
        match self {
            Self::Key(text) | Self::Prefix(text) => text,
        }
    }
}

/// The key that follows a key at once.
fn after(key: &[u8]) -> Vec<u8> {
    [key, &[0]].concat()
}

#[cfg(test)]
mod tests {
    use component_model_source::{ErrorKind, Inserted, Value};
    use component_model_types::{built_in, plan::Layer};

    use super::*;

    fn query(key: Option<&str>, options: &[(&str, &str)]) -> Result<EtcdQuery, SourceError> {
        let layer = Layer { key, options, ..Layer::NEW };
        let known = |name: &str| Inserted::new(&Value::text(if name == "evil" { "../x" } else { "eu" }), false);
        let spec = RequestSpec::new(&layer, &["shop", "pool", "max"]).declaring(built_in::ETCD.options);
        EtcdQuery::of(&spec.with_known(&known), &Config::default())
    }

    fn shown(key: Option<&str>, options: &[(&str, &str)]) -> String {
        query(key, options).unwrap().shown()
    }

    #[test]
    fn a_key_is_taken_as_it_is_written() {
        assert_eq!(shown(None, &[]), "shop/pool/max");
        for key in ["app/port", "/app/port", "app//port", "a b?c#%2F", "../a", "\n", "app/"] {
            assert_eq!(shown(Some(key), &[]), key);
        }
        assert_eq!(query(Some(""), &[]).unwrap_err().kind(), ErrorKind::Misconfigured);
    }

    #[test]
    fn a_prefix_ends_in_a_slash_whether_it_is_written_or_not() {
        assert_eq!(query(None, &[("prefix", "app/")]).unwrap(), query(None, &[("prefix", "app")]).unwrap());
        assert_eq!(shown(None, &[("prefix", "/")]), "/ (prefix)");
        assert_eq!(query(None, &[("prefix", "")]).unwrap_err().kind(), ErrorKind::Misconfigured);
    }

    #[test]
    fn inserted_values_stay_in_their_segments() {
        assert_eq!(shown(Some("app/{region}/port"), &[]), "app/eu/port");
        assert_eq!(shown(None, &[("prefix", "app/{region}")]), "app/eu/ (prefix)");
        for (key, options) in [(Some("app/{evil}"), &[][..]), (None, &[("prefix", "{evil}")])] {
            assert_eq!(query(key, options).unwrap_err().kind(), ErrorKind::Invalid, "{key:?} {options:?}");
        }
    }

    #[test]
    fn a_consistency_that_is_not_known_is_refused_and_not_repeated() {
        let asked = query(Some("a"), &[("consistency", "serializable")]).unwrap();
        assert_eq!(asked.consistency, Consistency::Serializable);
        assert_ne!(asked, query(Some("a"), &[("consistency", "linearizable")]).unwrap());
        let error = query(Some("a"), &[("consistency", "hunter2")]).unwrap_err();
        assert!(error.kind() == ErrorKind::Misconfigured && !format!("{error:?} {error}").contains("hunter2"));
    }

    #[test]
    fn a_range_has_the_key_or_what_is_below_it() {
        assert_eq!(Wanted::Key("a".to_owned()).range(), (b"a".to_vec(), b"a\0".to_vec()));
        assert_eq!(Wanted::Prefix("a/".to_owned()).range(), (b"a/".to_vec(), b"a0".to_vec()));
    }
}
