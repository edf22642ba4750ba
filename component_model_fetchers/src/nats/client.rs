//! Reads entries: many at once over one connection.

use std::{
    collections::HashSet,
    fmt,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use component_model_source::{Answer, Asked, Reply, SourceError};
use futures_util::future::{Either, select, try_join_all};

use super::{
    config::Config,
    dial::Dialer,
    failure,
    link::{Link, Outcome},
    query::NatsQuery,
    reply::{self, Read},
};
use crate::{
    links::{Exchange, Links},
    parsers::{self, Parsers},
};

/// A client of one configuration. Clones share connections.
#[derive(Clone)]
pub(super) struct Client(Arc<Shared>);

struct Shared {
    dialer: Arc<Dialer>,
    links: Links<Dialer>,
    buckets: Buckets,
}

/// What is known of buckets, and who parses large replies.
#[derive(Default)]
struct Buckets {
    /// Those whose streams do not allow direct reads.
    indirect: Mutex<HashSet<String>>,
    parsers: Parsers,
}

/// Of how many buckets something is remembered.
const REMEMBERED: usize = 1024;

impl Client {
    pub(super) fn new(config: Config) -> Self {
        let dialer = Arc::new(Dialer::new(config));
        Self(Arc::new(Shared { links: Links::new(Arc::clone(&dialer)), dialer, buckets: Buckets::default() }))
    }

    pub(super) fn config(&self) -> &Config {
        &self.0.dialer.config
    }

    pub(super) fn dialer(&self) -> &Arc<Dialer> {
        &self.0.dialer
    }

    /// Waits until the source is closed.
    pub(super) async fn closed(&self) {
        self.0.links.closed().await;
    }

    /// Closes the connections that are idle, and refuses further requests. Those that are running end as usual, and watches end.
    pub(super) fn close(&self) {
        self.0.links.close();
    }

    /// An answer to each query.
    ///
    /// # Cancel safety
    /// Dropping the future leaves nothing behind; the connection may not be used again.
    pub(super) async fn get(&self, asked: &[Asked<'_, NatsQuery>]) -> Vec<Answer> {
        let queries: Vec<_> = asked.iter().map(Asked::query).collect();
        let reading = Reading { queries: &queries, buckets: &self.0.buckets };
        match self.0.links.exchange(&(), &reading).await {
            Ok(reads) => {
                asked.iter().zip(reads).map(|(asked, read)| unless_known(reply::answer(read), asked)).collect()
            }
            Err(error) => asked.iter().map(|_| Err(error.clone())).collect(),
        }
    }
}

/// The reading of some entries, together.
struct Reading<'r> {
    queries: &'r [&'r NatsQuery],
    buckets: &'r Buckets,
}

impl Exchange<Link> for Reading<'_> {
    type Reply = Vec<Read>;

    async fn send(&self, link: &Link, patience: Option<Duration>) -> Result<Vec<Read>, SourceError> {
        let reads = pin!(try_join_all(self.queries.iter().map(|query| self.buckets.read(link, query))));
        let Some(patience) = patience else { return reads.await };
        match select(reads, pin!(link.silence(patience))).await {
            Either::Left((reads, _)) => reads,
            Either::Right(_) => Err(failure::silent()),
        }
    }
}

impl Buckets {
    /// The last entry of a key. An error outside is the connection's.
    async fn read(&self, link: &Link, query: &NatsQuery) -> Result<Read, SourceError> {
        if !self.is_indirect(query.bucket()) {
            let subject = format!("$JS.API.DIRECT.GET.{}.{}", query.stream(), query.subject());
            match link.request(subject, String::new()).await? {
                Outcome::Reply(message) => return Ok(reply::direct(message)),
                Outcome::Denied(error) => return Ok(Err(error)),
                Outcome::Nobody => {}
            }
        }
        let subject = format!("$JS.API.STREAM.MSG.GET.{}", query.stream());
        let payload = serde_json::json!({ "last_by_subj": query.subject() }).to_string();
        Ok(match link.request(subject, payload).await? {
            Outcome::Reply(message) => {
                let read = self.stored(message.payload.into(), query.bucket()).await;
                if read.is_ok() {
                    self.is_without_direct_reads(query.bucket());
                }
                read
            }
            // Also while a server that has the bucket starts.
            Outcome::Denied(error) => Err(error.with_transience(true)),
            Outcome::Nobody => Err(failure::no_jetstream()),
        })
    }

    /// A large reply is parsed where blocking is allowed.
    async fn stored(&self, payload: Vec<u8>, bucket: &str) -> Read {
        if payload.len() <= parsers::IN_PLACE {
            return reply::stored(&payload, bucket);
        }
        let bucket = bucket.to_owned();
        self.parsers.run(move || reply::stored(&payload, &bucket)).await?
    }

    fn is_indirect(&self, bucket: &str) -> bool {
        self.indirect.lock().unwrap_or_else(PoisonError::into_inner).contains(bucket)
    }

    fn is_without_direct_reads(&self, bucket: &str) {
        let mut indirect = self.indirect.lock().unwrap_or_else(PoisonError::into_inner);
        if indirect.len() < REMEMBERED && !indirect.contains(bucket) {
            indirect.insert(bucket.to_owned());
        }
    }
}

fn unless_known(answer: Answer, asked: &Asked<'_, NatsQuery>) -> Answer {
    answer.map(|reply| match reply.version() {
        Some(version) if asked.known() == Some(version) => Reply::Unchanged { good_for: None },
        _ => reply,
    })
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Client").field(self.config()).finish()
    }
}
