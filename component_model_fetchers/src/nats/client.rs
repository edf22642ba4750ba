//! Reads entries: many at once over one connection.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use component_model_source::{Answer, Asked, Reply, SourceError};
use futures_util::{
    StreamExt as _,
    future::{Either, join_all, pending, select, try_join_all},
    stream::FuturesUnordered,
};
use tokio::{
    runtime::{Handle, Id},
    time::sleep,
};

use super::{
    config::Config,
    dial::Dialer,
    failure,
    link::{Link, Outcome},
    query::{self, NatsQuery},
    reply::{self, Read},
    watch::Feed,
};
use crate::{
    links::{self, Exchange, Links},
    parsers::{self, Parsers},
};

/// A client of one configuration. Clones share connections.
#[derive(Clone)]
pub(super) struct Client(Arc<Shared>);

struct Shared {
    dialer: Arc<Dialer>,
    links: Links<Dialer>,
    buckets: Buckets,
    /// The connections of watches, with their runtimes.
    feeds: Mutex<Vec<(Option<Id>, Weak<Feed>)>>,
}

/// What is known of buckets, and who parses large replies.
#[derive(Default)]
struct Buckets {
    known: Mutex<HashMap<String, Access>>,
    parsers: Parsers,
}

/// How the entries of a bucket are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    /// From any server that has the bucket.
    Direct,
    /// From the leader of its stream only.
    Leader,
}

/// Of how many buckets something is remembered.
const REMEMBERED: usize = 1024;

/// How long nothing may be heard until direct reads are sent again, and how often they are sent at most.
const AGAIN: Duration = Duration::from_millis(300);
const SENDS: usize = 6;

/// How long direct reads of a bucket that allowed them before may take until the server is asked about the bucket.
const GRACE: Duration = Duration::from_millis(100);

impl Client {
    pub(super) fn new(config: Config) -> Self {
        let dialer = Arc::new(Dialer::new(config));
        let links = Links::new(Arc::clone(&dialer));
        Self(Arc::new(Shared { dialer, links, buckets: Buckets::default(), feeds: Mutex::default() }))
    }

    pub(super) fn config(&self) -> &Config {
        &self.0.dialer.config
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
        let mut buckets: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, asked) in asked.iter().enumerate() {
            buckets.entry(asked.query().bucket()).or_default().push(index);
        }
        let reads = buckets.into_iter().map(|(bucket, indices)| async move {
            let queries: Vec<_> = indices.iter().map(|index| asked[*index].query()).collect();
            let reading = Reading { bucket, queries: &queries, buckets: &self.0.buckets };
            let reads = match self.0.links.exchange(&(), &reading).await {
                Ok(reads) => reads,
                Err(error) => vec![Err(error); queries.len()],
            };
            indices.into_iter().zip(reads).collect::<Vec<_>>()
        });
        let mut reads: Vec<_> = join_all(reads).await.into_iter().flatten().collect();
        reads.sort_unstable_by_key(|(index, _)| *index);
        asked.iter().zip(reads).map(|(asked, (_, read))| unless_known(reply::answer(read), asked)).collect()
    }

    /// The connection that the watches of the current runtime share.
    pub(super) fn feed(&self) -> Arc<Feed> {
        let runtime = Handle::try_current().map(|runtime| runtime.id()).ok();
        let mut feeds = self.0.feeds.lock().unwrap_or_else(PoisonError::into_inner);
        feeds.retain(|(_, feed)| feed.strong_count() > 0);
        let known = feeds.iter().find(|(known, _)| *known == runtime).and_then(|(_, feed)| feed.upgrade());
        known.unwrap_or_else(|| {
            let feed = Arc::new(Feed::new(&self.0.dialer));
            feeds.push((runtime, Arc::downgrade(&feed)));
            feed
        })
    }
}

/// The reading of some entries of a bucket, together.
struct Reading<'r> {
    bucket: &'r str,
    queries: &'r [&'r NatsQuery],
    buckets: &'r Buckets,
}

impl Exchange<Link> for Reading<'_> {
    type Reply = Vec<Read>;

    async fn send(&self, link: &Link, patience: Option<Duration>) -> Result<Vec<Read>, SourceError> {
        let reads = pin!(self.reads(link));
        let Some(patience) = patience else { return reads.await };
        match select(reads, pin!(link.silence(patience))).await {
            Either::Left((reads, _)) => reads,
            Either::Right(_) => Err(links::silent()),
        }
    }
}

/// What the server says of a bucket.
enum Judged {
    Is(Access),
    /// The user may not ask.
    Secret,
    Failed(SourceError),
}

