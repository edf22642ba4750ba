//! A parsed file, and the answers from it.

use std::{
    path::Path,
    sync::{Arc, OnceLock},
};

use component_model_source::{Answer, ErrorKind, Record, Reply, SourceError, Value, Version, decode};

use super::{
    broken::Position,
    format::Format,
    json,
    keypath::{Index, KeyPath, Target},
    places::Places,
    toml, unknown, yaml,
};
use crate::without_line_end;

/// A file that was read: its value, which all components share, and its text, for the positions in errors and reports.
pub(super) struct Document {
    value: Arc<Value>,
    whole: Record,
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

    pub(super) fn value(&self) -> &Value {
        &self.value
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
            Target::Value => Ok(self.here().map_or(Reply::ABSENT, Reply::from)),
            Target::Nothing => Ok(Reply::ABSENT),
            Target::Blocked { expected, found } => {
                let message = format!("the path leads through {found}, expected {expected}");
                let error = SourceError::new(ErrorKind::Malformed, message);
                Err(match self.here().and_then(|here| here.place(&decode::Path::default())) {
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
        let place =
            |positions: &[usize]| document.whole.part(positions).and_then(|part| part.place(&decode::Path::default()));
        unknown::error(&found, place).map_or(Ok(Reply::ABSENT), Err)
    }

    /// What the path has found.
    fn here(&self) -> Option<Record> {
        self.document.whole.part(&self.positions)
    }
}

fn place(name: &str, position: Option<Position>) -> String {
    position.map_or_else(|| name.to_owned(), |(line, column)| format!("{name}:{line}:{column}"))
}

#[cfg(test)]
mod tests {
    use super::{super::places::searched, *};

    #[test]
    fn a_text_is_searched_for_positions_once_and_not_before_one_is_needed() {
        let text = "a = 1\nb = [2, 3]\n".to_owned();
        let before = searched();
        let document = Document::parse(Path::new("app.toml"), text, Version::new("1")).unwrap();
        let records: Vec<_> =
            [&[0][..], &[1], &[1, 1]].iter().map(|positions| document.whole.part(positions).unwrap()).collect();
        assert_eq!(searched(), before);
        let places: Vec<_> = records.iter().map(|record| record.place(&decode::Path::default()).unwrap()).collect();
        assert_eq!(places, ["app.toml:1:5", "app.toml:2:5", "app.toml:2:9"]);
        assert_eq!(searched(), before + 1);
    }
}
