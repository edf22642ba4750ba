//! The content of a file together with new entries.

use std::{
    cmp::Reverse,
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use super::{
    LocalCacheKey, codec,
    entry::{Entry, EntryId},
    format::{FRAME, Line},
};
use crate::{SourceError, limit};

/// The most entries in a file.
pub(super) const ENTRIES: usize = 10_000;

/// What a merge needs to know.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules<'k> {
    pub(super) key: Option<&'k LocalCacheKey>,
    pub(super) now: SystemTime,
    /// Entries that were fetched longer ago are dropped.
    pub(super) retention: Duration,
    /// A value that did not change is written again if its entry is older than the new one by this much.
    pub(super) refresh_after: Duration,
}

/// The result of a merge.
#[derive(Debug)]
pub(super) struct Merged {
    pub(super) lines: Vec<Line>,
    pub(super) is_changed: bool,
    /// The components whose values are not stored, and why.
    pub(super) refused: Vec<(String, SourceError)>,
}

/// A line, with what decides whether it stays if there are too many.
struct Kept {
    line: Line,
    fetched: SystemTime,
    is_new: bool,
}

/// Merges new entries into the lines of a file. Lines that this program cannot read stay, since another program may
/// have written them.
pub(super) fn merge(lines: Vec<Line>, updates: Vec<Entry>, rules: Rules<'_>) -> Merged {
    let before = lines.len();
    let mut kept: BTreeMap<EntryId, Kept> = BTreeMap::new();
    for line in lines {
        let Some(head) = codec::Head::of(&line) else { continue };
        let (id, fetched) = (head.id(), head.fetched());
        let is_fresh = rules.now.duration_since(fetched).is_ok_and(|age| age <= rules.retention) || fetched > rules.now;
        if is_fresh && kept.get(&id).is_none_or(|other| other.fetched < fetched) {
            kept.insert(id, Kept { line, fetched, is_new: false });
        }
    }
    let mut is_changed = kept.len() != before;
    let mut refused = Vec::new();
    for update in updates {
        if kept.get(&update.id).is_some_and(|kept| is_as_good(kept, &update, rules)) {
            is_changed |= remove_replaced(&mut kept, &update);
            continue;
        }
        match codec::line(&update, rules.key) {
            Ok(line) if line.len() + FRAME > limit::BYTES => refused.push((update.id.component, codec::too_large())),
            Ok(line) => {
                is_changed = true;
                remove_replaced(&mut kept, &update);
                kept.insert(update.id, Kept { line, fetched: update.fetched, is_new: true });
            }
            Err(error) => {
                // What was stored before the component became sensitive.
                if update.sensitive && rules.key.is_none() {
                    is_changed |= kept.remove(&update.id).is_some();
                }
                refused.push((update.id.component, error));
            }
        }
    }
    bound(&mut kept, &mut refused);
    Merged { lines: kept.into_values().map(|kept| kept.line).collect(), is_changed, refused }
}

/// Removes what the other sources of the component had before; whether there was something.
fn remove_replaced(kept: &mut BTreeMap<EntryId, Kept>, update: &Entry) -> bool {
    let before = kept.len();
    for other in &update.instead_of {
        if kept.get(other).is_some_and(|kept| kept.fetched <= update.instead_since) {
            kept.remove(other);
        }
    }
    kept.len() != before
}

/// Whether the entry of the file makes the new one needless: it is newer, or it says the same and is hardly older.
fn is_as_good(kept: &Kept, update: &Entry, rules: Rules<'_>) -> bool {
    // The clock was changed after it was written: how old it is cannot be known.
    if kept.fetched > rules.now {
        return false;
    }
    let Ok(existing) = codec::entry(&kept.line, rules.key) else { return false };
    match update.fetched.duration_since(existing.fetched) {
        Ok(newer_by) => existing.says_the_same(update) && newer_by < rules.refresh_after,
        Err(_) => true,
    }
}

/// Removes the oldest entries until the file is within its limits, the new ones last.
fn bound(kept: &mut BTreeMap<EntryId, Kept>, refused: &mut Vec<(String, SourceError)>) {
    let mut length: usize = FRAME + kept.values().map(|kept| kept.line.len()).sum::<usize>();
    if length <= limit::BYTES && kept.len() <= ENTRIES {
        return;
    }
    let mut order: Vec<_> = kept.iter().map(|(id, kept)| (kept.is_new, kept.fetched, id.clone())).collect();
    order.sort_by_key(|(is_new, fetched, _)| Reverse((*is_new, *fetched)));
    while length > limit::BYTES || kept.len() > ENTRIES {
        let Some((is_new, _, id)) = order.pop() else { break };
        length -= kept.remove(&id).map_or(0, |removed| removed.line.len());
        if is_new {
            refused.push((id.component, codec::too_large()));
        }
    }
}
