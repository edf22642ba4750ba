//! Where Consul's HTTP API is, and the URLs below it.
//!
//! What always holds: a key stays one key, whatever its characters, and no error repeats an address, which may hold a
//! password.

use component_model_source::SourceError;
use url::Url;

use super::misconfigured;
use crate::http::below;

/// Where an agent listens unless something else is set.
pub(super) const DEFAULT: &str = "http://127.0.0.1:8500";

/// The address as Consul's own client takes it: with a scheme, or only a host and a port.
pub(super) fn parse(text: &str, tls: bool) -> Result<Url, SourceError> {
    let scheme = if tls { "https" } else { "http" };
    let written = match text.split_once("://") {
        Some(("http", rest)) if tls => format!("https://{rest}"),
        Some(("unix", _)) => {
            return Err(misconfigured("the address is a Unix socket, which is not supported")
                .with_hint("let the agent listen on TCP too, such as `127.0.0.1:8500`"));
        }
        Some(_) => text.to_owned(),
        None => format!("{scheme}://{text}"),
    };
    let url = Url::parse(&written).map_err(|error| misconfigured("the address is not valid").with_cause(error))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(misconfigured("the address is neither http nor https")
            .with_hint("write it as `https://consul.service:8501`, or as `127.0.0.1:8500`"));
    }
    if !url.username().is_empty() || url.password().is_some() || text.contains('@') {
        return Err(misconfigured("the address has a user or a password")
            .with_hint("set CONSUL_HTTP_AUTH, or use `basic` of the builder"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(misconfigured("the address has a query or a fragment"));
    }
    if url.path().split('/').any(|segment| segment == "v1") {
        return Err(misconfigured("the address has `/v1`, which the source adds")
            .with_hint("write it as `https://consul.service:8501`"));
    }
    Ok(url)
}

/// The URL of a key, or of a prefix, in the key/value store. Each segment is percent-encoded.
pub(super) fn of_key(address: &Url, key: &str) -> Url {
    below(address, ["v1", "kv"].into_iter().chain(key.split('/')))
}

pub(super) fn of_transactions(address: &Url) -> Url {
    below(address, ["v1", "txn"])
}

/// Refuses what Consul's HTTP API would take for another key: it cleans the path of a URL.
pub(super) fn check_key(key: &str) -> Result<(), SourceError> {
    let inner = key.strip_suffix('/').unwrap_or(key);
    if inner.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
        return Err(misconfigured("the key has an empty or dotted path segment, which Consul's HTTP API drops")
            .with_hint("a key is path segments such as `app/port`, without a `/` at its start"));
    }
    if key.contains(char::is_control) {
        return Err(misconfigured("the key has a control character, which Consul's HTTP API refuses"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_scheme_or_none() {
        for (text, tls, expected) in [
            ("127.0.0.1:8500", false, "http://127.0.0.1:8500/"),
            ("127.0.0.1:8500", true, "https://127.0.0.1:8500/"),
            ("localhost:8500", false, "http://localhost:8500/"),
            ("[::1]:8500", false, "http://[::1]:8500/"),
            ("consul.service", false, "http://consul.service/"),
            ("https://consul.service:8501", false, "https://consul.service:8501/"),
            ("http://consul.service:8501", true, "https://consul.service:8501/"),
            ("https://gateway/consul/", false, "https://gateway/consul/"),
        ] {
            assert_eq!(parse(text, tls).unwrap().as_str(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_not_an_address_is_refused_without_repeating_it() {
        for text in [
            "unix:///var/run/hunter2.sock",
            "ftp://hunter2",
            "http://me:hunter2@h",
            "me:hunter2@h:8500",
            "h:8500?hunter2",
            "h:8500#hunter2",
            "h:hunter2",
            "http://hunter2/v1/kv",
            "h/hunter2/v1",
            "",
        ] {
            let error = parse(text, false).unwrap_err();
            assert!(!format!("{error:?} {error} {:?}", error.hint()).contains("hunter2"), "{text}: {error:?}");
        }
    }

    #[test]
    fn a_key_is_encoded_segment_by_segment() {
        let url = |key: &str| of_key(&parse("h:8500", false).unwrap(), key).to_string();
        assert_eq!(url("app/port"), "http://h:8500/v1/kv/app/port");
        assert_eq!(url("app/"), "http://h:8500/v1/kv/app/");
        assert_eq!(url("a b?c#d%2f\\é"), "http://h:8500/v1/kv/a%20b%3Fc%23d%252f%5C%C3%A9");
        let below = of_key(&parse("https://gateway/consul/", false).unwrap(), "port");
        assert_eq!(below.as_str(), "https://gateway/consul/v1/kv/port");
    }

    #[test]
    fn a_key_that_the_api_would_clean_is_refused() {
        for key in ["", "/", "/a", "a//b", "a//", "..", "a/../b", ".", "a/./b", "../", "a\nb", "\t"] {
            assert!(check_key(key).is_err(), "{key:?}");
        }
        for key in ["a", "a/", "a/b", " a ", "a..b", "...", "é/鍵", "%2E%2E", "100%"] {
            assert!(check_key(key).is_ok(), "{key:?}");
        }
    }
}
