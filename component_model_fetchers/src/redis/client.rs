//! Reads values: the fewest round trips for any number of keys, from one server or from the nodes of a cluster.
//!
//! What the replies tell of a key is remembered, so that a fetch of the same keys takes one round trip, whatever their types.

use std::{
    collections::HashMap,
    fmt,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use component_model_source::{
    Answer, Asked, ErrorKind, Reply, SourceError, Value,
    value::{TOO_MANY, is_too_many, json_error_at, line_and_column},
};
use futures_util::future::join_all;
use tokio::time::Instant;

use super::{
    address::{Address, Topology},
    batch::{Batch, Pending},
    cluster::{self, Cluster},
    command::{Asking, Commands, Known, Remembered},
    config::Config,
    dial::{Dialer, Node, Target},
    failure,
    reply::{self, Outcome},
    source::RedisQuery,
    version::Versions,
};
use crate::{
    links::Links,
    parsers::{self, Parsers},
    recent::Recent,
};

/// How often a query is sent: types change and slots move.
const ROUNDS: usize = 5;

/// Of how many keys something is remembered.
const REMEMBERED: usize = 20_000;

/// Connections over which commands are sent.
pub(super) trait Exchange: Sync {
    /// Sends commands to a target and returns a reply to each.
    fn exchange(
        &self,
        target: &Target,
        commands: &Commands,
    ) -> impl Future<Output = Result<Vec<redis::Value>, SourceError>> + Send;
}

impl Exchange for Links<Dialer> {
    async fn exchange(&self, target: &Target, commands: &Commands) -> Result<Vec<redis::Value>, SourceError> {
        Self::exchange(self, target, commands).await
    }
}

/// A client of one configuration. Clones share connections.
#[derive(Clone)]
pub(super) struct Client(Arc<Shared>);

struct Shared {
    dialer: Arc<Dialer>,
    links: Links<Dialer>,
    cluster: Option<Cluster>,
    known: Mutex<Recent<RedisQuery, Remembered>>,
    versions: Versions,
    parsers: Parsers,
}

impl Client {
    pub(super) fn new(config: Config) -> Self {
        let cluster = match &config.topology {
            Topology::Cluster(seeds) => Some(Cluster::new(seeds.clone())),
            _ => None,
        };
        let dialer = Arc::new(Dialer::new(config));
        let links = Links::new(Arc::clone(&dialer));
        Self(Arc::new(Shared {
            dialer,
            links,
            cluster,
            known: Mutex::new(Recent::with_room_for(REMEMBERED)),
            versions: Versions::default(),
            parsers: Parsers::default(),
        }))
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
    /// Dropping the future leaves nothing behind.
    pub(super) async fn get(&self, asked: &[Asked<'_, RedisQuery>]) -> Vec<Answer> {
        let queries: Vec<_> = asked.iter().map(Asked::query).collect();
        let answers = self.get_over(&self.0.links, &queries).await;
        asked.iter().zip(answers).map(|(asked, answer)| answer.map(|reply| unless_known(reply, asked))).collect()
    }

    /// The same over other connections than those of fetches.
    pub(super) async fn get_over(&self, links: &impl Exchange, queries: &[&RedisQuery]) -> Vec<Answer> {
        let mut answers: Vec<Option<Answer>> = queries.iter().map(|_| None).collect();
        let mut pending = self.first(queries);
        for _ in 0..ROUNDS {
            let batches = match self.batches(queries, std::mem::take(&mut pending), &mut answers).await {
                batches if batches.is_empty() => break,
                batches => batches,
            };
            let sent = join_all(batches.into_iter().map(|batch| self.send(links, queries, batch))).await;
            for (pended, outcome) in sent.into_iter().flatten() {
                let index = pended.index;
                match self.settled(queries[index], pended, outcome).await {
                    Ok(answer) => answers[index] = Some(answer),
                    Err(again) => pending.push(again),
                }
            }
        }
        answers.into_iter().map(|answer| answer.unwrap_or_else(|| Err(changing()))).collect()
    }

    fn first(&self, queries: &[&RedisQuery]) -> Vec<Pending> {
        let (mut known, now) = (self.known(), Instant::now());
        let mut asking = |query: &RedisQuery| Asking::new(query, known.get(query).map(|known| known.at(now)));
        queries.iter().enumerate().map(|(index, query)| Pending { index, asked: asking(query), to: None }).collect()
    }

    /// The answer, or what has to be asked next.
    async fn settled(&self, query: &RedisQuery, pended: Pending, outcome: Outcome) -> Result<Answer, Pending> {
        match outcome {
            Outcome::Answer(answer, known) => {
                self.learn(query, known, pended.asked.of_life);
                Ok(answer.map(|reply| self.versioned(reply)))
            }
            Outcome::Json { text, good_for, known } => {
                self.learn(query, Some(known), pended.asked.of_life);
                Ok(self.document(text, good_for).await.map(|reply| self.versioned(reply)))
            }
            Outcome::Other(known) => Err(Pending { asked: Asking::new(query, Some(known)), ..pended }),
            Outcome::Unknown => Err(Pending { asked: Asking::new(query, None), ..pended }),
            Outcome::Elsewhere { address, asking } => match self.redirected(&address, asking, &pended) {
                Ok(to) => Err(Pending { to: Some(to), ..pended }),
                Err(error) => Ok(Err(error)),
            },
        }
    }

    /// Remembers what an answer tells, to a request that asked how long the key lives or did not.
    fn learn(&self, query: &RedisQuery, now: Option<Known>, of_life: bool) {
        let mut known = self.known();
        let before = known.get(query).copied();
        match now.map(|now| Remembered::new(now, of_life, before, Instant::now())) {
            Some(now) => known.insert(query.clone(), now),
            None => known.remove(query),
        }
    }

    fn known(&self) -> MutexGuard<'_, Recent<RedisQuery, Remembered>> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn versioned(&self, reply: Reply) -> Reply {
        match reply {
            Reply::Found(record) => Reply::Found(self.0.versions.of(record)),
            other => other,
        }
    }

    /// The queries by the nodes that they are sent to; those without a node are answered.
    async fn batches(
        &self,
        queries: &[&RedisQuery],
        pending: Vec<Pending>,
        answers: &mut [Option<Answer>],
    ) -> Vec<Batch> {
        if pending.is_empty() {
            return Vec::new();
        }
        let Some(cluster) = &self.0.cluster else {
            let node = match &self.config().topology {
                Topology::Single(address) => Node::At(address.clone()),
                _ => Node::Master,
            };
            return Batch::of(&node, false, queries, pending);
        };
        let slots = match cluster.slots(&self.0.links).await {
            Ok(slots) => slots,
            Err(error) => {
                pending.iter().for_each(|pended| answers[pended.index] = Some(Err(error.clone())));
                return Vec::new();
            }
        };
        let mut nodes: HashMap<Address, Vec<Pending>> = HashMap::new();
        for pended in pending {
            let master = match &pended.to {
                Some((address, _)) => Ok(address),
                None => slots.master_of(queries[pended.index].key()),
            };
            match master {
                Ok(master) => nodes.entry(master.clone()).or_default().push(pended),
                Err(error) => {
                    cluster.forget();
                    answers[pended.index] = Some(Err(error));
                }
            }
        }
        let of_node = |(address, pending)| Batch::of(&Node::At(address), true, queries, pending);
        nodes.into_iter().flat_map(of_node).collect()
    }

    async fn send(&self, links: &impl Exchange, queries: &[&RedisQuery], batch: Batch) -> Vec<(Pending, Outcome)> {
        let mut doubt = Doubt(self.0.cluster.as_ref());
        match links.exchange(&batch.target, &batch.commands(queries)).await {
            Ok(replies) => {
                doubt.0 = None;
                batch.outcomes(queries, replies)
            }
            Err(error) => batch.each(|| Outcome::failed(error.clone())),
        }
    }

    fn redirected(&self, to: &str, asking: bool, pended: &Pending) -> Result<(Address, bool), SourceError> {
        let Some(cluster) = &self.0.cluster else { return Err(failure::of_redirection()) };
        if !asking {
            cluster.forget();
        }
        let from = pended.to.as_ref().map(|(address, _)| address).or(cluster.seed());
        let address = from.and_then(|from| cluster::redirection(to, from));
        address.map(|address| (address, asking)).ok_or_else(failure::unexpected)
    }

    /// A document of the JSON type; a large one is parsed where blocking is allowed.
    async fn document(&self, text: Vec<u8>, good_for: Option<Duration>) -> Answer {
        let value = match text.len() {
            0..=parsers::IN_PLACE => json(text),
            _ => self.0.parsers.run(move || json(text)).await?,
        };
        Ok(reply::record(value?, good_for).into())
    }
}

/// Forgets where the keys of a cluster are, if a node fails, or if a request is dropped that waits for one.
struct Doubt<'c>(Option<&'c Cluster>);

impl Drop for Doubt<'_> {
    fn drop(&mut self) {
        if let Some(cluster) = self.0 {
            cluster.forget();
        }
    }
}

/// The reply, unless the version of its record is the one that the caller knows.
fn unless_known(reply: Reply, asked: &Asked<'_, RedisQuery>) -> Reply {
    match &reply {
        Reply::Found(record) if asked.known().is_some() && asked.known() == record.version() => {
            Reply::Unchanged { good_for: record.good_for() }
        }
        _ => reply,
    }
}

fn json(text: Vec<u8>) -> Result<Value, SourceError> {
    let malformed = |message: String| SourceError::new(ErrorKind::Malformed, message);
    let text = String::from_utf8(text).map_err(|_| malformed("the document is not text".to_owned()))?;
    Value::from_json(&text).map_err(|error| {
        if is_too_many(&error) {
            return SourceError::new(ErrorKind::TooLarge, TOO_MANY);
        }
        let (line, column) = line_and_column(&text, json_error_at(&text, &error));
        malformed(format!("the document is not JSON, at line {line} column {column}"))
    })
}

fn changing() -> SourceError {
    SourceError::new(ErrorKind::Unavailable, "the key changes its type or its node while it is read")
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Client").field(self.config()).finish()
    }
}
