//! What is wrong with the content of a file, as errors that say what to do.

use std::path::Path;

use super::{
    ANOTHER_PATH,
    codec::Unreadable,
    format::{Flaw, Foreign},
};
use crate::{ErrorKind, SourceError};

/// How many lines or components a message lists.
const LISTED: usize = 5;

/// The hint for what the next write repairs.
const REPAIRED: &str = "the file is repaired when the components are fetched the next time";

/// The file is one of something else, and is neither used nor replaced.
pub(super) fn foreign(path: &Path, foreign: Foreign) -> SourceError {
    let shown = path.display();
    match foreign {
        Foreign::Program => {
            SourceError::new(ErrorKind::Misconfigured, format!("`{shown}` is not a local cache, and is left as it is"))
                .with_hint(ANOTHER_PATH)
        }
        Foreign::Version => {
            let message = format!("`{shown}` is a local cache of another version, and is left as it is");
            SourceError::new(ErrorKind::Misconfigured, message)
                .with_hint("delete it if the program that wrote it is not used any more; otherwise name another path")
        }
    }
}

/// A part of the file is not used.
pub(super) fn flawed(path: &Path, flaw: &Flaw) -> SourceError {
    let shown = path.display();
    let message = match flaw {
        Flaw::Truncated => format!("`{shown}`, the local cache, is truncated: the entries before its end are used"),
        Flaw::Damaged(lines) => {
            let lines = listed(lines.iter().map(|line| format!("line {line}")));
            format!("`{shown}`, the local cache, is damaged ({lines}): the other entries are used")
        }
        Flaw::Different => {
            format!("`{shown}`, the local cache, was changed: entries were removed, added or put in another order")
        }
    };
    SourceError::new(ErrorKind::Malformed, message).with_hint(REPAIRED)
}

/// The entries of components cannot be read.
pub(super) fn unreadable(path: &Path, reason: Unreadable, components: &[String]) -> SourceError {
    let (kind, what, hint) = match reason {
        Unreadable::NoKey => (
            ErrorKind::NotSetUp,
            "are encrypted, and no key was given",
            "give the cache the key: `LocalCache::encrypted_with`",
        ),
        Unreadable::NotSealed => (
            ErrorKind::Denied,
            "are not encrypted although the cache has a key: anybody could have written them",
            "they are encrypted when the components are fetched the next time",
        ),
        Unreadable::NotAuthentic => (
            ErrorKind::Denied,
            "cannot be decrypted: another key encrypted them, or they were changed",
            "if the key was changed, they are encrypted again when the components are fetched the next time",
        ),
        Unreadable::Malformed => (ErrorKind::Malformed, "are not in the format of this version", REPAIRED),
    };
    let listed = listed(components.iter().map(|component| format!("`{component}`")));
    let message = format!("entries of `{}`, the local cache, {what}; they are ignored: {listed}", path.display());
    SourceError::new(kind, message).with_hint(hint)
}

/// The entries of components are older than the cache allows.
pub(super) fn too_old(path: &Path, components: &[String]) -> SourceError {
    let listed = listed(components.iter().map(|component| format!("`{component}`")));
    let message = format!("entries of `{}`, the local cache, are older than its `max_age`: {listed}", path.display());
    SourceError::new(ErrorKind::Absent, message)
}

/// Other users may read the file.
pub(super) fn exposed(path: &Path) -> SourceError {
    let message = format!("other users may read `{}`, the local cache", path.display());
    SourceError::new(ErrorKind::Misconfigured, message)
        .with_hint("run `chmod 600` on it; a file that the cache writes has this mode")
}

/// The values of components are not stored.
pub(super) fn refused(path: &Path, refused: Vec<(String, SourceError)>) -> Option<SourceError> {
    let reasons = refused.iter().map(|(component, error)| format!("`{component}`: {error}"));
    let message = format!("the local cache `{}` does not store {}", path.display(), listed(reasons));
    // One that can be helped is more useful than one that is too large.
    let first = refused.into_iter().map(|(_, error)| error).max_by_key(|error| error.hint().is_some())?;
    let error = SourceError::new(first.kind(), message);
    Some(match first.hint() {
        Some(hint) => error.with_hint(hint.to_owned()),
        None => error,
    })
}

fn listed(items: impl ExactSizeIterator<Item = String>) -> String {
    let more = items.len().saturating_sub(LISTED);
    let mut list = items.take(LISTED).collect::<Vec<_>>().join(", ");
    if more > 0 {
        list.push_str(&format!(" and {more} more"));
    }
    list
}
