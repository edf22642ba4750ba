//! What a component asks of Vault.

use std::{fmt, sync::Arc};

use component_model_source::{RequestSpec, SourceError};
use component_model_types::plan::path::Convention;

use super::{address::check_path, config::Config, misconfigured};

/// A secret, and one of its fields or all of it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct VaultQuery {
    pub(super) place: Place,
    pub(super) field: Option<String>,
}

/// One secret: what one request reads, however many of its fields are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) namespace: Option<Arc<str>>,
    pub(super) mount: Arc<str>,
    pub(super) path: String,
    /// One version of a secret that has several.
    pub(super) version: Option<u64>,
}

impl VaultQuery {
    pub(super) fn of(spec: &RequestSpec<'_>, config: &Config) -> Result<Self, SourceError> {
        let path = match spec.option_in_segments("secret", &['/'])? {
            Some(path) => path,
            None => spec.key_as(Convention::SLASHES)?,
        };
        let mount = spec.option_in_segments("mount", &['/'])?.map(|mount| checked("mount", &mount)).transpose()?;
        let namespace = spec.option_in_segments("namespace", &['/'])?;
        let namespace = namespace.map(|namespace| checked("namespace", &namespace)).transpose()?;
        let field = spec.option_with("field", |value| (!value.is_empty()).then(|| value.to_owned()))?;
        let version = spec.option("version")?.map(|text| version(&text)).transpose()?;
        let place = Place {
            namespace: namespace.or_else(|| config.namespace.clone()),
            mount: mount.unwrap_or_else(|| Arc::clone(&config.mount)),
            path: path.into_owned(),
            version,
        };
        Self::new(place, field.map(std::borrow::Cow::into_owned))
    }

    pub(super) fn new(place: Place, field: Option<String>) -> Result<Self, SourceError> {
        // A folder: Vault answers that there is no secret.
        let path = place.path.strip_suffix('/').unwrap_or(&place.path);
        check_path("the path of the secret", path)?;
        // As other tools write a field.
        if let Some(name) = path.rsplit_once('#').map(|(_, name)| name)
            && name.chars().all(|char| char.is_ascii_alphanumeric() || "_-".contains(char))
        {
            return Err(misconfigured("the path of the secret has a `#` with a name, which separates nothing here")
                .with_hint(format!("write `field = \"{name}\"`")));
        }
        if let Some(secret) = path.strip_prefix(&format!("{}/data/", place.mount)) {
            return Err(misconfigured(
                "the path of the secret begins with its mount and `data`, which the source adds",
            )
            .with_hint(format!("write `{secret}`")));
        }
        if field.as_ref().is_some_and(String::is_empty) {
            return Err(misconfigured("`field` is empty"));
        }
        Ok(Self { place, field })
    }

    /// Mount and path, as Vault's command line has them, and the field.
    pub(super) fn shown(&self) -> String {
        let Place { namespace, mount, path, version } = &self.place;
        let namespace = namespace.as_ref().map(|namespace| format!("namespace={namespace}"));
        let version = version.map(|version| format!("version={version}"));
        let parameters: Vec<_> = namespace.into_iter().chain(version).collect();
        let parameters = if parameters.is_empty() { String::new() } else { format!("?{}", parameters.join("&")) };
        let field = self.field.as_ref().map(|field| format!("#{field}")).unwrap_or_default();
        format!("{mount}/{path}{parameters}{field}")
    }
}

impl fmt::Debug for VaultQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VaultQuery").field(&self.shown()).finish()
    }
}

/// A mount or a namespace, which may have several segments; a `/` at the end is usual.
pub(super) fn checked(what: &'static str, text: &str) -> Result<Arc<str>, SourceError> {
    let path = text.trim_matches('/');
    check_path(&format!("`{what}`"), path)?;
    // A namespace is sent in a header, whose ends are trimmed.
    if path.trim() != path {
        return Err(misconfigured(format!("`{what}` begins or ends with white space")));
    }
    Ok(path.into())
}

fn version(text: &str) -> Result<u64, SourceError> {
    match text.parse() {
        Ok(version) if version > 0 => Ok(version),
        _ => {
            Err(misconfigured("`version` must be a whole number, 1 or more")
                .with_hint("without it, the latest is read"))
        }
    }
}

#[cfg(test)]
mod tests {
    use component_model_source::{ErrorKind, Inserted, Value};
    use component_model_types::{built_in, plan::Layer};

    use super::*;

    fn query(key: Option<&str>, options: &[(&str, &str)]) -> Result<VaultQuery, SourceError> {
        let layer = Layer { key, options, ..Layer::NEW };
        let known = |name: &str| Inserted::new(&Value::text(if name == "evil" { "../x" } else { "eu" }), false);
        let spec = RequestSpec::new(&layer, &["shop", "pool", "max"]).declaring(built_in::VAULT.options);
        VaultQuery::of(&spec.with_known(&known), &Config::default())
    }

    fn shown(key: Option<&str>, options: &[(&str, &str)]) -> String {
        query(key, options).unwrap().shown()
    }

    #[test]
    fn a_request_is_shown_as_on_vault_s_command_line() {
        assert_eq!(shown(None, &[]), "secret/shop/pool/max");
        assert_eq!(shown(Some("app/key"), &[("field", "value")]), "secret/app/key#value");
        let options = [("secret", "app"), ("mount", "team/kv/"), ("version", "3"), ("namespace", "ns"), ("field", "a")];
        assert_eq!(shown(None, &options), "team/kv/app?namespace=ns&version=3#a");
    }

    #[test]
    fn inserted_values_stay_in_their_segments() {
        assert_eq!(shown(None, &[("secret", "app/{region}/db"), ("field", "{region}")]), "secret/app/eu/db#eu");
        for option in [("secret", "app/{evil}"), ("mount", "{evil}"), ("namespace", "{evil}")] {
            assert_eq!(query(None, &[option]).unwrap_err().kind(), ErrorKind::Invalid, "{option:?}");
        }
        assert_eq!(query(Some("app/{evil}"), &[]).unwrap_err().kind(), ErrorKind::Invalid);
    }

    #[test]
    fn a_path_as_other_tools_write_it_is_refused_before_it_is_found_absent() {
        for (path, hint) in [("app/db#password", "field = \"password\""), ("secret/data/app/db", "`app/db`")] {
            let error = query(Some(path), &[]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Misconfigured, "{path}");
            assert!(error.hint().unwrap().contains(hint), "{error:?}");
        }
        // Of another mount it is a path like any other.
        assert_eq!(shown(Some("secret/data/app"), &[("mount", "team")]), "team/secret/data/app");
    }

    #[test]
    fn options_that_are_not_valid_are_refused() {
        for option in [
            ("secret", "a//b"),
            ("secret", ""),
            ("mount", ""),
            ("mount", "a/../b"),
            ("namespace", "a\n"),
            ("namespace", "a/ "),
            ("mount", "\u{a0}a"),
            ("version", "0"),
            ("version", "new"),
            ("field", ""),
        ] {
            assert_eq!(query(None, &[option]).unwrap_err().kind(), ErrorKind::Misconfigured, "{option:?}");
        }
    }
}
