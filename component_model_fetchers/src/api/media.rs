//! Media types: which are asked for, and what a body is by its own.

use std::fmt;

use component_model_source::{ErrorKind, SourceError, value::without_byte_order_mark};
use encoding_rs::{Encoding, UTF_8};
use reqwest::header::HeaderValue;

use super::misconfigured;

/// What is asked for unless something else is set: JSON rather than text, and text rather than anything else.
const PREFERRED: &str = "application/json, text/plain;q=0.9, */*;q=0.5";

/// The types of a page of HTML.
const HTML: [&str; 2] = ["text/html", "application/xhtml+xml"];

/// The media types that an answer may have.
#[derive(Clone)]
pub(super) struct Accepted {
    pub(super) header: HeaderValue,
    /// `None` for any, in which a page of HTML is still no value.
    ranges: Option<Vec<String>>,
}

impl Default for Accepted {
    fn default() -> Self {
        Self { header: HeaderValue::from_static(PREFERRED), ranges: None }
    }
}

impl Accepted {
    /// The types of an `Accept` header: `application/json, text/*;q=0.5`.
    pub(super) fn parse(text: &str) -> Result<Self, SourceError> {
        let ranges: Vec<_> = text.split(',').map(essence).collect();
        let header = HeaderValue::try_from(text).ok().filter(|_| ranges.iter().all(|range| is_range(range)));
        let header = header.ok_or_else(|| {
            misconfigured("`accept` takes media types such as `application/json` or `text/*`, separated by commas")
        })?;
        Ok(Self { header, ranges: Some(ranges) })
    }

    /// Whether an answer of this type may be read. One that names no type is.
    pub(super) fn check(&self, media: &Media) -> Result<(), SourceError> {
        let Some(ranges) = &self.ranges else { return Ok(()) };
        if media.essence.is_empty() || ranges.iter().any(|range| covers(range, &media.essence)) {
            return Ok(());
        }
        let message = format!("the server answers with {}, expected {}", media.shown(), ranges.join(" or "));
        Err(SourceError::new(ErrorKind::Malformed, message)
            .with_hint("is the URL right, and does the server answer with a login or an error page?"))
    }

    /// Whether a page of HTML may be a value: only if it was asked for.
    pub(super) fn takes_html(&self) -> bool {
        let covers_html = |range: &String| HTML.iter().any(|html| covers(range, html));
        self.ranges.as_ref().is_some_and(|ranges| ranges.iter().any(covers_html))
    }
}

impl fmt::Debug for Accepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Accepted").field(&self.header).finish()
    }
}

/// The type without its parameters.
fn essence(text: &str) -> String {
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn is_range(range: &str) -> bool {
    let is_token = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'/');
    range.split_once('/').is_some_and(|(of, kind)| is_token(of) && is_token(kind))
}

fn covers(range: &str, essence: &str) -> bool {
    match range.strip_suffix('*') {
        Some("*/") => true,
        Some(of) => essence.starts_with(of),
        None => range == essence,
    }
}

/// What a `Content-Type` says; what it does not say is empty.
#[derive(Default)]
pub(super) struct Media {
    essence: String,
    charset: Option<String>,
}

impl Media {
    pub(super) fn of(content_type: Option<&HeaderValue>) -> Self {
        let text = content_type.map(|value| String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase());
        let text = text.unwrap_or_default();
        let charset = text.split(';').skip(1).map(str::trim).find_map(|part| part.strip_prefix("charset="));
        Self { essence: essence(&text), charset: charset.map(|charset| charset.trim_matches('"').to_owned()) }
    }

    pub(super) fn is_json(&self) -> bool {
        self.essence == "application/json" || self.essence == "text/json" || self.essence.ends_with("+json")
    }

    pub(super) fn is_html(&self) -> bool {
        HTML.contains(&&*self.essence)
    }

    /// Whether a server sends pages of HTML under this type too: under none, and under its default.
    pub(super) fn may_hide_html(&self) -> bool {
        matches!(&*self.essence, "" | "text/plain")
    }

    /// The type for a message; only what a type may look like, since it comes from the server.
    pub(super) fn shown(&self) -> &str {
        if is_range(&self.essence) && self.essence.len() <= 100 { &self.essence } else { "another media type" }
    }

    /// The body as text; as bytes if it is none and does not claim to be.
    pub(super) fn text(&self, body: Vec<u8>) -> Result<Result<String, Vec<u8>>, SourceError> {
        let encoding = match &self.charset {
            Some(charset) => Encoding::for_label(charset.as_bytes())
                .ok_or_else(|| malformed("the body is in a charset that is not known"))?,
            None => UTF_8,
        };
        if encoding == UTF_8 {
            // Not decoded into a second copy: bodies may be large.
            return match (String::from_utf8(body), &self.charset) {
                (Ok(text), _) => Ok(Ok(without_byte_order_mark(text))),
                (Err(error), None) => Ok(Err(error.into_bytes())),
                (Err(_), Some(_)) => Err(not_as_claimed(encoding)),
            };
        }
        let (text, _, has_errors) = encoding.decode(&body);
        if has_errors { Err(not_as_claimed(encoding)) } else { Ok(Ok(text.into_owned())) }
    }
}

fn not_as_claimed(encoding: &'static Encoding) -> SourceError {
    malformed(format!("the body is not {}, as it claims to be", encoding.name()))
}

fn malformed(message: impl Into<std::borrow::Cow<'static, str>>) -> SourceError {
    SourceError::new(ErrorKind::Malformed, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn media(content_type: &'static str) -> Media {
        Media::of(Some(&HeaderValue::from_static(content_type)))
    }

    #[test]
    fn a_range_takes_its_types_and_no_other() {
        let accepted = Accepted::parse("application/json, text/*;q=0.5").unwrap();
        for taken in ["application/json; charset=utf-8", "text/plain", "Text/HTML", ""] {
            assert!(accepted.check(&media(taken)).is_ok(), "{taken}");
        }
        for refused in ["application/xml", "application/jsonx", "image/png"] {
            assert!(accepted.check(&media(refused)).is_err(), "{refused}");
        }
        assert!(Accepted::parse("*/*").unwrap().check(&media("image/png")).is_ok());
        let takes_html = |types: &str| Accepted::parse(types).unwrap().takes_html();
        assert!(takes_html("text/*") && takes_html("application/xhtml+xml") && takes_html("*/*"));
        assert!(!takes_html("text/plain, application/json") && !Accepted::default().takes_html());
    }

    #[test]
    fn what_is_no_media_type_is_refused() {
        for text in ["", "json", "application/", "/json", "text/plain,", "text/pl ain", "text/plain\n"] {
            assert!(Accepted::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_type_that_could_hold_anything_is_not_shown() {
        assert_eq!(media("text/html; hunter2").shown(), "text/html");
        assert_eq!(media("hunter2 and more").shown(), "another media type");
    }
}
