//! Watching many keys of a store under one prefix: by hand, with what its own protocol has for it.
//!
//! What always holds: both sides read all keys first and then follow what changes; neither sees more of the server than the
//! keys in [`FOLDER`]. A watch by hand stops at the first failure, where the library's connects again, reads again, and
//! notices a connection that went silent.
#![expect(missing_debug_implementations, reason = "streams of the clients")]

use std::{collections::HashMap, net::SocketAddr};

use async_nats::Subscriber;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use futures_util::StreamExt as _;
use redis::aio::{MultiplexedConnection, PubSubStream};
use reqwest::{Client, Response};
use serde_json::{Value, json};

use crate::{
    round_trips::{Problem, document},
    stores::BUCKET,
};

/// The folder of all keys, in which the store's own separator follows.
pub const FOLDER: &str = "w";

/// How many keys are watched.
pub const KEYS: usize = 10_000;

/// The key with a number.
#[must_use]
pub fn key(separator: char, number: usize) -> String {
    format!("{FOLDER}{separator}{number:05}")
}

/// A watch by hand, which has read all keys.
pub trait ByHand: Sized {
    /// Reads all keys, and returns how many there are.
    fn begin(server: SocketAddr) -> impl Future<Output = Result<(Self, usize), Problem>>;

    /// The value of the next key that changes.
    fn next(&mut self) -> impl Future<Output = Result<String, Problem>>;
}

/// Redis: keyspace notifications on one connection, values over another.
pub struct RedisWatch {
    values: MultiplexedConnection,
    told: PubSubStream,
    state: HashMap<String, String>,
}

impl ByHand for RedisWatch {
    async fn begin(server: SocketAddr) -> Result<(Self, usize), Problem> {
        let client = redis::Client::open(format!("redis://{server}"))?;
        let mut subscriber = client.get_async_pubsub().await?;
        subscriber.psubscribe(format!("__keyspace@0__:{FOLDER}/*")).await?;
        let mut values = client.get_multiplexed_async_connection().await?;
        let keys: Vec<_> = (0..KEYS).map(|number| key('/', number)).collect();
        let read: Vec<String> = redis::cmd("MGET").arg(&keys).query_async(&mut values).await?;
        let state: HashMap<_, _> = keys.into_iter().zip(read).collect();
        let read = state.len();
        Ok((Self { values, told: subscriber.into_on_message(), state }, read))
    }

    async fn next(&mut self) -> Result<String, Problem> {
        let message = self.told.next().await.ok_or("the connection has ended")?;
        let (_, key) = message.get_channel_name().split_once(':').ok_or("no key")?;
        let value: String = redis::cmd("GET").arg(key).query_async(&mut self.values).await?;
        self.state.insert(key.to_owned(), value.clone());
        Ok(value)
    }
}

/// Consul: a blocking query of the prefix, again and again.
pub struct ConsulWatch {
    client: Client,
    server: SocketAddr,
    index: String,
    /// The index of the last change of each key, and its value.
    state: HashMap<String, (u64, String)>,
    changed: Vec<String>,
}

impl ConsulWatch {
    async fn ask(&mut self) -> Result<(), Problem> {
        let Self { server, index, .. } = self;
        let url = format!("http://{server}/v1/kv/{FOLDER}/?recurse&wait=60s&index={index}");
        let answer = self.client.get(url).send().await?.error_for_status()?;
        self.index = answer.headers().get("X-Consul-Index").ok_or("no index")?.to_str()?.to_owned();
        let entries: Vec<ConsulEntry> = serde_json::from_slice(&answer.bytes().await?)?;
        for ConsulEntry { key, value, modified } in entries {
            if self.state.get(&key).is_none_or(|(known, _)| *known != modified) {
                let value = String::from_utf8(BASE64_STANDARD.decode(value)?)?;
                self.changed.push(value.clone());
                self.state.insert(key, (modified, value));
            }
        }
        Ok(())
    }
}

#[derive(serde::Deserialize)]
struct ConsulEntry {
    #[serde(rename = "Key")]
    key: String,
    #[serde(rename = "Value")]
    value: String,
    #[serde(rename = "ModifyIndex")]
    modified: u64,
}

impl ByHand for ConsulWatch {
    async fn begin(server: SocketAddr) -> Result<(Self, usize), Problem> {
        let client = document::client()?;
        let mut watch = Self { client, server, index: "0".to_owned(), state: HashMap::new(), changed: Vec::new() };
        watch.ask().await?;
        watch.changed.clear();
        let read = watch.state.len();
        Ok((watch, read))
    }

