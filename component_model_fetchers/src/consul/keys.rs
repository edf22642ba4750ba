//! Many keys at once: transactions of at most [`OPERATIONS`] operations.
//!
//! In a transaction, a key that the token may not read has no result, and one that is missing makes all others fail. So what
//! is missing is left out and asked for again, and whether it is denied is asked beside that: at most three transactions for
//! the keys of one, two of them at the same time. What always holds: a key that is denied is never taken for one that is
//! absent.

use std::collections::HashMap;

use component_model_source::{ErrorKind, SourceError};
use futures_util::{
    FutureExt as _, StreamExt as _,
    future::{self, BoxFuture},
    stream,
};

use super::{
    client::{Client, Question, not_permitted},
    query::Scope,
    wire::{Entry, Operation, Outcome, Reason},
};

/// The most operations of one transaction.
pub(super) const OPERATIONS: usize = 64;

/// What is behind a key; `None` if there is nothing.
pub(super) type Found = Result<Option<Entry>, SourceError>;

/// The entries of keys, in their order.
///
/// # Cancel safety
/// Dropping the future closes the connections in use.
pub(super) async fn fetch(client: &Client, scope: &Scope, keys: &[&str]) -> Vec<Found> {
    if keys.len() == 1 || !has_transactions(client, scope) {
        return each(client, scope, keys).await;
    }
    let transactions: Vec<_> = keys.chunks(OPERATIONS).map(|keys| together(client, scope, keys)).collect();
    stream::iter(transactions).buffered(client.at_once).concat().await
}

/// Without Enterprise, a transaction ignores a namespace and a partition, and reads those of another.
fn has_transactions(client: &Client, scope: &Scope) -> bool {
    scope.namespace.is_none() && client.config.partition.is_none()
}

async fn each(client: &Client, scope: &Scope, keys: &[&str]) -> Vec<Found> {
    let requests: Vec<_> = keys.iter().map(|key| one(client, scope, key)).collect();
    stream::iter(requests).buffered(client.at_once).collect().await
}

/// The entry of one key.
pub(super) async fn one(client: &Client, scope: &Scope, key: &str) -> Found {
    let listing = client.get(scope, Question::key(key)).await?;
    Ok(listing.entries.into_iter().find(|entry| entry.key == key))
}

/// The entries of the keys of one transaction.
fn together<'f>(client: &'f Client, scope: &'f Scope, keys: &'f [&'f str]) -> BoxFuture<'f, Vec<Found>> {
    async move {
        let operations: Vec<_> = keys.iter().map(|key| Operation::get(key)).collect();
        match client.transaction(scope, &operations).await {
            Ok(Outcome::Entries(entries)) => readable(keys, entries),
            Ok(Outcome::Refused(refusals)) => {
                let refusals = refusals.into_iter().map(|refusal| (refusal.operation, refusal.reason)).collect();
                without_refused(client, scope, keys, &refusals).await
            }
            // Each value is within the limit, and all of them together are not.
            Err(error) if error.kind() == ErrorKind::TooLarge && keys.len() > 1 => {
                let (first, second) = keys.split_at(keys.len() / 2);
                let halves = future::join(together(client, scope, first), together(client, scope, second));
                let (mut first, second) = halves.await;
                first.extend(second);
                first
            }
            Err(error) => keys.iter().map(|_| Err(error.clone())).collect(),
        }
    }
    .boxed()
}

/// The results of a transaction that succeeded: all keys exist, and those without a result are denied.
fn readable(keys: &[&str], entries: Vec<Entry>) -> Vec<Found> {
    let mut entries = entries.into_iter().peekable();
    let found = |key: &&str| match entries.next_if(|entry| entry.key == **key) {
        Some(entry) => Ok(Some(entry)),
        None => Err(not_permitted()),
    };
    keys.iter().map(found).collect()
}

/// Asks again without the keys that were refused, and at the same time why they were.
async fn without_refused(
    client: &Client,
    scope: &Scope,
    keys: &[&str],
    refusals: &HashMap<usize, Reason>,
) -> Vec<Found> {
    let is_refused = |index: &usize| refusals.contains_key(index);
    let rest: Vec<_> = (0..keys.len()).filter(|index| !is_refused(index)).map(|index| keys[index]).collect();
    let missing = |index: &usize| refusals.get(index) == Some(&Reason::Missing);
    let missing: Vec<_> = (0..keys.len()).filter(missing).map(|index| keys[index]).collect();
    let (rest, missing) = future::join(again(client, scope, &rest), absent(client, scope, &missing)).await;
    let (mut rest, mut missing) = (rest.into_iter(), missing.into_iter());
    let found = |index: usize| match refusals.get(&index) {
        None => rest.next().unwrap_or_else(|| Err(other())),
        Some(Reason::Missing) => missing.next().unwrap_or_else(|| Err(other())),
        Some(Reason::Denied) => Err(not_permitted()),
        Some(Reason::Other) => Err(other()),
    };
    (0..keys.len()).map(found).collect()
}

/// The keys that were not refused. One of them may be deleted meanwhile; they are then asked for one by one.
async fn again(client: &Client, scope: &Scope, keys: &[&str]) -> Vec<Found> {
    if keys.is_empty() {
        return Vec::new();
    }
    let operations: Vec<_> = keys.iter().map(|key| Operation::get(key)).collect();
    match client.transaction(scope, &operations).await {
        Ok(Outcome::Entries(entries)) => readable(keys, entries),
        Ok(Outcome::Refused(_)) => each(client, scope, keys).await,
        Err(error) if error.kind() == ErrorKind::TooLarge => each(client, scope, keys).await,
        Err(error) => keys.iter().map(|_| Err(error.clone())).collect(),
    }
}

/// Keys, or prefixes, that a list does not have: absent, unless the token may not read them.
pub(super) async fn missing(client: &Client, scope: &Scope, keys: &[&str]) -> Vec<Found> {
    if !has_transactions(client, scope) {
        return keys.iter().map(|_| Ok(None)).collect();
    }
    let checks: Vec<_> = keys.chunks(OPERATIONS).map(|keys| absent(client, scope, keys)).collect();
    stream::iter(checks).buffered(client.at_once).concat().await
}

/// Keys of one transaction that are missing, unless they are there by now, or may be read by now.
async fn absent(client: &Client, scope: &Scope, keys: &[&str]) -> Vec<Found> {
    if keys.is_empty() {
        return Vec::new();
    }
    // The server checks the permissions of all operations before it does the first one.
    let operations: Vec<_> = keys.iter().map(|key| Operation::check(key)).collect();
    let refused: HashMap<_, _> = match client.transaction(scope, &operations).await {
        Ok(Outcome::Entries(_)) => HashMap::new(),
        Ok(Outcome::Refused(refusals)) => refusals.into_iter().map(|one| (one.operation, one.reason)).collect(),
        Err(error) => return keys.iter().map(|_| Err(error.clone())).collect(),
    };
    let found = async |(index, key): (usize, &&str)| match refused.get(&index) {
        Some(Reason::Denied) => Err(not_permitted()),
        // A key that exists has another index than the one that is checked.
        Some(Reason::Other) => one(client, scope, key).await,
        Some(Reason::Missing) | None => Ok(None),
    };
    future::join_all(keys.iter().enumerate().map(found)).await
}

fn other() -> SourceError {
    SourceError::new(ErrorKind::Other, "Consul refused a part of the transaction, for a reason that is not known")
}
