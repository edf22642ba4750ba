//! A body that came with 200: what kind of thing it is, and what a component gets of it.

use std::sync::{Arc, OnceLock};

use encoding_rs::{Encoding, UTF_8};
use reqwest::header::HeaderValue;

use super::pointer::{self, Pointer};
use crate::{
    Answer, ErrorKind, Found, SourceError, Value,
    value::{TOO_MANY, is_too_many},
};

/// A body, read as its `Content-Type` says.
pub(super) struct Page {
    content: Content,
    html: bool,
    size: usize,
}

enum Content {
    Json(Arc<Value>),
    /// Text is read as JSON once, if a pointer asks for it.
    Text(String, OnceLock<Result<Arc<Value>, SourceError>>),
    Bytes(Vec<u8>),
}

impl Page {
    /// A body that is not what it claims to be is an error.
    pub(super) fn read(body: Vec<u8>, content_type: Option<&HeaderValue>) -> Result<Self, SourceError> {
        let media = Media::of(content_type);
        let size = body.len();
        let content = match (media.text(body)?, media.is_json()) {
            (Ok(text), true) => Content::Json(json(&text, false)?),
            (Err(_), true) => return Err(malformed("the body is not JSON: it is not text")),
            (Ok(text), false) => Content::Text(text, OnceLock::new()),
            (Err(bytes), false) => Content::Bytes(bytes),
        };
        Ok(Self { content, html: media.is_html(), size })
    }

    /// What one component gets.
    pub(super) fn answer(&self, pointer: Option<&Pointer>, locator: &str) -> Answer {
        let (document, pointer) = match (&self.content, pointer) {
            (Content::Json(document), None) => return Ok(Some(found(document, &[], locator))),
            (Content::Json(document), Some(pointer)) => (document, pointer),
            (Content::Text(text, _), None) => return Ok(Some(Value::text(without_line_end(text)).into())),
            (Content::Text(text, parsed), Some(pointer)) => {
                let document = parsed.get_or_init(|| json(text, self.html));
                (document.as_ref().map_err(Clone::clone)?, pointer)
            }
            (Content::Bytes(bytes), None) => return Ok(Some(Value::Bytes(bytes.clone()).into())),
            (Content::Bytes(_), Some(_)) => return Err(malformed("the body is not JSON: it is not text")),
        };
        Ok(pointer.find(document).map(|positions| found(document, &positions, locator)))
    }

    /// Whether it is meant for people: an error page or a login.
    pub(super) fn is_html(&self) -> bool {
        self.html
    }

    /// The size of the body in bytes.
    pub(super) fn size(&self) -> usize {
        self.size
    }
}

/// A part of the document, shared with all who read from it, that can say where a part of it is.
fn found(document: &Arc<Value>, positions: &[usize], locator: &str) -> Found {
    let locator = locator.to_owned();
    Found::part(document, positions).with_place(move |path| {
        let mark = if locator.contains('#') { "" } else { "#" };
        (!path.steps().is_empty()).then(|| format!("{locator}{mark}{}", pointer::notation(path)))
    })
}

fn json(text: &str, html: bool) -> Result<Arc<Value>, SourceError> {
    Value::from_json(text).map(Arc::new).map_err(|error| {
        let place = format!("line {} column {}", error.line(), error.column());
        if html || text.trim_start().starts_with('<') {
            return malformed("the body is a page of HTML or XML, not JSON")
                .with_hint("is the URL right, and does the server answer with a login or an error page?");
        }
        match error.classify() {
            serde_json::error::Category::Eof if text.trim().is_empty() => malformed("the body is empty"),
            _ if is_too_many(&error) => SourceError::new(ErrorKind::TooLarge, TOO_MANY),
            serde_json::error::Category::Data => malformed(format!("the body names a key twice, at {place}")),
            _ => malformed(format!("the body is not JSON, at {place}")),
        }
    })
}

fn without_line_end(text: &str) -> &str {
    text.strip_suffix("\r\n").or_else(|| text.strip_suffix('\n')).unwrap_or(text)
}

fn malformed(message: impl Into<std::borrow::Cow<'static, str>>) -> SourceError {
    SourceError::new(ErrorKind::Malformed, message)
}

/// What a `Content-Type` says; what it does not say is empty.
#[derive(Default)]
struct Media {
    essence: String,
    charset: Option<String>,
}

impl Media {
    fn of(content_type: Option<&HeaderValue>) -> Self {
        let text = content_type.map(|value| String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase());
        let text = text.unwrap_or_default();
        let mut parts = text.split(';').map(str::trim);
        let essence = parts.next().unwrap_or_default().to_owned();
        let charset = parts.find_map(|part| part.strip_prefix("charset="));
        Self { essence, charset: charset.map(|charset| charset.trim_matches('"').to_owned()) }
    }

    fn is_json(&self) -> bool {
        self.essence == "application/json" || self.essence == "text/json" || self.essence.ends_with("+json")
    }

    fn is_html(&self) -> bool {
        matches!(&*self.essence, "text/html" | "application/xhtml+xml")
    }

    /// The text in the charset that is named, without a byte order mark; the bytes where none is named and they are not
    /// UTF-8.
    fn text(&self, body: Vec<u8>) -> Result<Result<String, Vec<u8>>, SourceError> {
        let encoding = match &self.charset {
            Some(charset) => Encoding::for_label(charset.as_bytes())
                .ok_or_else(|| malformed("the body is in a charset that nobody knows"))?,
            None => UTF_8,
        };
        let (text, _, has_errors) = encoding.decode(&body);
        match (has_errors, &self.charset) {
            (false, _) => Ok(Ok(text.into_owned())),
            (true, None) => Ok(Err(body)),
            (true, Some(_)) => Err(malformed(format!("the body is not {}, as it claims to be", encoding.name()))),
        }
    }
}