    async fn next(&mut self) -> Result<String, Problem> {
        loop {
            if let Some(value) = self.changed.pop() {
                return Ok(value);
            }
            self.ask().await?;
        }
    }
}

/// etcd: a stream of the prefix through its JSON gateway, from the revision that was read.
pub struct EtcdWatch {
    stream: Response,
    received: Vec<u8>,
    state: HashMap<String, String>,
    changed: Vec<String>,
}

impl EtcdWatch {
    fn take(&mut self, line: &[u8]) -> Result<(), Problem> {
        let line: Value = serde_json::from_slice(line)?;
        for event in line["result"]["events"].as_array().into_iter().flatten() {
            let (key, value) = (text(&event["kv"]["key"])?, text(&event["kv"]["value"])?);
            self.state.insert(key, value.clone());
            self.changed.push(value);
        }
        Ok(())
    }
}

impl ByHand for EtcdWatch {
    async fn begin(server: SocketAddr) -> Result<(Self, usize), Problem> {
        let client = document::client()?;
        // The character after the separator.
        let (begin, end) = (format!("{FOLDER}/"), format!("{FOLDER}0"));
        let mut range = json!({ "key": BASE64_STANDARD.encode(begin), "range_end": BASE64_STANDARD.encode(end) });
        let read = client.post(format!("http://{server}/v3/kv/range")).body(range.to_string()).send().await?;
        let read: Value = serde_json::from_slice(&read.error_for_status()?.bytes().await?)?;
        let mut state = HashMap::new();
        for entry in read["kvs"].as_array().ok_or("no keys")? {
            state.insert(text(&entry["key"])?, text(&entry["value"])?);
        }
        let revision: u64 = read["header"]["revision"].as_str().ok_or("no revision")?.parse()?;
        range["start_revision"] = (revision + 1).to_string().into();
        let watch = json!({ "create_request": range }).to_string();
        let stream = client.post(format!("http://{server}/v3/watch")).body(watch).send().await?.error_for_status()?;
        let read = state.len();
        Ok((Self { stream, received: Vec::new(), state, changed: Vec::new() }, read))
    }

    async fn next(&mut self) -> Result<String, Problem> {
        loop {
            if let Some(value) = self.changed.pop() {
                return Ok(value);
            }
            self.received.extend_from_slice(&self.stream.chunk().await?.ok_or("the stream has ended")?);
            while let Some(end) = self.received.iter().position(|byte| *byte == b'\n') {
                let line: Vec<_> = self.received.drain(..=end).collect();
                self.take(&line)?;
            }
        }
    }
}

/// NATS: an ephemeral consumer of the bucket, which sends the last entry of each key and then every new one.
pub struct NatsWatch {
    _client: async_nats::Client,
    told: Subscriber,
    state: HashMap<String, String>,
}

impl ByHand for NatsWatch {
    async fn begin(server: SocketAddr) -> Result<(Self, usize), Problem> {
        let client = async_nats::connect(format!("nats://{server}")).await?;
        let inbox = client.new_inbox();
        let told = client.subscribe(inbox.clone()).await?;
        let consumer = json!({ "stream_name": format!("KV_{BUCKET}"), "config": {
            "deliver_subject": inbox, "deliver_policy": "last_per_subject", "ack_policy": "none", "replay_policy": "instant",
            "max_deliver": 1, "mem_storage": true, "num_replicas": 1, "filter_subject": format!("$KV.{BUCKET}.{FOLDER}.>"),
        }});
        let create = format!("$JS.API.CONSUMER.CREATE.KV_{BUCKET}");
        let created = client.request(create, consumer.to_string().into()).await?;
        let created: Value = serde_json::from_slice(&created.payload)?;
        let keys = created["num_pending"].as_u64().ok_or_else(|| created.to_string())?;
        let mut watch = Self { _client: client, told, state: HashMap::new() };
        for _ in 0..keys {
            watch.next().await?;
        }
        let read = watch.state.len();
        Ok((watch, read))
    }

    async fn next(&mut self) -> Result<String, Problem> {
        let message = self.told.next().await.ok_or("the connection has ended")?;
        let value = String::from_utf8(message.payload.to_vec())?;
        self.state.insert(message.subject.to_string(), value.clone());
        Ok(value)
    }
}

fn text(value: &Value) -> Result<String, Problem> {
    Ok(String::from_utf8(BASE64_STANDARD.decode(value.as_str().unwrap_or_default())?)?)
}
