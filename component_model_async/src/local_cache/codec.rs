//! An entry becomes a line, sealed if there is a key, and is read from one.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{
    LocalCacheKey,
    entry::{Entry, EntryId},
    format::Line,
    seal, value,
    value::Unwritable,
};
use crate::{ErrorKind, SourceError, Value, Version, limit};

/// The head of a line: what an entry is for. A sealed value is bound to the text of its head.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Head {
    component: String,
    source: String,
    locator: String,
    fetched_ms: u64,
    sensitive: bool,
    sealed: bool,
}

/// Why a line that is whole has no entry for this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// The entry is sealed, and no key was given.
    NoKey,
    /// The entry is not sealed, but a key was given: anybody could have written it.
    NotSealed,
    /// Another key sealed the entry, or it was changed.
    NotAuthentic,
    /// The head or the value is not in the notation of this version.
    Malformed,
}

impl Head {
    pub(super) fn of(line: &Line) -> Option<Self> {
        serde_json::from_str(line.head()).ok()
    }

    pub(super) fn id(&self) -> EntryId {
        EntryId::new(&self.component, &self.source, &self.locator)
    }

    /// When the value was fetched; the latest time that the system knows if it knows none as late.
    pub(super) fn fetched(&self) -> SystemTime {
        let latest = Duration::from_secs(u32::MAX.into());
        UNIX_EPOCH.checked_add(Duration::from_millis(self.fetched_ms)).unwrap_or(UNIX_EPOCH + latest)
    }
}

/// The line of an entry. A sensitive value has none without a key.
pub(super) fn line(entry: &Entry, key: Option<&LocalCacheKey>) -> Result<Line, SourceError> {
    if entry.sensitive && key.is_none() {
        return Err(needs_key());
    }
    let since = entry.fetched.duration_since(UNIX_EPOCH).unwrap_or_default();
    let head = Head {
        component: entry.id.component.clone(),
        source: entry.id.source.clone(),
        locator: entry.id.locator.clone(),
        fetched_ms: since.as_millis().try_into().unwrap_or(u64::MAX),
        sensitive: entry.sensitive,
        sealed: key.is_some(),
    };
    let head = serde_json::to_string(&head).map_err(|_| unwritable(Unwritable::Unknown))?;
    let body = body(entry)?;
    let body = match key {
        Some(key) => Zeroizing::new(seal::seal(key, &head, &body)?),
        None => Zeroizing::new(String::from_utf8_lossy(&body).into_owned()),
    };
    Ok(Line::new(&head, &body))
}

/// The version and the value, which are sealed together. Nothing follows the version if there is no value.
fn body(entry: &Entry) -> Result<Zeroizing<Vec<u8>>, SourceError> {
    let version = entry.version.as_ref().map(Version::as_str);
    // Escapes and names rarely double it; growing would leave copies of a secret behind.
    let weight = entry.value.as_ref().map_or(0, Value::weight);
    let mut out = Zeroizing::new(Vec::with_capacity(2 * weight + version.map_or(0, str::len) + 64));
    serde_json::to_writer(&mut *out, &version).map_err(|_| unwritable(Unwritable::Unknown))?;
    out.push(b'\t');
    if let Some(value) = &entry.value {
        value::write(&mut out, value).map_err(unwritable)?;
    }
    Ok(out)
}

fn unwritable(reason: Unwritable) -> SourceError {
    let because = match reason {
        Unwritable::TooDeep => "its lists and maps are nested too deeply",
        Unwritable::TooMany => "it holds more than a million values",
        Unwritable::Unknown => "this version has no notation for it",
    };
    SourceError::new(ErrorKind::TooLarge, because)
}

/// The entry of a line.
pub(super) fn entry(line: &Line, key: Option<&LocalCacheKey>) -> Result<Entry, Unreadable> {
    let head = Head::of(line).ok_or(Unreadable::Malformed)?;
    let body = match (head.sealed, key) {
        (true, None) => return Err(Unreadable::NoKey),
        (false, Some(_)) => return Err(Unreadable::NotSealed),
        (false, None) if head.sensitive => return Err(Unreadable::Malformed),
        (true, Some(key)) => seal::open(key, line.head(), line.body()).ok_or(Unreadable::NotAuthentic)?,
        (false, None) => Zeroizing::new(line.body().as_bytes().to_vec()),
    };
    let body = str::from_utf8(&body).map_err(|_| Unreadable::Malformed)?;
    let (version, value) = body.split_once('\t').ok_or(Unreadable::Malformed)?;
    let version: Option<String> = serde_json::from_str(version).map_err(|_| Unreadable::Malformed)?;
    let value = match value {
        "" => None,
        value => Some(value::read(value).ok_or(Unreadable::Malformed)?),
    };
    let version = version.map(Version::new);
    Ok(Entry {
        id: head.id(),
        value,
        version,
        fetched: head.fetched(),
        sensitive: head.sensitive,
        instead_of: Vec::new(),
        instead_since: UNIX_EPOCH,
    })
}

/// The error of a sensitive value that is not stored.
pub(super) fn needs_key() -> SourceError {
    SourceError::new(ErrorKind::NotSetUp, "it is sensitive, and the local cache has no key to encrypt it with")
        .with_hint("give the cache a key: `LocalCache::at(..).encrypted_with(LocalCacheKey::from_hex(..)?)`")
}

/// The error of an entry that is too large for the file.
pub(super) fn too_large() -> SourceError {
    SourceError::new(ErrorKind::TooLarge, format!("the file would be larger than {}", limit::BYTES_SHOWN))
}
