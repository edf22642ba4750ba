//! The `nats` source: keys of the buckets of NATS JetStream.
//!
//! ```
//! use component_model::{Sources, fetchers::nats::Nats};
//!
//! let nats = Nats::builder("tls://nats.service").credentials_file("/etc/app/user.creds").bucket("app").build()?;
//! let sources = Sources::builder().source("nats", nats).build();
//! # Ok::<(), component_model::SourceError>(())
//! ```
//!
//! # The options of a component
//!
//! | option | meaning |
//! | --- | --- |
//! | `key` | the key, exactly as it is written; without it the path of the field, such as `shop.pool.max` |
//! | `bucket` | the bucket that the key is in; without it the bucket of the source |
//!
//! Both may be templates. A value that is inserted must not contain a dot, which would lead to another segment. A key has letters,
//! digits, `-`, `/`, `_`, `=`, and dots, each between two other characters; another one is refused before anything is asked.
//!
//! Reports show a component as `app/shop.port`: the bucket, and the key.
//!
//! # Where it connects to
//!
//! | URL | meaning |
//! | --- | --- |
//! | `nats://host:4222` | one server; the port may be left out, and the scheme too. With TLS, if the server requires it |
//! | `tls://host` | the same, and never without TLS |
//! | `nats://a,nats://b,nats://c` | servers of one cluster |
//! | `nats://user:password@host`, `nats://token@host` | the login, percent-encoded |
//!
//! [`Nats::from_env`] reads the variables that NATS' own client has, and one for the bucket. Files are read for each new
//! connection, except certificates, which are read once.
//!
//! | variable | method | meaning |
//! | --- | --- | --- |
//! | `NATS_URL` | [`Nats::builder`] | the URLs |
//! | `NATS_BUCKET` | [`bucket`](NatsBuilder::bucket) | the bucket of components that name none |
//! | `NATS_USER`, `NATS_PASSWORD` | [`login`](NatsBuilder::login) | user and password; `NATS_USER` alone is a token |
//! | `NATS_TOKEN` | [`token`](NatsBuilder::token) | a token |
//! | `NATS_NKEY` | [`nkey`](NatsBuilder::nkey) | the seed of an nkey; the variable names its file |
//! | `NATS_CREDS` | [`credentials_file`](NatsBuilder::credentials_file) | the file with a JWT and a seed |
//! | `NATS_CA` | [`ca_pem`](NatsBuilder::ca_pem) | the authority of the servers' certificates; the variable names its file, and then no other is trusted |
//! | `NATS_CERT`, `NATS_KEY` | [`client_pem`](NatsBuilder::client_pem) | the client's certificate and its key; the variables name their files |
//!
//! # What an answer means
//!
//! * A value is text without one newline at its end, which the field's type reads: a number, a JSON document for a
//!   struct; bytes, if it is not UTF-8. An empty value is a value.
//! * A key without an entry, and one that was deleted or purged, is *absent*.
//! * A user or a password, token or signature that the server refuses, and a key that the user may not read, is *denied*.
//! * A value that the field's type rejects is *malformed*.
//! * A server that shuts down or has too many clients, and a cluster without a leader, is *unavailable*; a connection
//!   that fails, and a server that does not speak the protocol of NATS, is *unreachable*.
//! * A bucket that does not exist, and a certificate that is not trusted, is *misconfigured*; a server without
//!   JetStream is *not set up*.
//! * More than 16 MiB is *too large*. The server's own limit, `max_payload`, is 1 MiB by default.
//!
//! # Permissions
//!
//! A user needs these to read the keys below `shop` of the bucket `app`, and to watch them:
//!
//! ```text
//! permissions: {
//!   publish: [
//!     "$JS.API.DIRECT.GET.KV_app.$KV.app.shop.>"   # reading
//!     "$JS.API.STREAM.INFO.KV_app"                 # to report a missing bucket
//!     "$JS.API.CONSUMER.CREATE.KV_app"             # watching
//!     "$JS.FC.KV_app.>"                            # watching
//!   ]
//!   subscribe: "_INBOX.>"
//! }
//! ```
//!
//! Without the second one, reading a bucket that does not exist is a *timeout*, since NATS does not answer. Reading a bucket that
//! does not allow direct reads (`allow_direct`, which NATS' own client sets) needs `$JS.API.STREAM.MSG.GET.KV_app` instead of the
//! first one. This permission, and that to watch, are for all keys of the bucket. With
//! [`inbox_prefix`](NatsBuilder::inbox_prefix) a user needs only its own inboxes.
//!
//! # Watching
//!
//! The [watches](crate::watch()) of a source share one connection, apart from that of fetches. A watch has an ephemeral
//! consumer for each bucket, which sends the state first and then each change. A server before 2.10 sends what is below
//! the common part of the keys; a newer one sends only the keys.
//!
//! The server sends a heartbeat each second. After 3.5 s of silence, after a lost connection, and if an update is
//! missing, a new consumer begins with the state, after 100 ms at first and 10 s at most, at random below that. Then
//! what changed is reported. A failure is an error, reported once for each kind; after it, `Unchanged` is
//! reported for the values that are as before. The server does not report a key that expires or a bucket that is purged,
//! so the state is read again every 30 s. If the servers that keep a bucket are silent, and the one of the connection is not,
//! the keys of that bucket are *unavailable*, and no others. The server removes a consumer 5 s after its watch was dropped.
//!
//! The version of a value is its revision, and when it was written, which differs in a bucket that was deleted and
//! created again.
//!
//! # What always holds
//!
//! * All keys of a bucket that a fetch reads are asked for at once, up to 120 at a time, over one connection.
//! * There is one connection for each runtime, however many components there are. It is opened by the first fetch, and again after
//!   10 min. If a server does not answer within 250 ms, the next one is tried beside it; servers that are not named in a URL
//!   are not used.
//! * A connection on which a request failed or was dropped after 100 ms, or that is silent for 1 s, is not used again.
//!   A request whose connection turns out to be lost is sent once more, on a new one. A server of a cluster that dies
//!   loses requests: if nothing arrives, they are sent again every 300 ms, six times at most, on the same connection.
//!   There are no other retries, and nothing is queued while the server is gone.
//! * In a cluster any server that has the bucket answers, and one that lags may have an older value.
//! * The client library writes what it does to the log of `tracing`, under the target `async_nats`, and at the level TRACE what
//!   the server sends, **values among it**: keep that target at DEBUG or above, such as by `RUST_LOG=trace,async_nats=debug`.
//! * Nothing is global: each [`Nats`] has its own connections, shared by its clones. [`Nats::close`] closes them.

mod fetcher;

pub use component_model_fetchers::nats::{Nats, NatsBuilder, NatsQuery};

pub use self::fetcher::NatsFetcher;
