//! From an attribute to the URL that is asked, and from the URL to what people may read of it.
//!
//! What always holds: no error repeats a URL that somebody wrote, since it may carry a password.

use std::ops::Range;

use component_model_source::{ErrorKind, SourceError};
use url::{ParseError, Url};

use super::{misconfigured, pointer::Pointer};
use crate::{credentials, http::origin};

const REDACTED: &str = "[REDACTED]";

/// The base below which everything relative stands.
pub(super) fn base(text: &str) -> Result<Url, SourceError> {
    credentials::check(text, true)?;
    let parsed = Url::parse(text);
    let has_scheme = parsed != Err(ParseError::RelativeUrlWithoutBase);
    let base = http(parsed).map_err(|error| match has_scheme {
        true => error,
        false => error.with_hint("write `https://` or `http://` before the host"),
    })?;
    if base.query().is_some() {
        return Err(misconfigured("the base URL has a query").with_hint("add parameters with `query(name, value)`"));
    }
    Ok(base)
}

/// The URL that `url = ".."` means.
pub(super) fn of_reference(base: Option<&Url>, reference: &str) -> Result<Url, SourceError> {
    match Url::parse(reference) {
        Err(ParseError::RelativeUrlWithoutBase) if lacks_colon(reference) => {
            Err(misconfigured("the scheme of the URL has no `:`")
                .with_hint("write `https://` or `http://` before the host"))
        }
        Err(ParseError::RelativeUrlWithoutBase) => below(needed(base)?, reference),
        absolute => credentials::check(reference, true).and_then(|()| http(absolute)),
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

/// A value within a URL: everything that has a meaning there is percent-encoded. Dots alone would be a segment that climbs.
pub(super) fn encoded(value: &str) -> Option<String> {
    if value.bytes().all(|byte| byte == b'.') {
        return None;
    }
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let encode = |byte: u8| if unreserved(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    Some(value.bytes().map(encode).collect())
}

/// What people may read of a URL: no user, no password, no value of the query, and nothing that may be a user and a
/// password at another place than theirs.
pub(super) fn shown(url: &Url, pointer: Option<&Pointer>) -> String {
    let (path, query) = (url.path(), url.query());
    let credentials = misplaced_credentials(&format!("{path}?{}", query.unwrap_or_default()));
    let is_hidden = |start: usize, piece: &str| {
        is_part_of_credentials(piece) || start < credentials.end && start + piece.len() > credentials.start
    };
    let segments =
        pieces(path, 0, '/').map(|(start, segment)| if is_hidden(start, segment) { REDACTED } else { segment });
    let mut text = format!("{}{}", origin(url), segments.collect::<Vec<_>>().join("/"));
    if let Some(query) = query {
        let pairs = pieces(query, path.len() + 1, '&').map(|(start, pair)| match pair.split_once('=') {
            Some((name, _)) if !is_hidden(start, name) => format!("{name}={REDACTED}"),
            // A parameter without a name is all value.
            _ => REDACTED.to_owned(),
        });
        text = format!("{text}?{}", pairs.collect::<Vec<_>>().join("&"));
    }
    match pointer {
        Some(pointer) => format!("{text}#{pointer}"),
        None => text,
    }
}

/// The pieces of a part of a URL, and where each begins in its path and query.
fn pieces(text: &str, start: usize, separator: char) -> impl Iterator<Item = (usize, &str)> {
    let mut next = start;
    text.split(separator).map(move |piece| {
        let start = next;
        next += piece.len() + 1;
        (start, piece)
    })
}

fn is_part_of_credentials(piece: &str) -> bool {
    piece.contains('@') || piece.contains("%40")
}

/// From the first `:` to the last `@` of a path and query: what a URL with a typo has there is `user:password@host`, whose
/// password may have a `/`, a `?`, an `&` or a `=`.
fn misplaced_credentials(text: &str) -> Range<usize> {
    let end = text.rfind('@').max(text.rfind("%40"));
    let start = end.and_then(|end| text[..end].find(':'));
    start.zip(end).map_or(0..0, |(start, end)| start..end)
}

fn needed(base: Option<&Url>) -> Result<&Url, SourceError> {
    base.ok_or_else(|| {
        SourceError::new(ErrorKind::NotSetUp, "the URL is relative, and there is no base URL")
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

/// Whether a reference is `http//host` or `https//host`: a URL with a typo.
fn lacks_colon(reference: &str) -> bool {
    let start = reference.trim_start().to_ascii_lowercase();
    ["http//", "https//", "http:", "https:"].iter().any(|scheme| start.starts_with(scheme))
}

fn http(parsed: Result<Url, ParseError>) -> Result<Url, SourceError> {
    let url = parsed.map_err(|error| misconfigured("the URL is not valid").with_cause(error))?;
    if !matches!(url.scheme(), "http" | "https") {
        // Of `localhost:8000`, the grammar of URLs says that `localhost` is the scheme.
        let is_port = url.path().bytes().next().is_some_and(|byte| byte.is_ascii_digit());
        return Err(match url.cannot_be_a_base() && is_port {
            true => misconfigured("the URL has no scheme").with_hint("write `https://` or `http://` before the host"),
            false => misconfigured("the URL is neither http nor https")
                .with_hint("write the whole URL, such as `https://host/path`"),
        });
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
    fn a_scheme_without_its_colon_is_refused_and_not_sent_to_the_base() {
        for bad in ["http//u:hunter2@h", "https//h/x", "HTTP//u:hunter2@h/", " http//h"] {
            let error = of_reference(config().as_ref(), bad).unwrap_err();
            assert!(error.hint().unwrap().contains("`https://`") && !format!("{error:?}").contains("hunter2"), "{bad}");
        }
        assert_eq!(reference("http/x"), "https://config.service/v1/http/x");
    }

    #[test]
    fn what_may_be_a_user_and_a_password_at_another_place_is_not_shown() {
        for (url, expected) in [
            ("http://user?:pw@h/p?token=x", "http://user/?[REDACTED]"),
            ("http://user?:p=w@h&x=1", "http://user/?[REDACTED]&x=[REDACTED]"),
            ("http://user?a=1&:p=w&pw=w@h&x=1", "http://user/?a=[REDACTED]&[REDACTED]&[REDACTED]&x=[REDACTED]"),
            ("http://h/u:p/w/w@h/x", "http://h/[REDACTED]/[REDACTED]/[REDACTED]/x"),
            ("http://h/u:p?w@h=1/x", "http://h/[REDACTED]?[REDACTED]"),
            ("http://h/a/u:pw%40h/x", "http://h/a/[REDACTED]/x"),
            ("http://h/a/pw@h/x", "http://h/a/[REDACTED]/x"),
            ("http://h/a:b/c?x:y=1", "http://h/a:b/c?x:y=[REDACTED]"),
        ] {
            assert_eq!(shown(&Url::parse(url).unwrap(), None), expected, "{url}");
        }
        for typo in ["http;//me:hunter2@h", "://me:hunter2@h", "h ttp://me:hunter2@h", "1http://me:hun/hunter2@h"] {
            let url = of_reference(config().as_ref(), typo).unwrap();
            assert!(!shown(&url, None).contains("hun"), "{typo}: {}", shown(&url, None));
        }
    }

    #[test]
    fn without_a_base_a_relative_url_names_the_variable() {
        for error in [of_reference(None, "prices").unwrap_err(), of_key(None, "port").unwrap_err()] {
            assert!(error.kind() == ErrorKind::NotSetUp && error.hint().unwrap().contains("API_URL"));
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
