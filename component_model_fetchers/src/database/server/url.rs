//! The parameters of a database URL: those that the driver knows, those of other clients that are ignored, and the rest,
//! which is refused. A driver ignores what it does not know, and one logs it with its value.

use std::borrow::Cow;

use component_model_source::{ErrorKind, SourceError};
use url::{Url, form_urlencoded};

/// The parameters of one kind of URL.
pub(super) struct Parameters {
    /// What the driver reads.
    known: &'static [&'static str],
    /// The prefix of names that the driver reads.
    known_prefix: Option<&'static str>,
    /// What other clients read and hosting services write, and what changes neither the values nor their safety.
    ignored: &'static [&'static str],
    hint: &'static str,
}

#[cfg(feature = "sqlite")]
pub(super) const SQLITE: Parameters = Parameters {
    known: &["mode", "cache", "immutable", "vfs"],
    known_prefix: None,
    ignored: &[],
    hint: "the known parameters are `mode`, `cache`, `immutable` and `vfs`",
};

#[cfg(feature = "postgres")]
pub(super) const POSTGRES: Parameters = Parameters {
    known: &[
        "sslmode",
        "ssl-mode",
        "sslrootcert",
        "ssl-root-cert",
        "ssl-ca",
        "sslcert",
        "ssl-cert",
        "sslkey",
        "ssl-key",
        "statement-cache-capacity",
        "host",
        "hostaddr",
        "port",
        "dbname",
        "user",
        "password",
        "application_name",
        "options",
    ],
    known_prefix: Some("options["),
    ignored: &[
        "connect_timeout",
        "channel_binding",
        "gssencmode",
        "keepalives",
        "keepalives_idle",
        "keepalives_interval",
        "keepalives_count",
        "tcp_user_timeout",
        "fallback_application_name",
        "pgbouncer",
        "connection_limit",
        "pool_timeout",
    ],
    hint: "the known parameters are `sslmode`, `sslrootcert`, `sslcert`, `sslkey`, `host`, `port`, `dbname`, `user`, `password`, \
           `application_name` and `options`",
};

#[cfg(feature = "mysql")]
pub(super) const MYSQL: Parameters = Parameters {
    known: &[
        "sslmode",
        "ssl-mode",
        "sslca",
        "ssl-ca",
        "charset",
        "collation",
        "sslcert",
        "ssl-cert",
        "sslkey",
        "ssl-key",
        "statement-cache-capacity",
        "socket",
        "timezone",
        "time-zone",
    ],
    known_prefix: None,
    ignored: &["connect_timeout", "connection_limit", "pool_timeout"],
    hint: "the known parameters are `ssl-mode`, `ssl-ca`, `ssl-cert`, `ssl-key`, `charset`, `collation`, `socket` and `timezone`",
};

/// The URL without the parameters that are ignored.
pub(super) fn check<'a>(url: &'a str, parameters: &Parameters) -> Result<Cow<'a, str>, SourceError> {
    // The path of a SQLite file may not be a valid URL.
    let (url_and_query, fragment) = match Url::parse(url) {
        Ok(parsed) if parsed.fragment().is_some() => (url.split('#').next().unwrap_or(url), true),
        _ => (url, false),
    };
    let Some((place, query)) = url_and_query.split_once('?') else { return Ok(Cow::Borrowed(url)) };
    let mut kept = form_urlencoded::Serializer::new(String::new());
    let mut dropped = fragment;
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if parameters.ignored.contains(&&*name) {
            dropped = true;
        } else if parameters.knows(&name) {
            kept.append_pair(&name, &value);
        } else {
            return Err(unknown(&name, query, parameters));
        }
    }
    Ok(if dropped { Cow::Owned(format!("{place}?{}", kept.finish())) } else { Cow::Borrowed(url) })
}

impl Parameters {
    fn knows(&self, name: &str) -> bool {
        self.known.contains(&name) || self.known_prefix.is_some_and(|prefix| name.starts_with(prefix))
    }
}

fn unknown(name: &str, query: &str, parameters: &Parameters) -> SourceError {
    // A name without a value may be a value itself, and with `@` the query may be the rest of a password with a `?` in it.
    let has_value = query.contains(&format!("{name}="));
    let is_name = has_value && !query.contains('@') && name.len() <= 40 && name.chars().all(is_name_character);
    let what = if is_name { format!("the parameter `{name}`") } else { "a parameter".to_owned() };
    SourceError::new(ErrorKind::Misconfigured, format!("{what} of the database URL is unknown"))
        .with_hint(parameters.hint)
}

fn is_name_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}
