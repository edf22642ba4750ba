//! The connections of a watch, apart from those of fetches, and what the server tells on them.
//!
//! The server remembers what was read on a connection, and tells once that a key has changed (`CLIENT TRACKING`). A server or
//! a user without that is asked for keyspace notifications, which the server sends only if its settings say so. What always
//! holds: what is told is kept as the set of keys to read again, however often they change; a key that changes while it is
//! read is read again.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use component_model_source::SourceError;
use futures_util::future::try_join_all;
use redis::{PushInfo, PushKind, Value};
use tokio::{
    sync::{Notify, OnceCell},
    time::timeout,
};

use super::{
    client::Exchange,
    command::Commands,
    dial::{Dialer, Link, Node, Pushes, Target},
    failure,
    source::RedisQuery,
};
use crate::links::silent;

/// How long opening a connection may take.
const OPENING: Duration = Duration::from_secs(3);

/// How long a connection may say nothing while a reply is expected.
const SILENCE: Duration = Duration::from_secs(2);

/// What the server told, and nobody has taken yet.
#[derive(Debug)]
pub(super) struct Heard {
    /// The positions of the queries for each key.
    positions: HashMap<String, Vec<usize>>,
    changed: Mutex<Changed>,
    woken: Notify,
}

#[derive(Debug, Default)]
pub(super) struct Changed {
    pub(super) all: bool,
    pub(super) some: HashSet<usize>,
    /// A connection has ended.
    pub(super) lost: bool,
}

impl Heard {
    fn new(queries: &[RedisQuery]) -> Self {
        let mut positions: HashMap<String, Vec<usize>> = HashMap::new();
        for (position, query) in queries.iter().enumerate() {
            positions.entry(query.key().to_owned()).or_default().push(position);
        }
        Self { positions, changed: Mutex::default(), woken: Notify::new() }
    }

    fn hear(&self, push: &PushInfo, channels: &[String]) {
        let mut changed = self.lock();
        match (&push.kind, &push.data[..]) {
            (PushKind::Disconnection, _) => changed.lost = true,
            (PushKind::Invalidate, [Value::Array(keys)]) => {
                keys.iter().for_each(|key| self.add(&mut changed, text(key)));
            }
            // The whole database was emptied.
            (PushKind::Invalidate, _) => changed.all = true,
            (PushKind::Message, [channel, payload, ..]) => match (text(channel), text(payload)) {
                (Some(channel), Some("")) if channels.iter().any(|known| known == channel) => changed.all = true,
                (Some(channel), key) if channels.iter().any(|known| known == channel) => self.add(&mut changed, key),
                (channel, _) => self.add(&mut changed, channel.and_then(key_of_channel)),
            },
            _ => return,
        }
        drop(changed);
        self.woken.notify_one();
    }

    fn add(&self, changed: &mut Changed, key: Option<&str>) {
        changed.some.extend(key.and_then(|key| self.positions.get(key)).into_iter().flatten());
    }

    fn lock(&self) -> MutexGuard<'_, Changed> {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::BulkString(bytes) => std::str::from_utf8(bytes).ok(),
        Value::SimpleString(text) => Some(text),
        _ => None,
    }
}

fn channel_of(target: &Target, key: &str) -> String {
    format!("__keyspace@{}__:{key}", target.db)
}

fn key_of_channel(channel: &str) -> Option<&str> {
    channel.strip_prefix("__keyspace@")?.split_once("__:").map(|(_, key)| key)
}

/// The connections of one watch; dropping it closes them.
pub(super) struct Feed {
    dialer: Arc<Dialer>,
    links: Mutex<HashMap<Target, Arc<OnceCell<Link>>>>,
    heard: Arc<Heard>,
    broken: AtomicBool,
}

impl Feed {
    pub(super) fn new(dialer: &Arc<Dialer>, queries: &[RedisQuery]) -> Self {
        Self {
            dialer: Arc::clone(dialer),
            links: Mutex::default(),
            heard: Arc::new(Heard::new(queries)),
            broken: AtomicBool::new(false),
        }
    }

