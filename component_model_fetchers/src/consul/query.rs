//! What a component asks of Consul.

use std::{fmt, sync::Arc};

use component_model_source::{RequestSpec, SourceError};
use component_model_types::plan::path::Convention;

use super::{address, config::Config, misconfigured};
use crate::token::Token;

/// How current an answer has to be.
///
/// ```
/// use component_model::fetchers::consul::{Consistency, Consul};
///
/// let consul = Consul::builder().consistency(Consistency::Stale).build()?;
/// # Ok::<(), component_model::SourceError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Consistency {
    /// The leader answers without asking the others: a value may be old, or missing, while leaders change and after a restart.
    #[default]
    Default,
    /// The leader first asks a majority whether it still is the leader.
    Consistent,
    /// Any server answers, also without a leader; a value may be old by any time.
    Stale,
}

impl Consistency {
    fn parse(text: &str) -> Result<Self, SourceError> {
        match text {
            "default" => Ok(Self::Default),
            "consistent" => Ok(Self::Consistent),
            "stale" => Ok(Self::Stale),
            _ => Err(misconfigured("`consistency` is `default`, `consistent` or `stale`")),
        }
    }

    /// The parameter of a URL that asks for it.
    pub(super) fn parameter(self) -> Option<&'static str> {
        match self {
            Self::Default => None,
            Self::Consistent => Some("consistent"),
            Self::Stale => Some("stale"),
        }
    }
}

/// A key or a prefix, and where and how it is read. Its `Debug` shows no token.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ConsulQuery {
    pub(super) scope: Scope,
    pub(super) wanted: Wanted,
}

impl ConsulQuery {
    pub(super) fn of(spec: &RequestSpec<'_>, config: &Config) -> Result<Self, SourceError> {
        let scope = Scope::of(spec, &config.scope)?;
        let wanted = match spec.option_in_segments("prefix", &['/'])? {
            Some(prefix) => Wanted::prefix(&prefix)?,
            None => Wanted::key(&spec.key_as(Convention::SLASHES)?)?,
        };
        Ok(Self { scope, wanted })
    }

    /// The key as reports show it, in the notation of Consul's URLs.
    pub(super) fn shown(&self) -> String {
        let own = [("dc", &self.scope.datacenter), ("ns", &self.scope.namespace)];
        let own = own.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value.as_ref()?)));
        let recurse = matches!(self.wanted, Wanted::Prefix(_)).then(|| "recurse".to_owned());
        let parameters: Vec<_> = recurse.into_iter().chain(own).collect();
        let path = self.wanted.path();
        if parameters.is_empty() { path.to_owned() } else { format!("{path}?{}", parameters.join("&")) }
    }
}

impl fmt::Debug for ConsulQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ConsulQuery").field(&self.shown()).finish()
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
        address::check_key(key)?;
        Ok(Self::Key(key.to_owned()))
    }

    pub(super) fn prefix(prefix: &str) -> Result<Self, SourceError> {
        let prefix = format!("{}/", prefix.strip_suffix('/').unwrap_or(prefix));
        address::check_key(&prefix).map_err(|error| misconfigured(format!("`prefix`: {error}")))?;
        Ok(Self::Prefix(prefix))
    }

    pub(super) fn path(&self) -> &str {
        match self {
            Self::Key(path) | Self::Prefix(path) => path,
        }
    }
}

/// What one request has in common for all of its keys.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Scope {
    pub(super) datacenter: Option<Arc<str>>,
    pub(super) namespace: Option<Arc<str>>,
    pub(super) consistency: Consistency,
    /// Unless it is that of the source.
    pub(super) token: Option<Token>,
}

