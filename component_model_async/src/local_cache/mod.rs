//! The last known good values on disk, for `fallback_to = "local_cache"`: a program starts although its sources are
//! down.
//!
//! A component that falls back to `local_cache` is stored if the whole fetch succeeded and the whole struct is valid; also that
//! there was no value, so that what was deleted does not come back. If its source cannot answer later, or answers with a value
//! that is wrong, what was stored last is used: the value, or the `default` or `None` where there was none. It is never used
//! for a value that is absent or denied.
//!
//! ```
//! use component_model::{LocalCache, LocalCacheKey};
//! use std::time::Duration;
//!
//! # let text = "8f1d3c2b5a697887a6b5c4d3e2f10f1e2d3c4b5a69788796a5b4c3d2e1f00112";
//! // `text` is what `openssl rand -hex 32` wrote, from a variable of the environment.
//! let cache = LocalCache::at("/var/lib/shop/config.cache")
//!     .encrypted_with(LocalCacheKey::from_hex(text)?)
//!     .max_age(Duration::from_secs(7 * 24 * 60 * 60));
//! # Ok::<(), component_model::SourceError>(())
//! ```
//!
//! [`SourcesBuilder::local_cache`](crate::SourcesBuilder::local_cache) takes it. With the sources of the environment, and so by
//! default, the variable `LOCAL_CACHE` names the file and `LOCAL_CACHE_KEY` the key ([`LocalCache::from_env`]). Without either
//! nothing is stored.
//!
//! # The file
//!
//! One file holds the entries of all components, and several programs of one user may share it. An entry belongs to a component,
//! its source and its locator: after a change of the key in the attribute, the old value is not used. Where a locator does not
//! tell requests apart, as that of an SQL statement with other literals or parameters, or of another database, a digest is
//! added to it. The component is known by the name of its struct, without its module: two structs of one name that read
//! different things under one locator need files of their own. A component whose request contains a sensitive value cannot be
//! stored, and a value with a lease is not. Each write replaces the whole file: a program that is killed, or a full disk, leaves the old content. Processes write one after
//! another; for that there is a second file, `config.cache.lock`. A missing folder is created.
//!
//! Both files are readable by their owner only. A file that belongs to another user, that others may write, or that is
//! not a local cache is neither used nor replaced. Symbolic links are not followed (links in the path of the folder
//! are). Use a folder that only the program's user can write, such as `StateDirectory=` of systemd. On systems that are
//! not of the Unix family, the folder's permissions are the only protection.
//!
//! Problems with the content (truncated, damaged, changed) are reported, and the other entries are used. An entry that
//! was not fetched for [90 days](LocalCache::retention) is removed. There are at most 10 000 entries and 16 MiB; the
//! oldest are removed first. If the same value is fetched again, its time is written at most once a minute.
//!
//! # What is protected
//!
//! | | without a key | with a key |
//! | --- | --- | --- |
//! | sensitive components | are not stored; each attempt is an error that says so | are encrypted |
//! | other components | in plain text | are encrypted |
//! | names of components, sources, locators, times | in plain text | in plain text |
//! | damage: a broken disk, a file that was cut | detected | detected |
//! | deliberate changes to an entry, or one entry in place of another | **not detected**: a checksum is no secret | detected |
//! | an entry that was removed, or an older state of the file | not detected | not detected |
//!
//! The checksums (SHA-256) find damage. Whoever can write the file as its owner can also write matching checksums: only
//! the key prevents that. Entries are encrypted with XChaCha20-Poly1305, each with a random nonce, and bound to
//! component, source, locator and time. If there is a key, entries that are not encrypted are ignored. An encrypted
//! value reveals its length in steps of 64 bytes.
//!
//! # The format
//!
//! Lines of UTF-8, so that a person can read the file, and damage in one line leaves the others intact. The columns are
//! separated by tabs, which the JSON in them never contains.
//!
//! ```text
//! component_model local cache 1
//! <checksum>  {"component":"AppConfig.port","source":"consul","locator":"app/port","fetched_ms":1760000000000,"sensitive":false,"sealed":false}  "42"  "text:8080"
//! <checksum>  {"component":"AppConfig.api_key",…,"sensitive":true,"sealed":true}  <nonce, encrypted version and value, tag>
//! end  2  <checksum>
//! ```
//!
//! The checksum of an entry is that of the rest of its line; the last one is that of all lines before. After the head
//! come the version in the source's terms, or `null`, and the value: as JSON in which each kind of value can be told
//! from the others (`"text:8080"` is text that the field's type parses, `"string:8080"` is a string, `["list", 1, 2]`
//! is a list). A file of another version is neither used nor replaced.

mod access;
mod codec;
mod entry;
mod failure;
mod file;
mod format;
mod key;
mod lock;
mod merge;
mod problems;
mod readers;
mod seal;
#[cfg(test)]
mod tests;
mod value;
mod variables;
mod writer;

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::sync::oneshot::Receiver;

pub(crate) use self::entry::{Entry, EntryId};
pub use self::key::LocalCacheKey;
pub(crate) use self::writer::Saved;
use self::{codec::Unreadable, format::Content, merge::Rules, readers::Readers, writer::Writer};
use crate::{ErrorKind, SourceError};

