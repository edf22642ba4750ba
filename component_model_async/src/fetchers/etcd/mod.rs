//! The `etcd` source: values from etcd, version 3.
//!
//! ```
//! use component_model::{Sources, fetchers::etcd::Etcd};
//!
//! let etcd = Etcd::builder()
//!     .endpoints(["https://etcd-0.service:2379", "https://etcd-1.service:2379", "https://etcd-2.service:2379"])
//!     .login("app", "a password")
//!     .build()?;
//! let sources = Sources::builder().source("etcd", etcd).build();
//! # Ok::<(), component_model::SourceError>(())
//! ```
//!
//! # The options of a component
//!
//! | option | meaning |
//! | --- | --- |
//! | `key` | the key, exactly as written; the path of the field if it is not given, such as `shop/pool/max` |
//! | `prefix` | all keys below it, for a struct or a map; excludes `key`. `app` and `app/` mean the same, and `app2` is not below it |
//! | `consistency` | `linearizable` or `serializable`; see [`Consistency`] |
//!
//! `key` and `prefix` may be templates. A value that is inserted stays in its segment.
//!
//! Reports show a component as `app/port`, and a prefix as `app/ (prefix)`.
//!
//! # The environment
//!
//! [`Etcd::from_env`] reads the variables of etcd's own client, `etcdctl`. No file that they name is read before the first request.
//!
//! | variable | meaning |
//! | --- | --- |
//! | `ETCD_ENDPOINTS`, or else `ETCDCTL_ENDPOINTS` | the members, separated by commas, with or without a scheme; `127.0.0.1:2379` by default. Unix sockets are not supported |
//! | `ETCDCTL_USER`, `ETCDCTL_PASSWORD` | the user and its password; or `user:password` in the first |
//! | `ETCDCTL_CACERT` | the file of the certificate authority; no others are trusted then, and endpoints without a scheme are https |
//! | `ETCDCTL_CERT`, `ETCDCTL_KEY` | the files of the client's certificate and its key |
//!
//! `ETCDCTL_INSECURE_SKIP_TLS_VERIFY` is an error: it is not supported, and would otherwise be ignored in silence.
//!
//! # What an answer means
//!
//! * A value is text without one line end at its end; the field's type reads it, also as a JSON document. What is not text is
//!   bytes.
//! * A `prefix` is one document: the key `app/pool/max` is the member `max` of the map `pool`. Empty keys that end in `/` are
//!   folders and no values. A name that is both a value and a map is *malformed*, as is a key that is not UTF-8.
//! * A key that is not there is *absent*, as is a prefix without keys, and a key whose lease has ended. The reader does
//!   not keep a lease alive: that is the job of the writer of the key.
//! * What the user may not read is *denied*, whether it is there or not. So is a wrong user or password, and no user where one
//!   is required. For a `prefix` the user needs the permission for all of it.
//! * No leader, and any other 5xx, is *unavailable*; too many requests *throttled*. A certificate that is not trusted, and any
//!   other 4xx, is *misconfigured*. What is not an answer of etcd, such as the page of another server, is *malformed*.
//! * A value of more than 16 MiB is *too large*, and so is a prefix whose values have more than that together. etcd itself allows
//!   1.5 MiB for a value, unless it is configured otherwise.
//! * The version of a value is its `mod_revision` with a hash of the value: after a server lost its data, other values have the
//!   same revisions. The hash has a key of the process, and reveals nothing about the value.
//!
//! # The server
//!
//! The source speaks etcd's JSON gateway, which is on by default (`--enable-grpc-gateway`), at the endpoints for clients, in
//! etcd 3.4 and later. The gateway does not take a certificate's name for a user. With `--client-cert-auth` a certificate lets the
//! client connect, and a user and a password say who it is; where there are users, the gateway refuses a certificate that has a
//! common name (*misconfigured*): use one without.
//!
//! # What it costs
//!
//! The keys and prefixes of a fetch that agree in their consistency travel in one transaction, and are of one revision. A
//! transaction has at most 128 of them; if there are more, several run at the same time. etcd refuses a whole
//! transaction for one key that is denied. It is then divided into eighths, until the denied keys are known: for one of 128 that
//! is three further round trips.
//!
//! A source has at most 64 requests at the same time, apart from those of its watches; others wait, in their order.
//!
//! The source logs in at its first request, once for all, and again when its token is no longer good.
//!
//! If a member does not answer, the next one is asked in the same attempt; one that is silent costs an attempt, and the next
//! attempt begins with another member.
//!
//! # Watching
//!
//! A watch reads everything first, and then has one stream for each folder of its keys (`shop/`), up to four; for keys
//! in more folders, it has a single stream. A stream has the changes from the first key to the last. A watch has its
//! own connections. Each change is reported; of several changes in quick succession the last one. A prefix is read
//! again when something below it changes. A watch is linearizable, whatever the `consistency`.
//!
//! A lost connection is reported as an error, once for each kind, and opened again after random pauses that
//! grow from 100 ms to 10 s; then what changed meanwhile is reported, and `Unchanged` for the values that are as
//! before. A connection that went silent is noticed within 7 s, by a small request every 4 s on another connection. If
//! etcd has forgotten changes that the watch needs (compaction), or has another history, everything is reported again,
//! after [`Resynchronised`](crate::Change::Resynchronised) with the requests (`indices`).
//!
//! Keys whose range the user may not read, and keys that are denied, are read every 2 to 4 s instead.
//!
//! # The least permissions
//!
//! For fetching and for watching:
//!
//! ```sh
//! etcdctl role add shop-reader
//! etcdctl role grant-permission shop-reader read shop/ --prefix=true
//! etcdctl user add shop
//! etcdctl user grant-role shop shop-reader
//! ```
//!
//! # What always holds
//!
//! * A password and a token are sent to the configured endpoints only. No redirect is followed.
//! * Nothing is global: each [`Etcd`] has its own connections, shared by its clones, separate for each runtime. No I/O happens
//!   before the first fetch. [`Etcd::close`] closes the connections. They idle for at most 30 s and are used for at most 10 min.
//!   When a request times out, is dropped after 100 ms or loses its connection, no connection that was open at the time is used
//!   again. If a connection that was used before closes without an answer, the request is sent once more.
//! * `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` are obeyed; requests to loopback never use a proxy.

mod fetcher;

pub use component_model_fetchers::etcd::{Consistency, Etcd, EtcdBuilder, EtcdQuery};

pub use self::fetcher::EtcdFetcher;
