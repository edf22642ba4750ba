//! Values in memory, by key.

use std::{
    collections::HashMap,
    fmt,
    hash::{BuildHasher, RandomState},
    sync::Arc,
};

use component_model_types::text::nearest;
use futures_util::{StreamExt, stream};
use tokio::sync::watch;

use crate::{
    Answer, Asked, BoxStream, Change, ErrorKind, KeyQuery, News, Record, Reply, Request, RequestSpec, Source,
    SourceError, Value, Version, Watched, text::counted,
};

/// How many keys an error lists.
const LISTED: usize = 100;

/// A source with values in memory, by key: for tests, for defaults, and for settings that the program already has.
///
/// Cheap to clone; clones share their values, so that a clone can change the values of a registered source.
///
/// ```
/// use component_model::{Memory, Sources};
///
/// let sources = Sources::builder()
///     .source("settings", Memory::new([("host", "localhost"), ("port", "8080")]))
///     .build();
/// assert!(sources.names().contains(&"settings"));
/// ```
#[derive(Clone)]
pub struct Memory(Arc<watch::Sender<Entries>>);

/// The values, and how often one was set.
struct Entries {
    records: HashMap<String, Record>,
    changes: u64,
    /// Tells the versions of this memory from those of another one.
    memory: u64,
    is_shut_down: bool,
}

impl Entries {
    fn new() -> Self {
        let memory = RandomState::new().hash_one(());
        Self { records: HashMap::new(), changes: 0, memory, is_shut_down: false }
    }

    fn set(&mut self, key: String, value: Value) {
        self.changes += 1;
        let version = Version::new(format!("{:08x}-{}", self.memory >> 32, self.changes));
        self.records.insert(key, Record::shared(value).with_version(version));
    }

    #[inline]
    fn answer(&self, asked: Asked<'_, KeyQuery>) -> Answer {
        if let Some(read) = asked.query().read() {
            return self.deny_unknown(asked.query().key(), read);
        }
        Ok(match self.records.get(asked.query().key()) {
            None => Reply::ABSENT,
            Some(record) if asked.known().is_some() && asked.known() == record.version() => {
                Reply::Unchanged { good_for: None }
            }
            Some(record) => Reply::Found(record.clone()),
        })
    }

    #[cold]
    fn deny_unknown(&self, below: &str, read: &[String]) -> Answer {
        deny_unknown(self.records.keys().map(String::as_str), below, read)
    }
}

