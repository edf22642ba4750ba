//! The commands that read values.
//!
//! A key of which nothing is known is asked for its value as a string, its type, and how long it lives. What the replies tell
//! is remembered, so that later only the command of the type is sent, and one `MGET` for all strings. `MGET` takes a key of
//! another type for a missing one: what is missing in it is asked for again, as a key of which nothing is known.

use std::time::Duration;

use redis::Pipeline;
use tokio::time::Instant;

use super::source::RedisQuery;

/// Commands that are sent together. They may have a password in them, and so have no `Debug`.
#[derive(Default)]
pub(super) struct Commands(Pipeline);

impl Commands {
    pub(super) fn add<'a>(&mut self, name: &str, arguments: impl IntoIterator<Item = &'a str>) {
        let command = self.0.cmd(name);
        for argument in arguments {
            command.arg(argument);
        }
    }

    pub(super) fn pipeline(&self) -> &Pipeline {
        &self.0
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// The types of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    String,
    Hash,
    List,
    Set,
    Sorted,
    Json,
}

impl Kind {
    /// The type that `TYPE` names.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "string" => Self::String,
            "hash" => Self::Hash,
            "list" => Self::List,
            "set" => Self::Set,
            "zset" => Self::Sorted,
            "ReJSON-RL" => Self::Json,
            _ => return None,
        })
    }

    fn add(self, key: &str, commands: &mut Commands) {
        match self {
            Self::String => commands.add("GET", [key]),
            Self::Hash => commands.add("HGETALL", [key]),
            Self::List => commands.add("LRANGE", [key, "0", "-1"]),
            Self::Set => commands.add("SMEMBERS", [key]),
            Self::Sorted => commands.add("ZRANGE", [key, "0", "-1", "WITHSCORES"]),
            Self::Json => commands.add("JSON.GET", [key]),
        }
    }
}

/// What is known of a key; of the hash, if a field of it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) kind: Kind,
    /// Whether it expires.
    pub(super) expires: bool,
}

/// How long a key that does not expire is taken for one that will not: it may be given a life later.
const DOUBTED: Duration = Duration::from_secs(5);

/// What is remembered of a key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Remembered {
    known: Known,
    /// When it was last asked how long it lives.
    asked_life: Instant,
}

impl Remembered {
    /// What an answer tells; with what was known before, if it was not asked how long the key lives.
    pub(super) fn new(known: Known, of_life: bool, before: Option<Self>, now: Instant) -> Self {
        let asked_life = before.filter(|_| !of_life).map_or(now, |before| before.asked_life);
        Self { known, asked_life }
    }

    /// What is known of it now.
    pub(super) fn at(self, now: Instant) -> Known {
        let is_doubted = now.saturating_duration_since(self.asked_life) >= DOUBTED;
        Known { expires: self.known.expires || is_doubted, ..self.known }
    }
}

/// What one query asks, and in which order its replies come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asking {
    /// The command of the value; that of a string if nothing is known.
    pub(super) kind: Kind,
    /// Whether `TYPE` follows.
    pub(super) of_type: bool,
    /// Whether `PTTL` follows.
    pub(super) of_life: bool,
}

impl Asking {
    pub(super) fn new(query: &RedisQuery, known: Option<Known>) -> Self {
        match known {
            Some(Known { kind, expires }) => Self { kind, of_type: false, of_life: expires },
            None if query.field().is_some() => Self { kind: Kind::Hash, of_type: false, of_life: true },
            None => Self { kind: Kind::String, of_type: true, of_life: true },
        }
    }

    /// Whether one `MGET` can ask for it together with others.
    pub(super) fn is_plain(self, query: &RedisQuery) -> bool {
        self == Self { kind: Kind::String, of_type: false, of_life: false } && query.field().is_none()
    }

    /// How many replies there are.
    pub(super) fn replies(self) -> usize {
        1 + usize::from(self.of_type) + usize::from(self.of_life)
    }

    /// Adds the commands; with `asking` each is allowed on a node that is about to have the key.
    pub(super) fn add(self, query: &RedisQuery, asking: bool, commands: &mut Commands) {
        let key = query.key();
        let mut each = |add: &dyn Fn(&mut Commands)| {
            if asking {
                commands.add("ASKING", []);
            }
            add(commands);
        };
        match query.field() {
            Some(field) => each(&|commands| commands.add("HGET", [key, field])),
            None => each(&|commands| self.kind.add(key, commands)),
        }
        if self.of_type {
            each(&|commands| commands.add("TYPE", [key]));
        }
        if self.of_life {
            each(&|commands| commands.add("PTTL", [key]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_a_key_lives_is_asked_again_after_a_while() {
        let (begun, known) = (Instant::now(), Known { kind: Kind::String, expires: false });
        let first = Remembered::new(known, true, None, begun);
        let last = Remembered::new(known, false, Some(first), begun + DOUBTED / 2);
        assert_eq!(last.at(begun + DOUBTED / 2), known);
        assert!(last.at(begun + DOUBTED).expires, "an `MGET` says nothing of it");
        let asked = Remembered::new(known, true, Some(last), begun + DOUBTED);
        assert_eq!(asked.at(begun + DOUBTED), known);
    }
}
