//! A body that came with 200: what kind of thing it is, and what a component gets of it.

use std::sync::Arc;

use component_model_source::{
    Answer, ErrorKind, Record, Reply, SourceError, Value, decode,
    value::{Index, TOO_MANY, is_too_many, json_error_at, line_and_column},
};

use super::{
    freshness::Freshness,
    media::Media,
    pointer::{self, Pointer, Target},
};
use crate::without_line_end;

/// What each of those who ask gets of a body. A body that is not what it claims to be is an error for all of them.
pub(super) fn answers(body: Vec<u8>, reading: Reading) -> Result<Vec<Answer>, SourceError> {
    let (page, pointers) = Page::read(body, reading)?;
    // Many pointers into one large map share the index of its names.
    let mut index = Index::default();
    Ok(pointers.iter().map(|pointer| page.answer(pointer.as_ref(), &mut index)).collect())
}

/// A body, read as its `Content-Type` says.
struct Page {
    content: Content,
    /// A page for people, an error or a login, which no component may get.
    unwanted: bool,
}

enum Content {
    Json(Record),
    /// Text, and what it is as JSON if a pointer asks for it.
    Text(Record, Option<Result<Record, SourceError>>),
    Bytes(Record),
}

/// How a body is to be read.
pub(super) struct Reading {
    pub(super) media: Media,
    /// Whether a page of HTML may be a value.
    pub(super) takes_html: bool,
    /// What is asked of it: the whole, or a part of the document that it holds.
    pub(super) pointers: Vec<Option<Pointer>>,
    pub(super) freshness: Freshness,
    /// The URL as people may read it.
    pub(super) shown: String,
}

impl Page {
    fn read(body: Vec<u8>, reading: Reading) -> Result<(Self, Vec<Option<Pointer>>), SourceError> {
        let Reading { media, takes_html, pointers, freshness, shown } = reading;
        let has_pointers = pointers.iter().any(Option::is_some);
        let text = media.text(body)?;
        let is_html = media.is_html() || media.may_hide_html() && text.as_ref().is_ok_and(|text| looks_like_html(text));
        let unwanted = is_html && !takes_html;
        let freshness = if unwanted { freshness.without_version() } else { freshness };
        let document = |text: &str| Ok(freshness.mark(document(json(text, media.is_html())?, shown.clone())));
        let content = match (text, media.is_json()) {
            (Ok(text), true) => Content::Json(document(&text)?),
            (Err(_), true) => return Err(not_text()),
            (Ok(text), false) => {
                let parsed = has_pointers.then(|| document(&text));
                Content::Text(freshness.mark(Record::shared(Value::text(without_line_end(&text)))), parsed)
            }
            (Err(bytes), false) => Content::Bytes(freshness.mark(Record::shared(Value::Bytes(bytes)))),
        };
        Ok((Self { content, unwanted }, pointers))
    }

    /// What one component gets.
    fn answer<'p>(&'p self, pointer: Option<&Pointer>, index: &mut Index<'p>) -> Answer {
        let (document, pointer) = match (&self.content, pointer) {
            (Content::Json(document), None) => return Ok(document.clone().into()),
            (Content::Json(document), Some(pointer)) => (document, pointer),
            (Content::Text(..), None) if self.unwanted => return Err(page_of_html()),
            (Content::Text(text, _), None) => return Ok(text.clone().into()),
            (Content::Text(_, Some(parsed)), Some(pointer)) => (parsed.as_ref().map_err(Clone::clone)?, pointer),
            (Content::Bytes(bytes), None) => return Ok(bytes.clone().into()),
            (Content::Text(_, None) | Content::Bytes(_), Some(_)) => return Err(not_text()),
        };
        match pointer.find(document.value(), index) {
            Target::Value(positions) => Ok(document.part(&positions).map_or(Reply::ABSENT, Reply::from)),
            Target::Nothing => Ok(Reply::ABSENT),
            Target::Blocked { positions, found } => Err(blocked(document.part(&positions).as_ref(), found)),
        }
    }
}

/// Whether text begins as a page of HTML does.
fn looks_like_html(text: &str) -> bool {
    let text = text.trim_start();
    let begins = |with: &str| text.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    begins("<!doctype html") || begins("<html>") || begins("<html ")
}

/// A document that all who read from it share, and that can say where a part of it is.
fn document(value: Value, shown: String) -> Record {
    let value = Arc::new(value);
    Record::shared(Arc::clone(&value)).with_places(move |positions| {
        let pointer = pointer::to(&value, positions);
        Some(if pointer.is_empty() { shown.clone() } else { format!("{shown}#{pointer}") })
    })
}

fn json(text: &str, html: bool) -> Result<Value, SourceError> {
    Value::from_json(text).map_err(|error| {
        let (line, column) = line_and_column(text, json_error_at(text, &error));
        let place = format!("line {line} column {column}");
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

/// The error of a pointer that continues after a value without members.
fn blocked(here: Option<&Record>, found: &'static str) -> SourceError {
    let error = malformed(format!("the pointer leads through {found}, expected a map or a list"));
    match here.and_then(|here| here.place(&decode::Path::default())) {
        Some(place) => error.at(place),
        None => error,
    }
}

fn not_text() -> SourceError {
    malformed("the body is not JSON: it is not text")
}

fn page_of_html() -> SourceError {
    malformed("the server answers with a page of HTML, which is not a value")
        .with_hint("is it a login or an error page? `accept` of the builder takes `text/html` if the page is meant")
}

fn malformed(message: impl Into<std::borrow::Cow<'static, str>>) -> SourceError {
    SourceError::new(ErrorKind::Malformed, message)
}