/// An error that names those of some keys that are below one and that none of the keys that are `read` reads; a key reads
/// everything below it.
pub(crate) fn deny_unknown<'k>(keys: impl Iterator<Item = &'k str>, below: &str, read: &[String]) -> Answer {
    let is_below = |key: &str, of: &str| {
        of.is_empty() || key.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let is_unknown = |key: &&str| is_below(key, below) && !read.iter().any(|read| is_below(key, read));
    let mut unknown: Vec<_> = keys.filter(is_unknown).collect();
    unknown.sort_unstable();
    let near = |key| nearest(key, read.iter().map(String::as_str));
    let error = |message: String| SourceError::new(ErrorKind::Invalid, message);
    match unknown[..] {
        [] => Ok(Reply::ABSENT),
        [key] => {
            let error = error(format!("`{key}` is read by no field"));
            let near = near(key).map(|near| format!("did you mean `{near}`?"));
            Err(near.into_iter().fold(error, SourceError::with_hint))
        }
        _ => {
            let shown = unknown.iter().take(LISTED).map(|key| match near(key) {
                Some(near) => format!("`{key}`, did you mean `{near}`?"),
                None => format!("`{key}`"),
            });
            let (count, shown) = (counted(unknown.len(), "key"), shown.collect::<Vec<_>>().join(" "));
            Err(error(format!("{count} are read by no field: {shown}")))
        }
    }
}

impl Memory {
    /// A source with texts by key, each parsed by the type of the field; a number is its text.
    ///
    /// ```
    /// use component_model::Memory;
    ///
    /// let settings = Memory::new([("host", "localhost"), ("port", "8080")]);
    /// assert!(!format!("{settings:?}").contains("localhost"));
    /// ```
    pub fn new<K: Into<String>, V: ToString>(entries: impl IntoIterator<Item = (K, V)>) -> Self {
        let mut all = Entries::new();
        entries.into_iter().for_each(|(key, text)| all.set(key.into(), Value::text(text.to_string())));
        Self(Arc::new(watch::Sender::new(all)))
    }

    /// Adds a value.
    ///
    /// ```
    /// use component_model::{Memory, Value};
    ///
    /// let settings = Memory::new([("host", "localhost")]).with("debug", Value::Bool(true));
    /// # let _ = settings;
    /// ```
    #[must_use]
    pub fn with(self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.set(key, value);
        self
    }

    /// Sets a value: the next fetch returns it, and watches report it.
    ///
    /// ```
    /// use component_model::{Fetch, Memory, Sources, Value};
    /// # use doc_examples::AppConfig;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), component_model::ComponentErrors> {
    /// let settings = Memory::new([("host", "localhost"), ("port", "8080")]);
    /// let sources = Sources::builder().source("settings", settings.clone()).build();
    ///
    /// settings.set("port", Value::text("9090"));
    /// let config: AppConfig = Fetch::new().sources(&sources).await?;
    /// assert_eq!(config.port, 9090);
    /// # Ok(())
    /// # }
    /// ```
    pub fn set(&self, key: impl Into<String>, value: impl Into<Value>) {
        self.0.send_modify(|entries| entries.set(key.into(), value.into()));
    }

    /// Removes a value: it is absent in the next fetch, and watches report that.
    ///
    /// ```
    /// use component_model::Memory;
    ///
    /// let settings = Memory::new([("host", "localhost")]);
    /// settings.remove("host");
    /// assert_eq!(format!("{settings:?}"), "{}");
    /// ```
    pub fn remove(&self, key: &str) {
        self.0.send_if_modified(|entries| entries.records.remove(key).is_some());
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new::<String, String>([])
    }
}

/// Shows the keys.
impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.borrow().records.keys()).finish()
    }
}

impl Source for Memory {
    type Query = KeyQuery;

    const BUILT_IN: bool = true;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
        Request::by_key(spec)
    }

    /// All its keys are those of one document.
    fn deny_unknown(
        &self,
        read: &[&KeyQuery],
        below: &RequestSpec<'_>,
    ) -> Result<Option<Request<KeyQuery>>, SourceError> {
        let key = below.key()?.into_owned();
        Ok(Some(Request::new(KeyQuery::unknown(key.clone(), read), key)))
    }

    fn fetch_immediate(&self, asked: Asked<'_, KeyQuery>) -> Option<Answer> {
        Some(self.0.borrow().answer(asked))
    }

    fn is_immediate(&self) -> bool {
        true
    }

    async fn fetch(&self, asked: Asked<'_, KeyQuery>) -> Answer {
        self.fetch_immediate(asked).unwrap_or(Ok(Reply::ABSENT))
    }

    /// Ends all watches. Values can still be fetched.
    async fn shutdown(&self) {
        self.0.send_modify(|entries| entries.is_shut_down = true);
    }

    /// Ends when the memory is shut down, or when its last clone is dropped.
    fn watch(&self, watched: Vec<Watched<KeyQuery>>) -> Option<BoxStream<'static, Change>> {
        let mut entries = self.0.subscribe();
        entries.mark_changed();
        let watched = watched.into_iter().map(|watched| (watched.query, News::since(watched.known))).collect();
        let watch = Watch { entries, watched };
        let changes = stream::unfold(watch, |mut watch| async {
            let changes = watch.next().await?;
            Some((stream::iter(changes), watch))
        });
        Some(changes.flatten().boxed())
    }
}

struct Watch {
    entries: watch::Receiver<Entries>,
    watched: Vec<(KeyQuery, News)>,
}

impl Watch {
    /// The changes since the last call, perhaps of no watched value; `None` if no further change is possible.
    async fn next(&mut self) -> Option<Vec<Change>> {
        self.entries.changed().await.ok()?;
        let entries = self.entries.borrow_and_update();
        if entries.is_shut_down {
            return None;
        }
        let changes = self.watched.iter_mut().enumerate().filter_map(|(index, (query, news))| {
            let answer = entries.answer(Asked::new(query).unless(news.version()));
            news.tell(answer).map(|answer| Change::Answer { index, answer })
        });
        Some(changes.collect())
    }
}