impl Reading<'_> {
    /// The last entry of each key. An error outside is the connection's.
    ///
    /// A direct read of a bucket that is not there, or does not allow it, gets no reply. So the server is asked about the bucket
    /// beside the first read, and whenever one takes long.
    async fn reads(&self, link: &Link) -> Result<Vec<Read>, SourceError> {
        let known = self.buckets.access(self.bucket);
        if known == Some(Access::Leader) {
            return self.of_leader(link).await;
        }
        let direct = pin!(self.direct(link));
        let judged = pin!(async {
            sleep(if known.is_some() { GRACE } else { Duration::ZERO }).await;
            self.judge(link).await
        });
        match select(direct, judged).await {
            Either::Left((reads, _)) => {
                let reads = reads?;
                if reads.iter().any(Result::is_ok) {
                    self.buckets.remember(self.bucket, Access::Direct);
                }
                Ok(reads)
            }
            Either::Right((judged, direct)) => match judged? {
                Judged::Is(Access::Direct) | Judged::Secret => direct.await,
                Judged::Is(Access::Leader) => {
                    self.buckets.remember(self.bucket, Access::Leader);
                    self.of_leader(link).await
                }
                // A server without a leader may still have the entries.
                Judged::Failed(error) if error.is_transient() => match select(direct, pin!(sleep(AGAIN))).await {
                    Either::Left((reads, _)) => reads,
                    Either::Right(_) => Ok(vec![Err(error); self.queries.len()]),
                },
                Judged::Failed(error) => Ok(vec![Err(error); self.queries.len()]),
            },
        }
    }

    /// The last entry of each key from any server that has it. The one that was to reply may be gone, which nobody tells: while
    /// nothing is heard, the same requests are sent again, which may reach another one.
    async fn direct(&self, link: &Link) -> Result<Vec<Read>, SourceError> {
        let mut sent = FuturesUnordered::new();
        loop {
            sent.push(try_join_all(self.queries.iter().map(|query| direct(link, query))));
            let is_last = sent.len() == SENDS;
            let silence = async { if is_last { pending().await } else { link.silence(AGAIN).await } };
            match select(sent.next(), pin!(silence)).await {
                Either::Left((Some(reads), _)) => return reads,
                Either::Left((None, _)) | Either::Right(_) => {}
            }
        }
    }

    async fn judge(&self, link: &Link) -> Result<Judged, SourceError> {
        let subject = format!("$JS.API.STREAM.INFO.{}", query::stream(self.bucket));
        Ok(match link.ask(subject, String::new()).await? {
            Outcome::Reply(message) => match reply::allows_direct(&message.payload, self.bucket) {
                Ok(true) => Judged::Is(Access::Direct),
                Ok(false) => Judged::Is(Access::Leader),
                Err(error) => Judged::Failed(error),
            },
            Outcome::Denied(_) => Judged::Secret,
            Outcome::Nobody => Judged::Failed(failure::no_jetstream()),
        })
    }

    async fn of_leader(&self, link: &Link) -> Result<Vec<Read>, SourceError> {
        try_join_all(self.queries.iter().map(|query| self.buckets.stored(link, query))).await
    }
}

async fn direct(link: &Link, query: &NatsQuery) -> Result<Read, SourceError> {
    let subject = format!("$JS.API.DIRECT.GET.{}.{}", query::stream(query.bucket()), query.subject());
    Ok(match link.request(subject, String::new()).await? {
        Outcome::Reply(message) => reply::direct(message),
        Outcome::Denied(error) => Err(error),
        Outcome::Nobody => Err(failure::no_jetstream()),
    })
}

impl Buckets {
    async fn stored(&self, link: &Link, query: &NatsQuery) -> Result<Read, SourceError> {
        let subject = format!("$JS.API.STREAM.MSG.GET.{}", query::stream(query.bucket()));
        let payload = serde_json::json!({ "last_by_subj": query.subject() }).to_string();
        Ok(match link.request(subject, payload).await? {
            Outcome::Reply(message) => {
                let (payload, bucket) = (Vec::from(message.payload), query.bucket().to_owned());
                let parse = move || reply::stored(&payload, &bucket);
                // A large reply is parsed where blocking is allowed.
                if message.length <= parsers::IN_PLACE { parse() } else { self.parsers.run(parse).await? }
            }
            Outcome::Denied(error) => Err(error),
            Outcome::Nobody => Err(failure::no_jetstream()),
        })
    }

    fn access(&self, bucket: &str) -> Option<Access> {
        self.lock().get(bucket).copied()
    }

    fn remember(&self, bucket: &str, access: Access) {
        let mut known = self.lock();
        let has_room = known.len() < REMEMBERED;
        match known.get_mut(bucket) {
            Some(before) => *before = access,
            None if has_room => _ = known.insert(bucket.to_owned(), access),
            None => {}
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Access>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
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