impl Scope {
    fn of(spec: &RequestSpec<'_>, default: &Self) -> Result<Self, SourceError> {
        let name = |option: &'static str, default: &Option<Arc<str>>| match spec.option(option)? {
            Some(name) => checked_name(option, &name).map(Some),
            None => Ok(default.clone()),
        };
        let consistency = spec.option("consistency")?.map(|text| Consistency::parse(&text)).transpose()?;
        let token = spec.option_to_connect("token")?.map(|token| Token::new(&token)).transpose()?;
        Ok(Self {
            datacenter: name("dc", &default.datacenter)?,
            namespace: name("namespace", &default.namespace)?,
            consistency: consistency.unwrap_or(default.consistency),
            token,
        })
    }
}

/// The name of a datacenter or of a namespace.
pub(super) fn checked_name(what: &'static str, name: &str) -> Result<Arc<str>, SourceError> {
    let valid = |one: char| one.is_ascii_alphanumeric() || matches!(one, '-' | '_' | '.');
    if name.is_empty() || !name.chars().all(valid) {
        return Err(misconfigured(format!("`{what}` is not a name: it has letters, digits, `-`, `_` and `.`")));
    }
    Ok(name.into())
}

#[cfg(test)]
mod tests {
    use component_model_source::{ErrorKind, Inserted, Value};
    use component_model_types::{built_in, plan::Layer};

    use super::*;

    fn query(key: Option<&str>, options: &[(&str, &str)]) -> Result<ConsulQuery, SourceError> {
        let layer = Layer { key, options, ..Layer::NEW };
        let known = |name: &str| Inserted::new(&Value::text(if name == "evil" { "../x" } else { "eu" }), false);
        let spec = RequestSpec::new(&layer, &["shop", "pool", "max"]).declaring(built_in::CONSUL.options);
        ConsulQuery::of(&spec.with_known(&known), &Config::default())
    }

    fn shown(key: Option<&str>, options: &[(&str, &str)]) -> String {
        query(key, options).unwrap().shown()
    }

    #[test]
    fn a_request_is_shown_as_in_a_url_and_without_its_token() {
        assert_eq!(shown(None, &[]), "shop/pool/max");
        assert_eq!(shown(Some("app/port"), &[("dc", "dc2"), ("namespace", "team")]), "app/port?dc=dc2&ns=team");
        assert_eq!(shown(None, &[("prefix", "app"), ("dc", "dc2")]), "app/?recurse&dc=dc2");
        let secret = query(Some("a"), &[("token", "hunter2")]).unwrap();
        assert!(!format!("{secret:?} {:?}", secret.scope.token).contains("hunter2"));
        assert_ne!(secret, query(Some("a"), &[]).unwrap());
    }

    #[test]
    fn a_prefix_ends_in_a_slash_whether_it_is_written_or_not() {
        assert_eq!(query(None, &[("prefix", "app/")]).unwrap(), query(None, &[("prefix", "app")]).unwrap());
        for bad in ["", "/", "a//b", "a//", "../a"] {
            assert_eq!(query(None, &[("prefix", bad)]).unwrap_err().kind(), ErrorKind::Misconfigured, "{bad}");
        }
    }

    #[test]
    fn inserted_values_stay_in_their_segments() {
        assert_eq!(shown(Some("app/{region}/port"), &[]), "app/eu/port");
        assert_eq!(shown(None, &[("prefix", "app/{region}")]), "app/eu/?recurse");
        for (key, options) in
            [(Some("app/{evil}"), &[][..]), (None, &[("prefix", "{evil}")]), (None, &[("dc", "{evil}")])]
        {
            assert_eq!(query(key, options).unwrap_err().kind(), ErrorKind::Invalid, "{key:?} {options:?}");
        }
    }

    #[test]
    fn options_that_are_not_valid_are_refused_and_not_repeated() {
        for option in
            [("consistency", "hunter2"), ("dc", "hunter2/"), ("namespace", "hunter2 "), ("token", "hunter2\n")]
        {
            let error = query(Some("a"), &[option]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Misconfigured);
            assert!(!format!("{error:?} {error}").contains("hunter2"), "{error}");
        }
    }
}
