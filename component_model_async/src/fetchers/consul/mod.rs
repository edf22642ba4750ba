//! The `consul` source: values from Consul's key/value store.
//!
//! ```
//! use component_model::{Sources, fetchers::consul::Consul};
//!
//! let consul = Consul::builder().address("https://consul.service:8501").datacenter("dc1").build()?;
//! let sources = Sources::builder().source("consul", consul).build();
//! # Ok::<(), component_model::SourceError>(())
//! ```
//!
//! # The options of a component
//!
//! | option | meaning |
//! | --- | --- |
//! | `key` | the key, exactly as written; the path of the field if it is not given, such as `shop/pool/max` |
//! | `prefix` | all keys below it, for a struct or a map; excludes `key`. `app` and `app/` mean the same, and `app2` is not below it |
//! | `dc` | the datacenter, unless it is that of the source or of the agent |
//! | `namespace` | the namespace, for Consul Enterprise |
//! | `token` | the ACL token, unless it is that of the source |
//! | `consistency` | `default`, `consistent` or `stale`; see [`Consistency`] |
//!
//! All but `consistency` may be templates. A value that is inserted into a `key` or a `prefix` stays in its segment.
//!
//! A token is a secret, and one that is written into an attribute is in the program's text. Let a component fetch it instead,
//! which may be sensitive: `token = "{consul_token}"`. No report, error or `Debug` shows it either way.
//!
//! # The environment
//!
//! [`Consul::from_env`] reads the variables of Consul's own client. No file that they name is read before the first request.
//!
//! | variable | meaning |
//! | --- | --- |
//! | `CONSUL_HTTP_ADDR` | the address, with or without a scheme; `127.0.0.1:8500` by default. Unix sockets are not supported |
//! | `CONSUL_HTTP_SSL` | `true` for https |
//! | `CONSUL_HTTP_TOKEN` | the ACL token |
//! | `CONSUL_HTTP_TOKEN_FILE` | a file with it, which takes precedence; read for each request, so that it may be replaced |
//! | `CONSUL_HTTP_AUTH` | `user:password`, for a proxy in front of Consul |
//! | `CONSUL_NAMESPACE`, `CONSUL_PARTITION` | the namespace and the admin partition, for Consul Enterprise |
//! | `CONSUL_CACERT`, `CONSUL_CAPATH` | the certificate authorities, a file or a folder; no others are trusted then |
//! | `CONSUL_CLIENT_CERT`, `CONSUL_CLIENT_KEY` | the client's certificate and its key |
//!
//! `CONSUL_HTTP_SSL_VERIFY=false` and `CONSUL_TLS_SERVER_NAME` are errors: they are not supported, and would otherwise be
//! ignored in silence.
//!
//! # What an answer means
//!
//! * A value is text without one line end at its end; the field's type reads it, also as a JSON document. What is not text is
//!   bytes.
//! * A `prefix` is one document: the key `app/pool/max` is the member `max` of the map `pool`. Consul's empty keys that end in
//!   `/` are folders and no values. A name that is both a value and a map is *malformed*. Keys below the prefix that the token
//!   may not read are missing from the document: Consul leaves them out, and does not say so.
//! * A key that is not there is *absent*, as is a prefix without keys. What the token may not read is *denied*, whether it is
//!   there or not, and so is a token that Consul does not know.
//! * 429 means *throttled*; no leader, no path to the datacenter and other 5xx *unavailable*. A namespace without Consul
//!   Enterprise, any other 4xx and a certificate that is not trusted are *misconfigured*. What is not an answer of Consul's
//!   store, such as the page of another server (also with 404), is *malformed*.
//! * A value of more than 16 MiB is *too large*, and so is a prefix whose values have more than that together. Consul itself
//!   allows 512 KiB for a value, unless it is configured otherwise.
//! * Keys with an empty or dotted segment (`a//b`, `a/../b`, `/a`) or a control character are *misconfigured*: Consul's HTTP
//!   API would read another key, or refuse it.
//! * With the `consistency` `default`, a leader that has just started answers while it still applies its log: for seconds
//!   after a restart of a single server, a fetch may get values that were replaced before, and *absent* for keys that are there.
//!   `consistent` waits until all is applied, for a round trip between the servers.
//! * The version of a value is its `ModifyIndex` with a hash of the value: after the servers lost their data, other values have
//!   the same indices. The hash has a key of the process, and reveals nothing about the value.
//!
//! # What it costs
//!
//! The keys of a fetch that agree in datacenter, token and consistency travel in transactions of 64, which all run at
//! the same time. If keys are missing, the others are asked for once more, and at the same time whether the missing
//! ones are denied: a transaction does not say. That is one further round trip, however many are missing. The keys of a
//! namespace or of a partition are requested one by one, since without Enterprise a transaction ignores both. A prefix
//! is one request.
//!
//! A source has at most 64 requests at the same time, besides the blocking queries of its watches; others wait, in their
//! order. An agent accepts 200 connections of one host by default (`http_max_conns_per_client`).
//!
//! # Watching
//!
//! A watch asks blocking queries, which Consul answers when something changes: one for a key that is alone in its
//! folder, one for the keys of a folder, one for a prefix, and at most four; if there are more, the folders around them
//! are watched. It reports the current state first, and then each change; of several
//! changes in quick succession the last one. A lost connection is reported as an error, once for each kind,
//! and opened again after random pauses that grow from 100 ms to 10 s; then what changed meanwhile is reported, and
//! `Unchanged` for the values that are as before. A connection that went silent is noticed within 7 s. If the servers
//! have lost their history, everything is reported again, after [`Resynchronised`](crate::Change::Resynchronised) with
//! the requests (`indices`). A key that is missing may be seen up to a second after it was created, if other keys are
//! written often.
//!
//! The watches of a source have connections apart from those of its fetches, and at most 64 blocking queries at the same time. If
//! there are more, each of the others reads its keys again every 2 s, until it is its turn.
//!
//! A watch is `consistent`, whatever the `consistency`, apart from `stale`: after a restart of the servers it tells no value that
//! is older than those it told.
//!
//! # The least permissions
//!
//! For fetching and for watching:
//!
//! ```hcl
//! key_prefix "shop/" {
//!   policy = "read"
//! }
//! ```
//!
//! With `acl.enable_key_list_policy`, a `prefix` needs `policy = "list"`, and so does a watch of several keys, which otherwise
//! reads them every 2 s.
//!
//! # Try it
//!
//! An agent for development is a whole server, in memory. On Debian, `scripts/servers/consul` of this project unpacks one and
//! prints its path.
//!
//! ```sh
//! consul agent -dev &
//! consul kv put shop/port 8080
//! CONSUL_HTTP_ADDR=127.0.0.1:8500 cargo run
//! ```
//!
//! # What always holds
//!
//! * A token is sent to the configured address only. No redirect is followed.
//! * Nothing is global: each [`Consul`] has its own connections, shared by its clones, separate for each runtime. No I/O happens
//!   before the first fetch. [`Consul::close`] closes the connections. They idle for at most 30 s and are used for at most
//!   10 min. When a request times out, is dropped after 100 ms or loses its connection, no connection that was open at the
//!   time is used again. If a connection that was used before closes without an answer, the request is sent once more.
//! * `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` are obeyed; requests to loopback never use a proxy.

mod fetcher;

pub use component_model_fetchers::consul::{Consistency, Consul, ConsulBuilder, ConsulQuery};

pub use self::fetcher::ConsulFetcher;