/// The hint if the path is the mistake.
const ANOTHER_PATH: &str = "name a file of its own in `LocalCache::at`, in a folder that the program can write";

/// How long an entry is kept that is not fetched again.
const RETENTION: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// The most time between two writes of a value that does not change.
const REFRESH_AFTER: Duration = Duration::from_secs(60);

/// A file with the last known good values; [the page of the module](self) describes it.
///
/// Nothing is read or written before a fetch needs it. Clones share the file.
///
/// ```
/// use component_model::LocalCache;
///
/// let cache = LocalCache::at("/var/lib/shop/config.cache");
/// assert!(format!("{cache:?}").contains("config.cache"));
/// ```
#[derive(Debug, Clone)]
pub struct LocalCache {
    path: Arc<Path>,
    key: Option<LocalCacheKey>,
    max_age: Option<Duration>,
    retention: Duration,
    /// One thread at a time reads the file, and one writes it: a read does not wait for a write that waits for the lock. Of
    /// clones with the same settings only, since others read and write something else.
    reading: Arc<Readers>,
    writing: Arc<Writer>,
}

/// What a file contains.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    /// The entries that may be used, in the order of their ids.
    pub(crate) entries: Vec<Entry>,
    /// What is wrong with the file; none if it does not exist.
    pub(crate) problems: Vec<SourceError>,
}

impl Loaded {
    fn failed(error: SourceError) -> Self {
        Self { problems: vec![error], ..Self::default() }
    }

    /// The last known good value of a component.
    pub(crate) fn find(&self, id: &EntryId) -> Option<&Entry> {
        let found = self.entries.binary_search_by(|entry| entry.id.cmp(id)).ok()?;
        self.entries.get(found)
    }
}

impl LocalCache {
    /// A cache in a file, which need not exist. If the path names no file, because it is empty or ends in `..`, or begins with
    /// `~`, which only a shell replaces, components that name the local cache fail before anything is asked.
    ///
    /// ```
    /// use component_model::LocalCache;
    ///
    /// let cache = LocalCache::at("/var/lib/shop/config.cache");
    /// ```
    pub fn at(path: impl AsRef<Path>) -> Self {
        Self {
            path: path.as_ref().into(),
            key: None,
            max_age: None,
            retention: RETENTION,
            reading: Arc::default(),
            writing: Arc::default(),
        }
    }

    /// Encrypts all entries. Without a key, sensitive components are not stored.
    ///
    /// With another key, the entries of the former one are ignored until their components are fetched again.
    ///
    /// ```
    /// use component_model::{LocalCache, LocalCacheKey};
    ///
    /// let key = LocalCacheKey::from_base64("BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=")?;
    /// let cache = LocalCache::at("config.cache").encrypted_with(key);
    /// assert!(format!("{cache:?}").contains("[REDACTED]"));
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    #[must_use]
    pub fn encrypted_with(self, key: LocalCacheKey) -> Self {
        Self { key: Some(key), ..self.apart() }
    }

    /// Uses no value that was fetched longer ago. By default the age does not matter. A value from the future, since
    /// the clock was changed, is used. Zero is a mistake, since no value could be used: components that name the local cache
    /// fail before anything is asked.
    ///
    /// ```
    /// use component_model::LocalCache;
    /// use std::time::Duration;
    ///
    /// let cache = LocalCache::at("config.cache").max_age(Duration::from_secs(24 * 60 * 60));
    /// ```
    #[must_use]
    pub fn max_age(self, max_age: Duration) -> Self {
        Self { max_age: Some(max_age), ..self.apart() }
    }

    /// Removes entries that were not fetched for this long, whoever wrote them, at the next write. The default is 90
    /// days.
    ///
    /// ```
    /// use component_model::LocalCache;
    /// use std::time::Duration;
    ///
    /// let cache = LocalCache::at("config.cache").retention(Duration::from_secs(30 * 24 * 60 * 60));
    /// ```
    #[must_use]
    pub fn retention(self, retention: Duration) -> Self {
        Self { retention, ..self.apart() }
    }

    /// The same with threads of its own.
    fn apart(self) -> Self {
        Self { reading: Arc::default(), writing: Arc::default(), ..self }
    }

