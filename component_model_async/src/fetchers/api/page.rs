//! A body that came with 200: what kind of thing it is, and what a component gets of it.

use std::sync::{Arc, OnceLock};

use super::{
    media::Media,
    pointer::{self, Pointer},
};
use crate::{
    Answer, ErrorKind, Record, SourceError, Value,
    value::{TOO_MANY, is_too_many},
};

/// A body, read as its `Content-Type` says.
pub(super) struct Page {
    content: Content,
    html: bool,
    takes_html: bool,
    size: usize,
}

enum Content {
    Json(Arc<Value>),
    /// Text is read as JSON once, if a pointer asks for it.
    Text(String, OnceLock<Result<Arc<Value>, SourceError>>),
    Bytes(Vec<u8>),
}

impl Page {
    /// A body that is not what it claims to be is an error. Whether it `takes_html` decides about the values of a page.
    pub(super) fn read(body: Vec<u8>, media: &Media, takes_html: bool) -> Result<Self, SourceError> {
        let size = body.len();
        let content = match (media.text(body)?, media.is_json()) {
            (Ok(text), true) => Content::Json(json(&text, false)?),
            (Err(_), true) => return Err(malformed("the body is not JSON: it is not text")),
            (Ok(text), false) => Content::Text(text, OnceLock::new()),
            (Err(bytes), false) => Content::Bytes(bytes),
        };
        Ok(Self { content, html: media.is_html(), takes_html, size })
    }

    /// What one component gets.
    pub(super) fn answer(&self, pointer: Option<&Pointer>, locator: &str) -> Answer {
        let (document, pointer) = match (&self.content, pointer) {
            (Content::Json(document), None) => return Ok(Some(found(document, &[], locator))),
            (Content::Json(document), Some(pointer)) => (document, pointer),
            (Content::Text(..), None) if self.html && !self.takes_html => return Err(page_of_html()),
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
fn found(document: &Arc<Value>, positions: &[usize], locator: &str) -> Record {
    let locator = locator.to_owned();
    Record::part(document, positions).with_place(move |path| {
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

fn page_of_html() -> SourceError {
    malformed("the server answers with a page of HTML, which is no value")
        .with_hint("is it a login or an error page? `accept` of the builder takes `text/html` if the page is meant")
}

fn without_line_end(text: &str) -> &str {
    text.strip_suffix("\r\n").or_else(|| text.strip_suffix('\n')).unwrap_or(text)
}

fn malformed(message: impl Into<std::borrow::Cow<'static, str>>) -> SourceError {
    SourceError::new(ErrorKind::Malformed, message)
}
