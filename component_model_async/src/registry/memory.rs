//! Values in memory, by key.

use std::{collections::HashMap, fmt, sync::Arc};

use futures_util::{StreamExt, stream};
use tokio::sync::watch;

use crate::{
    Answer, Asked, BoxStream, Change, KeyQuery, Record, Reply, Request, RequestSpec, Source, SourceError, Value,
    Version, Watched,
};

/// Values in memory, by key. For tests, defaults and programs that already know their settings.
///
/// Cheap to clone. Clones share their values, so a clone can change the values of registered sources.
///
/// ```
/// use component_model_async::{Memory, Sources};
///
/// let sources = Sources::builder()
///     .source("settings", Memory::new([("host", "localhost"), ("port", "8080")]))
///     .build();
/// assert!(sources.names().contains(&"settings"));
/// ```
#[derive(Clone)]
pub struct Memory(Arc<watch::Sender<Entries>>);

/// The values, and how often one was set.
#[derive(Default)]
struct Entries {
    records: HashMap<String, Record>,
    changes: u64,
}

impl Entries {
    fn set(&mut self, key: String, value: Value) {
        self.changes += 1;
        let version = Version::new(self.changes.to_string());
        self.records.insert(key, Record::shared(value).with_version(version));
    }

    fn answer(&self, asked: Asked<'_, KeyQuery>) -> Reply {
        match self.records.get(asked.query().key()) {
            None => Reply::Absent,
            Some(record) if asked.known().is_some() && asked.known() == record.version() => {
                Reply::Unchanged { good_for: None }
            }
            Some(record) => Reply::Found(record.clone()),
        }
    }
}

impl Memory {
    /// Text values by key; the field's type reads each of them.
    ///
    /// ```
    /// use component_model_async::Memory;
    ///
    /// let settings = Memory::new([("host", "localhost"), ("port", "8080")]);
    /// assert!(!format!("{settings:?}").contains("localhost"));
    /// ```
    pub fn new<K: Into<String>, V: Into<String>>(entries: impl IntoIterator<Item = (K, V)>) -> Self {
        let mut all = Entries::default();
        entries.into_iter().for_each(|(key, text)| all.set(key.into(), Value::text(text)));
        Self(Arc::new(watch::Sender::new(all)))
    }

    /// Adds a value.
    ///
    /// ```
    /// use component_model_async::{Memory, Value};
    ///
    /// let settings = Memory::new([("host", "localhost")]).with("debug", Value::Bool(true));
    /// # let _ = settings;
    /// ```
    #[must_use]
    pub fn with(self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.set(key, value);
        self
    }

    /// Sets a value: the next fetch gets it, and its watchers are notified.
    ///
    /// ```
    /// # use component_model_async::{Fetch, Memory, Sources, Value, doctest::AppConfig};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), component_model_async::ComponentErrors> {
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

    /// Removes a value: the next fetch finds it absent, and its watchers are notified.
    ///
    /// ```
    /// # use component_model_async::Memory;
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

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
        Ok(Request::by_key(spec))
    }

    fn fetch_immediate(&self, asked: Asked<'_, KeyQuery>) -> Option<Answer> {
        Some(Ok(self.0.borrow().answer(asked)))
    }

    async fn fetch(&self, asked: Asked<'_, KeyQuery>) -> Answer {
        Ok(self.0.borrow().answer(asked))
    }

    /// Ends when the last clone is dropped.
    fn watch(&self, watched: Vec<Watched<KeyQuery>>) -> Option<BoxStream<'static, Change>> {
        let mut entries = self.0.subscribe();
        entries.mark_changed();
        let watch = Watch { entries, watched: watched.into_iter().map(|watched| (watched, false)).collect() };
        let changes = stream::unfold(watch, |mut watch| async {
            let changes = watch.next().await?;
            Some((stream::iter(changes), watch))
        });
        Some(changes.flatten().boxed())
    }
}

/// The watched values, each with whether its watcher was notified that it is absent.
struct Watch {
    entries: watch::Receiver<Entries>,
    watched: Vec<(Watched<KeyQuery>, bool)>,
}

impl Watch {
    /// The changes since the last call, perhaps of no watched value; `None` if no further change is possible.
    async fn next(&mut self) -> Option<Vec<Change>> {
        self.entries.changed().await.ok()?;
        let entries = self.entries.borrow_and_update();
        let mut changes = Vec::new();
        for (index, (watched, told_absent)) in self.watched.iter_mut().enumerate() {
            let reply = entries.answer(Asked::new(&watched.query).unless(&watched.known));
            let is_news = match &reply {
                Reply::Absent => !std::mem::replace(told_absent, true),
                Reply::Found(_) => true,
                _ => false,
            };
            if is_news {
                watched.known = reply.record().and_then(Record::version).cloned();
                *told_absent = reply.record().is_none();
                changes.push(Change::Answer { index, answer: Ok(reply) });
            }
        }
        Some(changes)
    }
}
