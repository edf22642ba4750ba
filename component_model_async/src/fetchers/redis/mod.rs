//! The `redis` source: values of Redis and Valkey.
//!
//! ```
//! use component_model::{Sources, fetchers::redis::Redis};
//!
//! let redis = Redis::builder("rediss://cache.service/2").login("app", "a password").build()?;
//! let sources = Sources::builder().source("redis", redis).build();
//! # Ok::<(), component_model::SourceError>(())
//! ```
//!
//! # The options of a component
//!
//! | option | meaning |
//! | --- | --- |
//! | `key` | the key, exactly as it is written; without it the path of the field, such as `shop:pool:max` |
//! | `field` | a field of the hash at the key; without it the whole value is read |
//! | `db` | the number of another database than that of the URL |
//!
//! A `key` and a `field` may be templates. A value that is inserted must not contain a `:`, which would lead to another segment.
//! Write `{{` for a brace of the key itself, such as a hash tag of a cluster: `{{user17}}:plan`.
//!
//! Reports show a component as `key`, `key#field`, or `key (db 3)` if the database is not that of the URL.
//!
//! # URLs
//!
//! | URL | meaning |
//! | --- | --- |
//! | `redis://user:password@host:6379/2` | one server, and its database 2; also `redis://:password@host`, `?db=2` |
//! | `rediss://host` | the same with TLS |
//! | `redis+cluster://a,b:7001,c` | some nodes of a cluster, which know the others |
//! | `redis+sentinel://a,b:26380,c/mymaster/2` | Sentinels, and the name by which they know the master |
//! | `unix:///run/redis.sock?db=2` | a socket of this machine |
//!
//! `rediss+cluster`, `rediss+sentinel` and the same with `valkey` work too. [`Redis::from_env`] takes the URL from the
//! variable `REDIS_URL`. A user and a password in the URL are percent-encoded.
//!
//! # What an answer means
//!
//! | type of the key | value |
//! | --- | --- |
//! | string | text, which the field's type reads: a number, a JSON document for a struct; bytes, if it is not UTF-8 |
//! | hash | a map or a struct, whose values are text |
//! | list, set | a list of text; that of a set is sorted by bytes |
//! | sorted set | a list of `{member, score}`, from the lowest score |
//! | JSON (a module) | the document, with the types of its values |
//!
//! * A key that does not exist, and a hash without the field, is *absent*. An empty string is a value.
//! * A key that has expired is absent. A cache keeps a value no longer than its key lives, as far as that was known when it was
//!   read first.
//! * A wrong password, a missing one, and a key or a command that the user may not read, is *denied*.
//! * A value that the field's type rejects, `field` on a key that is not a hash, and a stream, is *malformed*.
//! * A server that is loading its data, a replica without its master, an incomplete cluster, and too many clients, is
//!   *unavailable*; a connection that fails, and a server that does not speak the protocol of Redis, is *unreachable*.
//! * A database that the server does not have, a node of a cluster that is addressed as a single server, a certificate that is
//!   not trusted, and a command that the server does not know, is *misconfigured*.
//! * More than 16 MiB, or a million elements, is *too large*; the rest of it is skipped.
//!
//! # Permissions
//!
//! Reading needs these commands; `shop:*` stands for the keys of the program:
//!
//! ```text
//! ACL SETUSER app on >password resetkeys %R~shop:* -@all +get +mget +hget +hgetall +lrange +smembers +zrange +type +pttl +select
//! ```
//!
//! Before Redis 7, write `~shop:*` instead of `%R~shop:*`. A server with the JSON module needs `+json.get` too, a cluster
//! `+cluster|slots +asking`, and a master that is found through Sentinels `+role`. Watching needs `+client|tracking +ping +role`.
//!
//! # Watching
//!
//! A [watch](crate::watch()) has one connection of its own for all keys of a database (in a cluster, one for each
//! master). On it the server reports which of the keys that were read have changed (`CLIENT TRACKING`, Redis 6 and
//! Valkey); nothing has to be set up. What else there is:
//!
//! | | setup |
//! | --- | --- |
//! | keyspace notifications, if tracking is denied | the server: `CONFIG SET notify-keyspace-events KEA`; the user needs `+subscribe &__keyspace@*` |
//! | [channels](RedisBuilder::channel) | a writer: `PUBLISH shop:changed shop:port`, or an empty message for all keys; the user needs `+subscribe &shop:changed` |
//! | reading everything | [`poll_every`](RedisBuilder::poll_every), by default 30 s, besides the others |
//!
//! A lost connection is reported as an error, once for each kind, and opened again after 100 ms at first and
//! 10 s at most, at random below that; then everything is read, and reported after
//! [`Resynchronised`](crate::Change::Resynchronised) with the requests (`indices`). A connection that is dead is
//! noticed within 5 s. If a value changes faster than the program takes the changes, only its last value is
//! reported.
//!
//! Redis has no versions: the version of a value is a hash of it, with a key that each [`Redis`] makes for itself. Values of more
//! than 64 KiB have none.
//!
//! # What always holds
//!
//! * All keys of a database that a fetch reads travel in one round trip, and in two if some of them have another type than was
//!   known; in a cluster, in one to each node.
//! * There is one connection for each server, database and runtime, however many components there are. It is opened by the
//!   first fetch, and again after 10 min, or 1 min behind Sentinels. A handshake of TLS that takes more than 1.5 s is an error.
//! * A connection on which a request failed or was dropped after 100 ms, or that is silent for 1 s, is not used again.
//!   A request whose connection turns out to be lost is sent once more, on a new one. There are no other retries, and
//!   nothing is queued while the server is gone.
//! * Only masters are read.
//! * Nothing is global: each [`Redis`] has its own connections, shared by its clones. [`Redis::close`] closes them.

mod fetcher;

pub use component_model_fetchers::redis::{Redis, RedisBuilder, RedisQuery};

pub use self::fetcher::RedisFetcher;
