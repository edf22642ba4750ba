//! Ten thousand keys of each store that tells what changes, watched under one prefix: connections, memory, processor time at rest,
//! and the time from a write until it is seen, beside a watch by hand.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

use std::{
    alloc::System,
    fs,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use benches::{
    round_trips::{Problem, document},
    side_by_side::{median, time},
    stores::BUCKET,
    watching::{ByHand, ConsulWatch, EtcdWatch, KEYS, NatsWatch, RedisWatch, key},
};
use component_model::{
    BoxStream, Change, Polling, RequestSpec, Source, Value,
    fetchers::{consul::Consul, etcd::Etcd, nats::Nats, redis::Redis},
    plan::Layer,
    watch,
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::json;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use testbed::{BedError, proxy::Proxy};
use tokio::runtime::{Builder, Runtime};

#[global_allocator]
static COUNTING: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const DELAY: Duration = Duration::from_millis(2);

/// How long a watch is left alone.
const REST: Duration = Duration::from_secs(10);

/// Each side watches in turn, and sees so many writes in each turn.
const TURNS: usize = 10;
const WRITES: usize = 50;

/// Whether a watch has the values that the caller needs, as it does by hand.
struct Library {
    changes: BoxStream<'static, Change>,
    state: Vec<Value>,
}

impl Library {
    async fn begin<S: Source>(source: S, separator: char) -> Self {
        let source = Arc::new(source);
        let requests = (0..KEYS).map(|number| {
            let key = key(separator, number);
            let layer = Layer { key: Some(&key), ..Layer::NEW };
            (source.bind(&RequestSpec::new(&layer, &[])).unwrap(), None)
        });
        let changes = watch(&source, requests.collect(), Polling::every(Duration::MAX));
        let mut watch = Self { changes, state: vec![Value::text(""); KEYS] };
        for _ in 0..KEYS {
            watch.next().await;
        }
        watch
    }

    async fn next(&mut self) -> String {
        let Some(Change::Answer { index, answer }) = self.changes.next().await else { panic!("no answer") };
        let value = answer.unwrap().record().unwrap().value().clone();
        let Value::Text(text) = &value else { panic!("no text") };
        let text = text.to_string();
        self.state[index] = value;
        text
    }
}

/// A way to watch, which has read everything.
enum Way<B> {
    ByHand(B),
    Library(Library),
}

impl<B: ByHand> Way<B> {
    async fn next(&mut self) -> String {
        match self {
            Self::ByHand(watch) => watch.next().await.unwrap(),
            Self::Library(watch) => watch.next().await,
        }
    }
}

/// What a watch costs while nothing changes.
struct Rest {
    connections: usize,
    bytes: usize,
    busy: Duration,
}

/// A store, how its keys are written, and how the library watches them.
struct Store<W, F> {
    name: &'static str,
    server: SocketAddr,
    separator: char,
    write: W,
    begin: F,
}

struct Bench {
    /// Of the watches: one thread, whose time is counted.
    runtime: Runtime,
    /// Of the proxies and the writer.
    servers: Runtime,
}

impl Bench {
    fn rows<B, W, F>(&self, store: &Store<W, F>)
    where
        B: ByHand,
        W: AsyncFn(String, String) -> Result<(), Problem>,
        F: AsyncFn(SocketAddr) -> Library,
    {
        for (place, delay) in [("", None), (", 2 ms away", Some(DELAY))] {
            let proxies = [0; 2].map(|_| self.servers.block_on(through(store.server, delay)));
            let begin = async |side: usize| match side {
                0 => {
                    let (watch, read) = B::begin(proxies[0].address()).await.unwrap();
                    assert_eq!(read, KEYS, "the watch by hand has read them all");
                    Way::ByHand(watch)
                }
                _ => Way::Library((store.begin)(proxies[1].address()).await),
            };
            let rest = [0, 1].map(|side| self.rest(async || begin(side).await, &proxies[side]));
            let mut seen: [Vec<f64>; 2] = [Vec::new(), Vec::new()];
            for turn in 0..TURNS {
                for side in [turn % 2, 1 - turn % 2] {
                    let mut watch = self.runtime.block_on(begin(side));
                    for write in 0..WRITES {
                        // What does not change is not told.
                        let value = format!("write {write} of turn {turn} for {side}");
                        let key = key(store.separator, (turn * WRITES + write) * 19 % KEYS);
                        seen[side].push(self.seen(store, &mut watch, key, value).as_secs_f64());
                    }
                    self.runtime.block_on(async { drop(watch) });
                }
            }
            row(&format!("{}{place}", store.name), &rest, seen);
        }
    }

    fn rest<B: ByHand>(&self, begin: impl AsyncFn() -> Way<B>, proxy: &Proxy) -> Rest {
        let (before, region) = (proxy.connections(), Region::new(COUNTING));
        let mut watch = self.runtime.block_on(begin());
        let change = region.change();
        let bytes = change.bytes_allocated.saturating_sub(change.bytes_deallocated);
        let busy = cpu();
        let rests = self.runtime.block_on(async { tokio::time::timeout(REST, watch.next()).await });
        assert!(rests.is_err(), "nothing was written");
        Rest { connections: proxy.connections() - before, bytes, busy: cpu().saturating_sub(busy) }
    }

    /// The time from a write until a watch tells it.
    fn seen<B: ByHand, W: AsyncFn(String, String) -> Result<(), Problem>, F>(
        &self,
        store: &Store<W, F>,
        watch: &mut Way<B>,
        key: String,
        value: String,
    ) -> Duration {
        self.runtime.block_on(async {
            let started = Instant::now();
            let write = async { (store.write)(key, value.clone()).await.unwrap() };
            let see = async {
                while watch.next().await != value {}
                started.elapsed()
            };
            tokio::join!(write, see).1
        })
    }
}

async fn through(server: SocketAddr, delay: Option<Duration>) -> Proxy {
    let proxy = testbed::proxy(server).await.unwrap();
    if let Some(delay) = delay {
        proxy.delay(delay).await.unwrap();
    }
    proxy
}

/// The processor time of this thread.
fn cpu() -> Duration {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(stat.split(' ').next().unwrap().parse().unwrap())
}

fn row(name: &str, rest: &[Rest; 2], mut seen: [Vec<f64>; 2]) {
    let [(by_hand_p50, by_hand_p99), (p50, p99)] = seen.each_mut().map(|seen| {
        seen.sort_by(f64::total_cmp);
        (median(seen.clone()), seen[seen.len() * 99 / 100])
    });
    let [by_hand, ours] = rest;
    let kib = |bytes: usize| bytes / 1024;
    let share = |busy: Duration| format!("{:.2} %", busy.as_secs_f64() / REST.as_secs_f64() * 100.0);
    let shown = |seconds: f64| time(Duration::from_secs_f64(seconds));
    println!(
        "| {name} | {} | {} | {} KiB | {} KiB | {} | {} | {} | {} | {} | {} | {:.2} | {:.2} |",
        by_hand.connections,
        ours.connections,
        kib(by_hand.bytes),
        kib(ours.bytes),
        share(by_hand.busy),
        share(ours.busy),
        shown(by_hand_p50),
        shown(p50),
        shown(by_hand_p99),
        shown(p99),
        p50 / by_hand_p50,
        p99 / by_hand_p99,
    );
}

/// A server that runs, or why it does not.
fn started<S>(name: &str, server: Result<S, BedError>) -> Option<S> {
    server.inspect_err(|error| eprintln!("without {name}: {error}")).ok()
}

fn contents(separator: char) -> impl Iterator<Item = (String, String)> {
    (0..KEYS).map(move |number| (key(separator, number), format!("the text of key {number}")))
}

/// Writes all keys, some at once.
async fn fill(separator: char, write: impl AsyncFn(String, String) -> Result<(), Problem>) {
    let writes = stream::iter(contents(separator)).map(|(key, value)| write(key, value));
    writes.buffer_unordered(64).try_collect::<()>().await.unwrap();
}

fn main() {
    let bench = Bench {
        runtime: Builder::new_current_thread().enable_all().build().unwrap(),
        servers: Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap(),
    };
    println!(
        "| 10,000 keys of | connections: by hand | watch | memory: by hand | watch | processor at rest: by hand | watch | write to seen, p50: by hand | watch | p99: by hand | watch | p50 to by hand | p99 to by hand |"
    );
    println!("| :-- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |");
    let local = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
    let client = document::client().unwrap();
    if let Some(server) = started("Redis", bench.servers.block_on(testbed::redis())) {
        bench.servers.block_on(server.execute(&["CONFIG", "SET", "notify-keyspace-events", "KA"])).unwrap();
        let address = local(server.program().port());
        let connect = async || {
            let client = redis::Client::open(format!("redis://{address}"))?;
            client.get_multiplexed_async_connection().await
        };
        let connection = bench.runtime.block_on(connect()).unwrap();
        let write = async |key: String, value: String| {
            Ok(redis::cmd("SET").arg(key).arg(value).query_async(&mut connection.clone()).await?)
        };
        bench.runtime.block_on(fill('/', write));
        let begin = async |server| Library::begin(Redis::from_url(&format!("redis://{server}")).unwrap(), '/').await;
        bench.rows::<RedisWatch, _, _>(&Store { name: "Redis", server: address, separator: '/', write, begin });
    }
    if let Some(server) = started("Consul", bench.servers.block_on(testbed::consul())) {
        let address = local(server.program().port());
        let write = async |key: String, value: String| {
            let url = format!("http://{address}/v1/kv/{key}");
            client.put(url).body(value).send().await?.error_for_status()?;
            Ok(())
        };
        bench.servers.block_on(server.put_all(contents('/'))).unwrap();
        let begin = async |server| {
            let consul = Consul::builder().address(format!("http://{server}")).build().unwrap();
            Library::begin(consul, '/').await
        };
        bench.rows::<ConsulWatch, _, _>(&Store { name: "Consul", server: address, separator: '/', write, begin });
    }
    if let Some(server) = started("etcd", bench.servers.block_on(testbed::etcd())) {
        let address = server.address();
        let write = async |key: String, value: String| {
            let put = json!({ "key": BASE64_STANDARD.encode(key), "value": BASE64_STANDARD.encode(value) });
            let url = format!("http://{address}/v3/kv/put");
            client.post(url).body(put.to_string()).send().await?.error_for_status()?;
            Ok(())
        };
        bench.runtime.block_on(fill('/', write));
        let begin = async |server| {
            let etcd = Etcd::builder().endpoints([format!("http://{server}")]).build().unwrap();
            Library::begin(etcd, '/').await
        };
        bench.rows::<EtcdWatch, _, _>(&Store { name: "etcd", server: address, separator: '/', write, begin });
    }
    if let Some(server) = started("NATS", bench.servers.block_on(testbed::nats())) {
        bench.servers.block_on(server.client().create(BUCKET)).unwrap();
        let address = server.address();
        let connection = bench.runtime.block_on(async_nats::connect(format!("nats://{address}"))).unwrap();
        let write = async |key: String, value: String| {
            connection.request(format!("$KV.{BUCKET}.{key}"), value.into()).await?;
            Ok(())
        };
        bench.runtime.block_on(fill('.', write));
        let begin = async |server| {
            let nats = Nats::builder(&format!("nats://{server}")).bucket(BUCKET).build().unwrap();
            Library::begin(nats, '.').await
        };
        bench.rows::<NatsWatch, _, _>(&Store { name: "NATS", server: address, separator: '.', write, begin });
    }
}
