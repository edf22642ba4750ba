//! A parsed file, and the answers it gives.

use std::{path::Path, sync::Arc};

use super::{
    format::Format,
    json,
    keypath::{Index, KeyPath, Target},
    toml, yaml,
};
use crate::{
    Answer, ErrorKind, Record, Request, SourceError, Value,
    decode::{self, Step},
};

/// A file that was read: its text, for the places of errors, and its value, which all components share.
pub(super) struct Document {
    name: String,
    format: Format,
    text: String,
    value: Arc<Value>,
}

/// A line and a column, both from 1.
pub(super) type Position = (usize, usize);

/// Why a text is not a document of its format.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) kind: ErrorKind,
    pub(super) message: String,
    pub(super) position: Option<Position>,
}

impl Broken {
    pub(super) fn malformed(message: impl Into<String>, position: Option<Position>) -> Self {
        Self { kind: ErrorKind::Malformed, message: message.into(), position }
    }

    pub(super) fn too_large(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::TooLarge, message: message.into(), position: None }
    }
}

impl Document {
    /// Parses the text of a file.
    pub(super) fn parse(path: &Path, text: String) -> Result<Self, SourceError> {
        let (name, format) = (path.display().to_string(), Format::of(path));
        let value = match format {
            Format::Toml => toml::parse(&text),
            Format::Json => json::parse(&text),
            Format::Yaml => yaml::parse(&text),
            Format::Plain => Ok(Value::text(without_line_end(&text))),
        };
        match value {
            Ok(value) => Ok(Self { name, format, text, value: Arc::new(value) }),
            Err(broken) => Err(SourceError::new(broken.kind, broken.message).at(place(&name, broken.position))),
        }
    }

    /// The answers to requests whose keys are paths into the document.
    pub(super) fn answers(self, requests: &[Request]) -> Vec<Answer> {
        let document = Arc::new(self);
        let (mut index, mut positions) = (Index::default(), Vec::new());
        requests.iter().map(|request| answer(&document, request, &mut index, &mut positions)).collect()
    }

    /// Where the value is that these steps lead to.
    fn place(&self, steps: &[Step]) -> Option<String> {
        let position = match self.format {
            Format::Toml => toml::position(&self.text, steps),
            Format::Json => json::position(&self.text, steps),
            Format::Yaml => yaml::position(&self.text, steps),
            Format::Plain => None,
        };
        position.map(|position| place(&self.name, Some(position)))
    }
}

fn answer<'d>(
    document: &'d Arc<Document>,
    request: &Request,
    index: &mut Index<'d>,
    positions: &mut Vec<usize>,
) -> Answer {
    match KeyPath::checked(request.key()).find(&document.value, index, positions) {
        Target::Value => Ok(Some(found(document, request, positions))),
        Target::Nothing => Ok(None),
        Target::Blocked { at, expected, found } => {
            let error =
                SourceError::new(ErrorKind::Malformed, format!("expected {expected} on the way, found {found}"));
            Err(match document.place(&at) {
                Some(place) => error.at(place),
                None => error,
            })
        }
    }
}

fn found(document: &Arc<Document>, request: &Request, positions: &[usize]) -> Record {
    let part = Record::part(&document.value, positions);
    let (document, request) = (Arc::clone(document), request.clone());
    part.with_place(move |within: &decode::Path| {
        let mut steps = KeyPath::checked(request.key()).steps(&document.value);
        steps.extend_from_slice(within.steps());
        document.place(&steps)
    })
}

fn place(name: &str, position: Option<Position>) -> String {
    position.map_or_else(|| name.to_owned(), |(line, column)| format!("{name}:{line}:{column}"))
}

fn without_line_end(text: &str) -> &str {
    text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line))
}
