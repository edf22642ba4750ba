//! A parsed file, and the answers from it.

use std::{
    path::Path,
    sync::{Arc, OnceLock},
};

use super::{
    format::Format,
    json,
    keypath::{Index, KeyPath, Target},
    places::Places,
    toml, unknown, yaml,
};
use crate::{Answer, ErrorKind, Record, Reply, SourceError, Value, Version, decode};

/// A file that was read: its value, which all components share, and its text, for the positions in errors and reports.
pub(super) struct Document {
    value: Arc<Value>,
    whole: Record,
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
    pub(super) fn parse(path: &Path, text: String, version: Version) -> Result<Self, SourceError> {
        let (name, format) = (path.display().to_string(), Format::of(path));
        let value = match format {
            Format::Toml => toml::parse(&text),
            Format::Json => json::parse(&text),
            Format::Yaml => yaml::parse(&text),
            Format::Plain => Ok(Value::text(without_line_end(&text))),
        };
        let value = match value {
            Ok(value) => Arc::new(value),
            Err(broken) => return Err(SourceError::new(broken.kind, broken.message).at(place(&name, broken.position))),
        };
        // The text is searched for positions once, and only if one is needed.
        let places = OnceLock::new();
        let find = move |positions: &[usize]| {
            let places = places.get_or_init(|| Places::of(format, &text));
            Some(place(&name, places.position(positions)))
        };
        let whole = Record::shared(Arc::clone(&value)).with_version(version).with_places(find);
        Ok(Self { value, whole })
    }

    /// Starts to answer.
    pub(super) fn search(&self) -> Search<'_> {
        Search { document: self, index: Index::default(), positions: Vec::new() }
    }
}

/// A search for several paths in one document.
pub(super) struct Search<'d> {
    document: &'d Document,
    index: Index<'d>,
    positions: Vec<usize>,
}

impl Search<'_> {
    pub(super) fn answer(&mut self, path: &KeyPath) -> Answer {
        match path.find(&self.document.value, &mut self.index, &mut self.positions) {
            Target::Value => Ok(self.here().into()),
            Target::Nothing => Ok(Reply::ABSENT),
            Target::Blocked { expected, found } => {
                let message = format!("the path leads through {found}, expected {expected}");
                let error = SourceError::new(ErrorKind::Malformed, message);
                Err(match self.here().place(&decode::Path::default()) {
                    Some(place) => error.at(place),
                    None => error,
                })
            }
        }
    }

    /// An error that names the keys below a path that none of the paths reads.
    pub(super) fn deny_unknown(&mut self, below: &KeyPath, read: &[KeyPath]) -> Answer {
        let document = self.document;
        let found = match below.find(&document.value, &mut self.index, &mut self.positions) {
            Target::Value => unknown::find(&document.value, below, &self.positions, read),
            // What is wrong with it, the components say.
            Target::Nothing | Target::Blocked { .. } => Vec::new(),
        };
        let place = |positions: &[usize]| document.whole.part(positions).place(&decode::Path::default());
        unknown::error(&found, place).map_or(Ok(Reply::ABSENT), Err)
    }

    /// What the path has found.
    fn here(&self) -> Record {
        self.document.whole.part(&self.positions)
    }
}

fn place(name: &str, position: Option<Position>) -> String {
    position.map_or_else(|| name.to_owned(), |(line, column)| format!("{name}:{line}:{column}"))
}

fn without_line_end(text: &str) -> &str {
    text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line))
}