    /// Whether one of the connections failed: what is told may be incomplete from now on.
    pub(super) fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Relaxed) || self.heard.lock().lost
    }

    /// What was told since the last call.
    pub(super) fn take(&self) -> Changed {
        std::mem::take(&mut *self.heard.lock())
    }

    /// Waits until something is told.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub(super) async fn told(&self) {
        let is_something = || {
            let changed = self.heard.lock();
            changed.all || changed.lost || !changed.some.is_empty()
        };
        while !is_something() {
            self.heard.woken.notified().await;
        }
    }

    /// Makes sure that all connections still carry something, and lead to masters.
    pub(super) async fn check(&self) -> Result<(), SourceError> {
        let links: Vec<_> = self.links().iter().map(|(target, link)| (target.clone(), Arc::clone(link))).collect();
        let checked = try_join_all(links.iter().map(|(target, link)| self.check_one(target, link))).await;
        checked.map(drop).inspect_err(|_| self.broken.store(true, Ordering::Relaxed))
    }

    async fn check_one(&self, target: &Target, link: &OnceCell<Link>) -> Result<(), SourceError> {
        let Some(link) = link.get() else { return Ok(()) };
        let is_alone = self.dialer.config.is_single() && target.node != Node::Master;
        let mut commands = Commands::default();
        commands.add(if is_alone { "PING" } else { "ROLE" }, []);
        match link.exchange(&commands, Some(SILENCE)).await?.pop() {
            Some(Value::Array(role)) if role.first().and_then(text).is_some_and(|role| role != "master") => {
                Err(failure::demoted())
            }
            _ => Ok(()),
        }
    }

    async fn open(&self, target: &Target) -> Result<Link, SourceError> {
        let (heard, channels) = (Arc::clone(&self.heard), self.dialer.config.channels.clone());
        let pushes: Pushes = Arc::new(move |push| heard.hear(&push, &channels));
        let opening = async {
            let link = self.dialer.dial_with(target, Some(pushes)).await?;
            self.subscribe(target, &link).await?;
            Ok(link)
        };
        timeout(OPENING, opening).await.unwrap_or_else(|_| Err(silent()))
    }

    async fn subscribe(&self, target: &Target, link: &Link) -> Result<(), SourceError> {
        let mut commands = Commands::default();
        commands.add("CLIENT", ["TRACKING", "ON"]);
        for channel in &self.dialer.config.channels {
            commands.add("SUBSCRIBE", [channel.as_str()]);
        }
        let mut replies = link.exchange(&commands, Some(SILENCE)).await?.into_iter();
        let is_tracked = !matches!(replies.next(), Some(Value::ServerError(_)));
        // A channel that is set up has to be heard.
        for reply in replies {
            if let Value::ServerError(error) = reply {
                return Err(failure::of_server(&error));
            }
        }
        if is_tracked { Ok(()) } else { self.subscribe_to_keys(target, link).await }
    }

    /// Without the permission the keys are only read from time to time.
    async fn subscribe_to_keys(&self, target: &Target, link: &Link) -> Result<(), SourceError> {
        let mut commands = Commands::default();
        for key in self.heard.positions.keys() {
            commands.add("SUBSCRIBE", [channel_of(target, key).as_str()]);
        }
        link.exchange(&commands, Some(SILENCE)).await.map(drop)
    }

    fn links(&self) -> MutexGuard<'_, HashMap<Target, Arc<OnceCell<Link>>>> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Exchange for Feed {
    async fn exchange(&self, target: &Target, commands: &Commands) -> Result<Vec<Value>, SourceError> {
        let link = Arc::clone(self.links().entry(target.clone()).or_default());
        let replies = match link.get_or_try_init(|| self.open(target)).await {
            Ok(link) => link.exchange(commands, Some(SILENCE)).await,
            Err(error) => Err(error),
        };
        replies.inspect_err(|_| self.broken.store(true, Ordering::Relaxed))
    }
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed").finish_non_exhaustive()
    }
}
