//! Where Vault's HTTP API is, and which paths it takes.
//!
//! What always holds: a path stays one path, whatever its characters, and no error repeats an address, which may hold a
//! password.

use component_model_source::SourceError;
use url::Url;

use super::misconfigured;

/// Where Vault's own client looks for a server unless something else is set.
pub(super) const DEFAULT: &str = "https://127.0.0.1:8200";

const HINT: &str = "write it as `https://vault.service:8200`";

pub(super) fn parse(text: &str) -> Result<Url, SourceError> {
    let url = Url::parse(text)
        .map_err(|error| misconfigured("the address is not a URL").with_cause(error).with_hint(HINT))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(misconfigured("the address is neither http nor https").with_hint(HINT));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(misconfigured("the address has a user or a password").with_hint(HINT));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(misconfigured("the address has a query or a fragment"));
    }
    if url.path().trim_end_matches('/').ends_with("/v1") {
        return Err(misconfigured("the address ends with `/v1`, which the source adds").with_hint(HINT));
    }
    Ok(url)
}

/// Refuses what Vault would take for another path, or refuse.
pub(super) fn check_path(what: &str, path: &str) -> Result<(), SourceError> {
    if path.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
        return Err(misconfigured(format!("{what} has an empty or dotted path segment, which Vault's HTTP API drops"))
            .with_hint("a path is segments such as `app/database`, without a `/` at its start or end"));
    }
    if path.contains(char::is_control) {
        return Err(misconfigured(format!("{what} has a control character, which Vault refuses")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_an_address_is_refused_without_repeating_it() {
        for text in [
            "hunter2:8200",
            "ftp://hunter2",
            "https://me:hunter2@h",
            "https://h?hunter2",
            "https://h#hunter2",
            "https://h:hunter2",
            "unix:///hunter2.sock",
            "https://h/hunter2/v1",
            "https://h/v1/",
            "",
        ] {
            let error = parse(text).unwrap_err();
            assert!(!format!("{error:?} {error} {:?}", error.hint()).contains("hunter2"), "{text}: {error:?}");
        }
        assert_eq!(parse("https://vault:8200").unwrap().as_str(), "https://vault:8200/");
        assert!(parse(DEFAULT).is_ok() && parse("https://proxy/vault").is_ok());
    }

    #[test]
    fn a_path_that_the_api_would_clean_is_refused() {
        for path in ["", "/", "/a", "a/", "a//b", "..", "a/../b", "a/./b", "a\nb"] {
            assert!(check_path("the path", path).is_err(), "{path:?}");
        }
        for path in ["a", "a/b", " a ", "a..b", "é/鍵", "%2E%2E"] {
            assert!(check_path("the path", path).is_ok(), "{path:?}");
        }
    }
}