    /// What is wrong with it, known without a look at the disk.
    pub(crate) fn mistake(&self) -> Option<SourceError> {
        let message = match self.path.as_os_str().is_empty() {
            true => "the path of the local cache is empty".to_owned(),
            false if self.path.file_name().is_none() => {
                format!("the path of the local cache, `{}`, names no file", self.path.display())
            }
            false if self.path.starts_with("~") => {
                format!(
                    "the path of the local cache, `{}`, begins with `~`, which only a shell replaces",
                    self.path.display()
                )
            }
            false if self.max_age.is_some_and(|max_age| max_age.is_zero()) => {
                let message = "the `max_age` of the local cache is zero: no value could be used";
                let error = SourceError::new(ErrorKind::Misconfigured, message);
                return Some(error.with_hint("give `LocalCache::max_age` a longer time, or leave it out"));
            }
            false => return None,
        };
        Some(SourceError::new(ErrorKind::Misconfigured, message).with_hint(ANOTHER_PATH))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Why a component cannot be stored, known without a value: it is sensitive, and there is no key.
    pub(crate) fn refusal(&self, sensitive: bool) -> Option<SourceError> {
        (sensitive && self.key.is_none()).then(codec::needs_key)
    }

    /// Reads the file.
    ///
    /// # Cancel safety
    /// Reads have no effect.
    pub(crate) async fn load(&self) -> Arc<Loaded> {
        let cache = self.clone();
        let read = move || cache.load_at(SystemTime::now()).unwrap_or_else(Loaded::failed);
        self.reading.read(read).await
    }

    /// Begins to store new values beside those that the file has. What comes of it can be waited for, unless a thread writes
    /// already, which then writes these too; if nobody does any more, it goes to `unheard`.
    ///
    /// It is an error if the file cannot be written, in which case it keeps its content. If some values are refused, the
    /// others are stored.
    pub(crate) fn save(&self, updates: Vec<Entry>, unheard: fn(Saved)) -> Option<Receiver<Saved>> {
        let cache = self.clone();
        self.writing.write(updates, move |updates| cache.save_at(updates, SystemTime::now), unheard)
    }

    /// Waits until what was to be stored is, or cannot be.
    pub(crate) async fn end(&self) {
        self.writing.end().await;
    }

    fn load_at(&self, now: SystemTime) -> Result<Loaded, SourceError> {
        let path = &self.path;
        let Some(found) = file::read(path)? else { return Ok(Loaded::default()) };
        let content = format::read(&found.bytes).map_err(|foreign| problems::foreign(path, foreign))?;
        let mut loaded = self.entries(&content, now);
        loaded.problems.extend(content.flaw.map(|flaw| problems::flawed(path, &flaw)));
        loaded.problems.extend(found.is_exposed.then(|| problems::exposed(path)));
        Ok(loaded)
    }

    /// The entries of a file, those that cannot be read by reason.
    fn entries(&self, content: &Content, now: SystemTime) -> Loaded {
        let (mut entries, mut too_old): (Vec<Entry>, Vec<String>) = <_>::default();
        let mut unreadable =
            [Unreadable::NoKey, Unreadable::NotSealed, Unreadable::NotAuthentic, Unreadable::Malformed]
                .map(|reason| (reason, Vec::new()));
        for line in &content.lines {
            match codec::entry(line, self.key.as_ref()) {
                Ok(entry) if self.is_too_old(&entry, now) => too_old.push(entry.id.component),
                Ok(entry) => entries.push(entry),
                Err(error) => {
                    let component = codec::Head::of(line).map_or_else(|| "?".to_owned(), |head| head.id().component);
                    let same = unreadable.iter_mut().filter(|(reason, _)| *reason == error);
                    same.for_each(|(_, components)| components.push(component.clone()));
                }
            }
        }
        // A file that was changed may have an entry twice: the newest one is used.
        entries.sort_by(|one, other| one.id.cmp(&other.id).then(other.fetched.cmp(&one.fetched)));
        entries.dedup_by(|later, earlier| later.id == earlier.id);
        let unreadable = unreadable.iter().filter(|(_, components)| !components.is_empty());
        let mut problems: Vec<_> =
            unreadable.map(|(reason, components)| problems::unreadable(&self.path, *reason, components)).collect();
        problems.extend((!too_old.is_empty()).then(|| problems::too_old(&self.path, &too_old)));
        Loaded { entries, problems }
    }

    fn is_too_old(&self, entry: &Entry, now: SystemTime) -> bool {
        self.max_age.is_some_and(|max_age| entry.age(now).is_some_and(|age| age > max_age))
    }

    fn save_at(&self, updates: Vec<Entry>, clock: impl FnOnce() -> SystemTime) -> Saved {
        let path = &self.path;
        let _lock = lock::acquire(path, lock::LONGEST)?;
        // Not before: what others have written while this waited is not from the future.
        let now = clock();
        let found = file::read(path)?;
        let content = match &found {
            Some(found) => format::read(&found.bytes).map_err(|foreign| problems::foreign(path, foreign))?,
            None => Content::default(),
        };
        let needs_repair = content.flaw.is_some() || found.is_some_and(|found| found.is_exposed);
        let merged = merge::merge(content.lines, updates, self.rules(now));
        if merged.is_changed || needs_repair {
            file::replace(path, &format::write(&merged.lines))?;
        }
        problems::refused(path, merged.refused).map_or(Ok(()), Err)
    }

    fn rules(&self, now: SystemTime) -> Rules<'_> {
        // Otherwise an entry could be too old although its value is fetched again and again.
        let refresh_after = [self.max_age, Some(self.retention)].into_iter().flatten().map(|limit| limit / 2).min();
        let refresh_after = refresh_after.map_or(REFRESH_AFTER, |half| half.min(REFRESH_AFTER));
        Rules { key: self.key.as_ref(), now, retention: self.retention, refresh_after }
    }
}

fn ended_early() -> SourceError {
    SourceError::new(ErrorKind::Other, "the thread that uses the local cache ended early")
}
