//! Watches keys by consumers of the streams that have the entries of their buckets.
//!
//! What always holds: the watches of a source share one connection, apart from that of fetches, and there is none after
//! they were dropped; each bucket has one consumer, which
//! tells the state first and then what changes; a message that is missing, a consumer that went silent and a lost connection
//! begin it anew, with the state, of which only what changed is told, and so does time, since nothing is told of a key that
//! expires; the server removes consumers that nobody listens to.

mod consumer;
mod feed;
mod part;
mod update;

use std::collections::BTreeMap;

use component_model_source::{BoxStream, Change, Watched};

pub(super) use self::feed::Feed;
use self::part::Part;
use super::{client::Client, query::NatsQuery};
use crate::watching;

pub(super) fn watch(client: &Client, watched: Vec<Watched<NatsQuery>>) -> BoxStream<'static, Change> {
    let (queries, known): (Vec<_>, _) = watched.into_iter().map(|watched| (watched.query, watched.known)).unzip();
    watching::watch(Buckets { client: client.clone(), queries }, known)
}

/// The buckets of a watch.
struct Buckets {
    client: Client,
    queries: Vec<NatsQuery>,
}

impl watching::Watch for Buckets {
    type Part = Part;

    fn parts(&self) -> Vec<Part> {
        let mut buckets: BTreeMap<&str, Vec<(usize, &NatsQuery)>> = BTreeMap::new();
        for (position, query) in self.queries.iter().enumerate() {
            buckets.entry(query.bucket()).or_default().push((position, query));
        }
        let feed = self.client.feed();
        buckets.into_iter().map(|(bucket, requests)| Part::new(&feed, bucket, &requests)).collect()
    }

    async fn closed(&self) {
        self.client.closed().await;
    }
}
