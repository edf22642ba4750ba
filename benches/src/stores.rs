//! A hundred keys of a store: fetched, one after another by hand, and by hand as concurrently as its protocol allows.
//!
//! What always holds: all ways fill the same struct, and use connections that are open already. By hand, NATS and Redis are asked
//! with their own clients, and what speaks HTTP with `reqwest`: so is etcd's gateway, since its own client needs `protoc` to be
//! built.

use std::net::SocketAddr;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use component_model::{
    SourceError, Sources,
    fetchers::{consul::Consul, etcd::Etcd, nats::Nats, redis::Redis, vault::Vault},
    prelude::*,
};
use futures_util::future::try_join_all;
use redis::aio::MultiplexedConnection;
use reqwest::{Client, RequestBuilder};
use seq_macro::seq;
use serde_json::{Value, json};

use crate::round_trips::{Problem, document};

/// The most operations of a transaction in Consul.
const OPERATIONS: usize = 64;

seq!(N in 0..100 {
    /// A hundred values of the store.
    #[derive(Debug, AsyncAssign, PartialEq)]
    #[component(fetch_from = "store")]
    pub struct Hundred {
        #(
            /// A text.
            pub f~N: String,
        )*
    }

    /// The keys, which are those that the fields have by convention.
    pub const KEYS: [&str; 100] = [#(stringify!(f~N),)*];

    impl Hundred {
        /// The values in the order of the keys.
        ///
        /// # Errors
        /// If there are fewer.
        pub fn of(values: impl IntoIterator<Item = String>) -> Result<Self, Problem> {
            let mut values = values.into_iter();
            Ok(Self { #(f~N: values.next().ok_or("a value is absent")?,)* })
        }
    }
});

/// The keys with their values.
pub fn contents() -> impl Iterator<Item = (&'static str, String)> {
    KEYS.iter().map(|key| (*key, format!("the text of {key}")))
}

/// A store by hand.
pub trait ByHand {
    /// One `await` after another.
    fn one_after_another(&self) -> impl Future<Output = Result<Hundred, Problem>>;

    /// The fewest round trips, and those concurrently.
    fn concurrent(&self) -> impl Future<Output = Result<Hundred, Problem>>;
}

/// Redis, over one connection.
#[derive(Debug)]
pub struct RedisByHand(MultiplexedConnection);

impl RedisByHand {
    /// Connects.
    ///
    /// # Errors
    /// If the server does not answer.
    pub async fn connect(url: &str) -> Result<Self, Problem> {
        Ok(Self(redis::Client::open(url)?.get_multiplexed_async_connection().await?))
    }
}

impl ByHand for RedisByHand {
    async fn one_after_another(&self) -> Result<Hundred, Problem> {
        let mut connection = self.0.clone();
        let mut values = Vec::with_capacity(KEYS.len());
        for key in KEYS {
            values.push(redis::cmd("GET").arg(key).query_async(&mut connection).await?);
        }
        Hundred::of(values)
    }

    async fn concurrent(&self) -> Result<Hundred, Problem> {
        let values: Vec<String> = redis::cmd("MGET").arg(&KEYS[..]).query_async(&mut self.0.clone()).await?;
        Hundred::of(values)
    }
}

/// A bucket of NATS, over one connection.
#[derive(Debug)]
pub struct NatsByHand(async_nats::Client);

/// The bucket.
pub const BUCKET: &str = "app";

impl NatsByHand {
    /// Connects.
    ///
    /// # Errors
    /// If the server does not answer.
    pub async fn connect(server: SocketAddr) -> Result<Self, Problem> {
        Ok(Self(async_nats::connect(format!("nats://{server}")).await?))
    }

    async fn value(&self, key: &str) -> Result<String, Problem> {
        let subject = format!("$JS.API.DIRECT.GET.KV_{BUCKET}.$KV.{BUCKET}.{key}");
        let message = self.0.request(subject, "".into()).await?;
        Ok(String::from_utf8(message.payload.to_vec())?)
    }
}

impl ByHand for NatsByHand {
    async fn one_after_another(&self) -> Result<Hundred, Problem> {
        let mut values = Vec::with_capacity(KEYS.len());
        for key in KEYS {
            values.push(self.value(key).await?);
        }
        Hundred::of(values)
    }

    async fn concurrent(&self) -> Result<Hundred, Problem> {
        Hundred::of(try_join_all(KEYS.map(|key| self.value(key))).await?)
    }
}

/// A store that speaks HTTP.
#[derive(Debug)]
pub struct HttpByHand {
    client: Client,
    base: String,
    store: HttpStore,
}

/// Which store.
#[derive(Debug)]
pub enum HttpStore {
    /// Consul's key-value store.
    Consul,
    /// The JSON gateway of etcd.
    Etcd,
    /// The second version of Vault's key-value engine at `secret`, with this token.
    Vault(String),
}

impl HttpByHand {
    /// Connects when it is asked.
    ///
    /// # Errors
    /// If the client cannot be set up.
    pub fn new(server: SocketAddr, store: HttpStore) -> Result<Self, Problem> {
        Ok(Self { client: document::client()?, base: format!("http://{server}"), store })
    }

    /// The request for one key.
    fn get(&self, key: &str) -> RequestBuilder {
        match &self.store {
            HttpStore::Consul => self.client.get(format!("{}/v1/kv/{key}", self.base)),
            HttpStore::Etcd => self.post("range", &range(key)),
            HttpStore::Vault(token) => {
                self.client.get(format!("{}/v1/secret/data/{key}", self.base)).header("X-Vault-Token", token)
            }
        }
    }

    fn post(&self, method: &str, body: &Value) -> RequestBuilder {
        self.client.post(format!("{}/v3/kv/{method}", self.base)).body(body.to_string())
    }

    async fn value(&self, key: &str) -> Result<String, Problem> {
        let answer = answer(self.get(key)).await?;
        match &self.store {
            HttpStore::Consul => decoded(&answer[0]["Value"]),
            HttpStore::Etcd => decoded(&answer["kvs"][0]["value"]),
            HttpStore::Vault(_) => Ok(answer["data"]["data"]["value"].as_str().ok_or("no text")?.to_owned()),
        }
    }

    async fn consul_transaction(&self, keys: &[&str]) -> Result<Vec<String>, Problem> {
        let operations: Vec<_> = keys.iter().map(|key| json!({ "KV": { "Verb": "get", "Key": key } })).collect();
        let answer =
            answer(self.client.put(format!("{}/v1/txn", self.base)).body(json!(operations).to_string())).await?;
        list(&answer["Results"])?.iter().map(|result| decoded(&result["KV"]["Value"])).collect()
    }
}

impl ByHand for HttpByHand {
    async fn one_after_another(&self) -> Result<Hundred, Problem> {
        let mut values = Vec::with_capacity(KEYS.len());
        for key in KEYS {
            values.push(self.value(key).await?);
        }
        Hundred::of(values)
    }

    async fn concurrent(&self) -> Result<Hundred, Problem> {
        match &self.store {
            HttpStore::Consul => {
                let transactions = KEYS.chunks(OPERATIONS).map(|keys| self.consul_transaction(keys));
                Hundred::of(try_join_all(transactions).await?.into_iter().flatten())
            }
            HttpStore::Etcd => {
                let operations: Vec<_> = KEYS.iter().map(|key| json!({ "requestRange": range(key) })).collect();
                let answer = answer(self.post("txn", &json!({ "success": operations }))).await?;
                let values = list(&answer["responses"])?.iter();
                let values: Result<Vec<_>, _> =
                    values.map(|answer| decoded(&answer["response_range"]["kvs"][0]["value"])).collect();
                Hundred::of(values?)
            }
            HttpStore::Vault(_) => Hundred::of(try_join_all(KEYS.map(|key| self.value(key))).await?),
        }
    }
}

fn range(key: &str) -> Value {
    json!({ "key": BASE64_STANDARD.encode(key) })
}

async fn answer(request: RequestBuilder) -> Result<Value, Problem> {
    let body = request.send().await?.error_for_status()?.bytes().await?;
    Ok(serde_json::from_slice(&body)?)
}

fn list(value: &Value) -> Result<&Vec<Value>, Problem> {
    value.as_array().ok_or_else(|| "no list".into())
}

fn decoded(value: &Value) -> Result<String, Problem> {
    Ok(String::from_utf8(BASE64_STANDARD.decode(value.as_str().ok_or("no value")?)?)?)
}

/// The sources with a store behind an address.
///
/// # Errors
/// If the address is not valid.
pub fn nats(server: SocketAddr) -> Result<Sources, SourceError> {
    Ok(of(Nats::builder(&format!("nats://{server}")).bucket(BUCKET).build()?))
}

/// The sources with a store behind an address.
///
/// # Errors
/// If the address is not valid.
pub fn redis(server: SocketAddr) -> Result<Sources, SourceError> {
    Ok(of(Redis::from_url(&format!("redis://{server}"))?))
}

/// The sources with a store behind an address.
///
/// # Errors
/// If the address is not valid.
pub fn over_http(server: SocketAddr, store: &HttpStore) -> Result<Sources, SourceError> {
    let base = format!("http://{server}");
    Ok(match store {
        HttpStore::Consul => of(Consul::builder().address(base).build()?),
        HttpStore::Etcd => of(Etcd::builder().endpoints([base]).build()?),
        HttpStore::Vault(token) => of(Vault::builder().address(base).token(token).build()?),
    })
}

fn of(store: impl component_model::Source) -> Sources {
    Sources::builder().source("store", store).build()
}
