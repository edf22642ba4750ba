//! Many keys at once: transactions of at most [`OPERATIONS`] operations.
//!
//! etcd refuses a whole transaction if the user may not read one of its keys, or if all of its values together are too large. It
//! is then divided until the keys that are to blame are alone. What always holds: each key has the answer that it would have
//! alone.

use component_model_source::SourceError;
use futures_util::{
    FutureExt as _,
    future::{BoxFuture, join_all},
};
use tokio::sync::Semaphore;

use super::{
    client::{Client, Failure, Remedy},
    query::EtcdQuery,
    wire::{self, Found, Header, Range, Transaction},
};

/// The most operations of one transaction, unless the server is configured otherwise.
pub(super) const OPERATIONS: usize = 128;

/// Into how many a transaction is divided that was refused.
const PARTS: usize = 8;

/// What is behind a key or a prefix, and after which change.
pub(super) type Read = Result<(Header, Found), SourceError>;

/// What is behind some keys and prefixes, in their order.
///
/// # Cancel safety
/// Dropping the future closes the connections in use.
pub(super) async fn fetch(client: &Client, queries: &[&EtcdQuery]) -> Vec<Read> {
    let permits = Semaphore::new(client.at_once);
    let transactions = queries.chunks(OPERATIONS).map(|queries| together(client, &permits, queries));
    join_all(transactions).await.into_iter().flatten().collect()
}

fn together<'f>(client: &'f Client, permits: &'f Semaphore, queries: &'f [&'f EtcdQuery]) -> BoxFuture<'f, Vec<Read>> {
    async move {
        match ask(client, permits, queries).await {
            Ok((header, found)) if found.len() == queries.len() => {
                found.into_iter().map(|found| found.map(|found| (header, found))).collect()
            }
            Ok(_) => queries.iter().map(|_| Err(wire::not_etcd())).collect(),
            Err(Failure { remedy: Remedy::Divide, .. }) if queries.len() > 1 => {
                let size = queries.len().div_ceil(PARTS);
                let parts = queries.chunks(size).map(|queries| together(client, permits, queries));
                join_all(parts).await.into_iter().flatten().collect()
            }
            Err(Failure { error, .. }) => queries.iter().map(|_| Err(error.clone())).collect(),
        }
    }
    .boxed()
}

type Answers = Result<(Header, Vec<Result<Found, SourceError>>), Failure>;

async fn ask(client: &Client, permits: &Semaphore, queries: &[&EtcdQuery]) -> Answers {
    // It is never closed.
    let _permit = permits.acquire().await;
    match queries {
        [only] => {
            let (header, found) = client.range(&Range::of(only)).await?;
            Ok((header, vec![Ok(found)]))
        }
        several => client.transaction(&Transaction::of(several.iter().copied())).await,
    }
}
