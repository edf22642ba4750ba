//! The contract of a source: a path into a document for each key; all keys of a file share one read.

use std::{
    hash::{BuildHasher, RandomState},
    path::{Path, PathBuf},
    sync::LazyLock,
};

use component_model_source::{
    Answer, Asked, BoxStream, Change, ErrorKind, OptionSpec, Reply, Request, RequestSpec, Source, SourceError, Version,
    Watched,
};
use component_model_types::built_in;

use super::{File, document::Document, format::Format, keypath::KeyPath, missing, watch};
use crate::{read, single::only};

/// A path into the document of a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FileQuery {
    file: PathBuf,
    /// Empty for the whole file.
    path: KeyPath,
    asks: Asks,
}

/// What is asked about the path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Asks {
    Value,
    /// Whether there are keys below it that none of these paths reads.
    Unknown(Box<[KeyPath]>),
}

impl FileQuery {
    pub(super) fn file(&self) -> &Path {
        &self.file
    }
}

impl Source for File {
    type Query = FileQuery;

    const OPTIONS: &'static [OptionSpec] = built_in::FILE.options;

    const BUILT_IN: bool = true;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<FileQuery>, SourceError> {
        let file = self.file_for(spec)?;
        let Some(name) = file.to_str() else {
            return Err(SourceError::new(ErrorKind::Misconfigured, "the path is not UTF-8"));
        };
        let (path, locator) = match Format::of(&file) {
            Format::Plain => (whole(spec, &file)?, name.to_owned()),
            _ => {
                let key = spec.key()?;
                (KeyPath::parse(&key)?, format!("{name}#{key}"))
            }
        };
        Ok(Request::new(FileQuery { file: file.clone(), path, asks: Asks::Value }, locator).with_group(file))
    }

    fn deny_unknown(
        &self,
        read: &[&FileQuery],
        below: &RequestSpec<'_>,
    ) -> Result<Option<Request<FileQuery>>, SourceError> {
        let Some(file) = read.first().map(|query| query.file.clone()) else { return Ok(None) };
        if Format::of(&file) == Format::Plain {
            return Ok(None);
        }
        let (key, name) = (below.key()?, file.display().to_string());
        let locator = if key.is_empty() { name } else { format!("{name}#{key}") };
        let asks = Asks::Unknown(read.iter().map(|query| query.path.clone()).collect());
        let query = FileQuery { file: file.clone(), path: KeyPath::parse(&key)?, asks };
        Ok(Some(Request::new(query, locator).with_group(file)))
    }

    async fn fetch(&self, asked: Asked<'_, FileQuery>) -> Answer {
        only(self.fetch_many(&[asked]).await)
    }

    /// All requests of a group are for one file.
    async fn fetch_many(&self, asked: &[Asked<'_, FileQuery>]) -> Vec<Answer> {
        let Some(first) = asked.first() else { return Vec::new() };
        if let Some(error) = self.ended.error() {
            return failed(&error, asked);
        }
        let file = &first.query().file;
        if let Some(text) = read::text_in_memory(file) {
            return answers(file, text, asked);
        }
        // A large document is parsed and searched on the thread that reads it, not on the executor.
        let (file, owned): (_, Vec<_>) =
            (file.clone(), asked.iter().map(|asked| (asked.query().clone(), asked.known().cloned())).collect());
        let read = read::blocking(move |waiting| {
            let asked: Vec<_> = owned.iter().map(|(query, known)| Asked::new(query).unless(known)).collect();
            Ok(answers(&file, read::text(&file, waiting), &asked))
        });
        read.await.unwrap_or_else(|error| failed(&error, asked))
    }

    fn watch(&self, watched: Vec<Watched<FileQuery>>) -> Option<BoxStream<'static, Change>> {
        Some(watch::watch(self.clone(), watched))
    }

    fn how_to_set(&self, query: &FileQuery) -> Option<String> {
        let shown = query.file.display();
        if query.path.parts().is_empty() {
            return Some(format!("write it into `{shown}`"));
        }
        // Only what needs no waiting.
        let text = read::text_in_memory(&query.file).and_then(Result::ok);
        let document = text.and_then(|text| {
            let version = version_of(&text);
            Document::parse(&query.file, text, version).ok()
        });
        let value = document.as_ref().map(Document::value);
        Some(missing::how_to_write(&query.path, value, &shown.to_string()))
    }

    /// Nothing is open between two requests; later ones fail, which ends watches.
    async fn shutdown(&self) {
        self.ended.end();
    }
}

impl File {
    fn file_for(&self, spec: &RequestSpec<'_>) -> Result<PathBuf, SourceError> {
        let file = spec
            .option_in_segments("path", &['/', '\\'])?
            .map(|path| PathBuf::from(&*path))
            .or_else(|| self.path.clone());
        if file.as_ref().is_some_and(|file| file.as_os_str().is_empty()) {
            let error = SourceError::new(ErrorKind::Misconfigured, "the path of the file is empty");
            return Err(error.with_hint("write it as `path = \"app.toml\"`"));
        }
        file.ok_or_else(|| {
            SourceError::new(ErrorKind::NotSetUp, "no file is named")
                .with_hint("add `path = \"app.toml\"` to the component, or set CONFIG_FILE")
        })
    }
}

/// Plain text has no keys: the whole file is the value of a component that names it with `path`, or that has `key = ""`.
fn whole(spec: &RequestSpec<'_>, file: &Path) -> Result<KeyPath, SourceError> {
    let is_whole = if spec.has_key() { spec.key()?.is_empty() } else { spec.options().any(|option| option == "path") };
    if is_whole {
        return Ok(KeyPath::default());
    }
    let message = format!("`{}` is read as plain text, which has no keys", file.display());
    Err(SourceError::new(ErrorKind::Misconfigured, message).with_hint(
        "the extension determines the format: .toml, .json, .yaml or .yml; `key = \"\"` reads the whole text",
    ))
}

/// The answers from the text of a file. It is not parsed if all requests know its version.
fn answers(file: &Path, text: Result<String, SourceError>, asked: &[Asked<'_, FileQuery>]) -> Vec<Answer> {
    let text = match text {
        Ok(text) => text,
        Err(error) => return failed(&error, asked),
    };
    let version = version_of(&text);
    if asked.iter().all(|asked| asked.known() == Some(&version)) {
        return asked.iter().map(|_| Ok(unchanged())).collect();
    }
    let document = match Document::parse(file, text, version.clone()) {
        Ok(document) => document,
        Err(error) => return failed(&error, asked),
    };
    let mut search = document.search();
    let mut answer = |asked: &Asked<'_, FileQuery>| match asked.known() == Some(&version) {
        true => Ok(unchanged()),
        false => match &asked.query().asks {
            Asks::Value => search.answer(&asked.query().path),
            Asks::Unknown(read) => search.deny_unknown(&asked.query().path, read),
        },
    };
    asked.iter().map(&mut answer).collect()
}

fn unchanged() -> Reply {
    Reply::Unchanged { good_for: None }
}

fn failed(error: &SourceError, asked: &[Asked<'_, FileQuery>]) -> Vec<Answer> {
    asked.iter().map(|_| Err(error.clone())).collect()
}

/// The version of the file: a hash with a key of this process, so that it reveals nothing about a secret in the file.
fn version_of(text: &str) -> Version {
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    Version::new(format!("{:016x}", KEY.hash_one(text)))
}
