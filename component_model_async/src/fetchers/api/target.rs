//! From an attribute to the URL that is asked, and from the URL to what people may read of it.
//!
//! What always holds: no error repeats a URL that somebody wrote, since it may carry a password.

use url::{ParseError, Url};

use super::{misconfigured, pointer::Pointer};
use crate::SourceError;

const REDACTED: &str = "[REDACTED]";

/// The base below which everything relative stands.
pub(super) fn base(text: &str) -> Result<Url, SourceError> {
    let base = http(Url::parse(text))?;
    if base.query().is_some() {
        return Err(misconfigured("the base URL has a query").with_hint("add parameters with `query(name, value)`"));
    }
    Ok(base)
}

/// The URL that `url = ".."` means.
pub(super) fn of_reference(base: Option<&Url>, reference: &str) -> Result<Url, SourceError> {
    match Url::parse(reference) {
        Err(ParseError::RelativeUrlWithoutBase) => below(needed(base)?, reference),
        absolute => http(absolute),
    }
}

/// The URL that `key = ".."` means: the base followed by the key's segments, each percent-encoded.
pub(super) fn of_key(base: Option<&Url>, key: &str) -> Result<Url, SourceError> {
    let mut url = needed(base)?.clone();
    let segments: Vec<_> = key.split('/').collect();
    // A closing `/` is meaningful to some servers; elsewhere, empty and dotted segments would change the path.
    let inner = segments.split_last().map_or(&[][..], |(last, inner)| if last.is_empty() { inner } else { &segments });
    if inner.is_empty() || inner.iter().any(|segment| matches!(*segment, "" | "." | "..")) {
        let hint = "a key is path segments such as `app/port`; for anything else there is `url`";
        return Err(misconfigured("the key has an empty or dotted path segment").with_hint(hint));
    }
    // The URL's own grammar drops line ends and tabs, which would make it another key.
    if key.contains(char::is_control) {
        return Err(misconfigured("the key has a control character"));
    }
    match url.path_segments_mut() {
        Ok(mut path) => _ = path.pop_if_empty().extend(&segments),
        Err(()) => return Err(misconfigured("the base URL cannot have a path")),
    }
    Ok(url)
}

/// What people may read of a URL: no user, no password, no value of the query.
pub(super) fn shown(url: &Url, pointer: Option<&Pointer>) -> String {
    let mut text = format!("{}{}", origin(url), url.path());
    if let Some(query) = url.query() {
        let pairs: Vec<_> = query.split('&').map(redacted).collect();
        text = format!("{text}?{}", pairs.join("&"));
    }
    match pointer {
        Some(pointer) => format!("{text}#{pointer}"),
        None => text,
    }
}

/// Scheme, host and port.
pub(super) fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// A parameter without its value; one without a name is all value.
fn redacted(pair: &str) -> String {
    pair.split_once('=').map_or_else(|| REDACTED.to_owned(), |(name, _)| format!("{name}={REDACTED}"))
}

fn needed(base: Option<&Url>) -> Result<&Url, SourceError> {
    base.ok_or_else(|| {
        misconfigured("the URL is relative, and there is no base URL")
            .with_hint("set API_URL, or `base` of the builder, or write an absolute `url`")
    })
}

/// Appends a relative reference as text, so that it cannot leave the base by a leading `/`.
fn below(base: &Url, reference: &str) -> Result<Url, SourceError> {
    if reference.starts_with("//") {
        return Err(
            misconfigured("the URL lacks its scheme").with_hint("write `https://` or `http://` before the host")
        );
    }
    let base = base.as_str().trim_end_matches('/');
    let separator = if reference.is_empty() || reference.starts_with(['/', '?']) { "" } else { "/" };
    http(Url::parse(&format!("{base}{separator}{reference}")))
}

fn http(parsed: Result<Url, ParseError>) -> Result<Url, SourceError> {
    let url = parsed.map_err(|error| misconfigured("the URL is not valid").with_cause(error))?;
    if !matches!(url.scheme(), "http" | "https") {
        let hint = "write the whole URL, such as `https://host/path`";
        return Err(misconfigured("the URL is neither http nor https").with_hint(hint));
    }
    if url.fragment().is_some() {
        let hint = "the option `pointer` names a part of the document";
        return Err(misconfigured("the URL has a fragment (`#`)").with_hint(hint));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Option<Url> {
        Some(base("https://config.service/v1").unwrap())
    }

    fn reference(url: &str) -> String {
        of_reference(config().as_ref(), url).unwrap().into()
    }

    fn key(key: &str) -> String {
        of_key(config().as_ref(), key).unwrap().into()
    }

    #[test]
    fn a_relative_url_stands_below_the_base_with_or_without_a_slash() {
        assert_eq!(reference("prices"), "https://config.service/v1/prices");
        assert_eq!(reference("/prices?region=eu"), "https://config.service/v1/prices?region=eu");
        assert_eq!(reference(""), "https://config.service/v1");
        assert_eq!(reference("?all"), "https://config.service/v1?all");
    }

    #[test]
    fn an_absolute_url_is_taken_as_it_is() {
        assert_eq!(reference("http://other:81/x"), "http://other:81/x");
    }

    #[test]
    fn a_key_is_encoded_segment_by_segment() {
        assert_eq!(key("app/port"), "https://config.service/v1/app/port");
        assert_eq!(key("a b/c?d#e%2f\\é"), "https://config.service/v1/a%20b/c%3Fd%23e%252f%5C%C3%A9");
        assert_eq!(key("app/"), "https://config.service/v1/app/");
        assert_eq!(of_key(Some(&base("http://h/").unwrap()), "Port").unwrap().as_str(), "http://h/Port");
    }

    #[test]
    fn a_key_cannot_climb_out_of_the_base() {
        for bad in ["..", "a/../b", ".", "", "/", "/a", "a//b", "../", "a\nb", ".\t."] {
            assert!(of_key(config().as_ref(), bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_no_http_url_is_refused_without_repeating_it() {
        for bad in [
            "ftp://hunter2@h/",
            "localhost:8080/hunter2",
            "http://h:hunter2/",
            "http://u:hunter2@/",
            "//h/hunter2",
            "a#hunter2",
        ] {
            let error = of_reference(config().as_ref(), bad).unwrap_err();
            let shown = format!(
                "{error:?} {error} {:?} {:?}",
                error.hint(),
                std::error::Error::source(&error).map(ToString::to_string)
            );
            assert!(!shown.contains("hunter2"), "{shown}");
        }
    }

    #[test]
    fn without_a_base_a_relative_url_names_the_variable() {
        for error in [of_reference(None, "prices").unwrap_err(), of_key(None, "port").unwrap_err()] {
            assert!(error.hint().unwrap().contains("API_URL"));
        }
    }

    #[test]
    fn user_password_and_query_values_are_not_shown() {
        let url = Url::parse("https://me:hunter2@h:444/a%20b?token=hunter2&x&hunter2").unwrap();
        let pointer = Pointer::parse("/a").unwrap();
        let expected = "https://h:444/a%20b?token=[REDACTED]&[REDACTED]&[REDACTED]#/a";
        assert_eq!(shown(&url, Some(&pointer)), expected);
    }
}
