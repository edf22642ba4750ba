//! A hundred keys of each store: round trips, connections and time of a fetch, beside one `await` after another and beside
//! the most concurrent code by hand.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)]

use std::{net::SocketAddr, sync::atomic::Ordering::SeqCst, time::Duration};

use benches::{
    round_trips::{
        Problem,
        counters::{Proxy, proxy},
    },
    side_by_side::{measure, time},
    stores::{
        BUCKET, ByHand, HttpByHand, HttpStore, Hundred, NatsByHand, RedisByHand, contents, nats, over_http, redis,
    },
};
use component_model::Sources;
use serde_json::json;
use testbed::BedError;
use tokio::runtime::{Builder, Runtime};

const ROUNDS: usize = 40;
const DELAY: Duration = Duration::from_millis(2);

/// Servers run, and are asked, on threads of their own, so that none of the ways waits for them longer than another.
struct Bench {
    runtime: Runtime,
    servers: Runtime,
}

impl Bench {
    /// A row for a server without delay, and one for the same server 2 ms away.
    fn rows<B: ByHand>(
        &self,
        name: &str,
        server: SocketAddr,
        by_hand: impl AsyncFn(SocketAddr) -> Result<B, Problem>,
        sources: impl Fn(SocketAddr) -> Sources,
    ) {
        for (place, delay) in [("", Duration::ZERO), (", 2 ms away", DELAY)] {
            // One for each side, which counts what that side opens.
            let [one, concurrent, fetched] = [0; 3].map(|_| self.servers.block_on(proxy(server, delay)).unwrap());
            let first = self.runtime.block_on(by_hand(one.address)).unwrap();
            let second = self.runtime.block_on(by_hand(concurrent.address)).unwrap();
            let sources = sources(fetched.address);
            let ways: [(&Proxy, Way<'_>); 3] = [
                (&one, &|| self.runtime.block_on(first.one_after_another())),
                (&concurrent, &|| self.runtime.block_on(second.concurrent())),
                (&fetched, &|| Ok(self.runtime.block_on(Hundred::fetch_all_components_from(&sources))?)),
            ];
            row(&format!("{name}{place}"), ways);
            self.runtime.block_on(sources.shutdown());
        }
    }
}

/// One way to fill the struct.
type Way<'a> = &'a dyn Fn() -> Result<Hundred, Problem>;

fn row(name: &str, ways: [(&Proxy, Way<'_>); 3]) {
    let expected = Hundred::of(contents().map(|(_, value)| value)).unwrap();
    let round_trips = ways.map(|(proxy, way)| {
        assert_eq!(way().unwrap(), expected, "{name}");
        let before = proxy.round_trips.load(SeqCst);
        way().unwrap();
        proxy.round_trips.load(SeqCst) - before
    });
    let timings =
        measure(ROUNDS, &mut ways.map(|(_, way)| -> Box<dyn FnMut()> { Box::new(move || drop(way().unwrap())) }));
    let connections = ways.map(|(proxy, _)| proxy.connections.load(SeqCst));
    let cells = |figures: [usize; 3]| figures.map(|figure| figure.to_string()).join(" | ");
    let times: Vec<_> = timings.iter().map(|timing| time(timing.median)).collect();
    println!(
        "| {name} | {} | {} | {} | {:.3} | {:.2} |",
        cells(round_trips),
        cells(connections),
        times.join(" | "),
        timings[2].ratio,
        timings[2].ratio / timings[1].ratio,
    );
}

/// A server that runs, or why it does not.
fn started<S>(name: &str, server: Result<S, BedError>) -> Option<S> {
    server.inspect_err(|error| eprintln!("without {name}: {error}")).ok()
}

fn main() {
    let runtime = || Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let bench = Bench { runtime: runtime(), servers: runtime() };
    println!(
        "| a hundred keys of | round trips: one by one | concurrent | fetch | connections: one by one | concurrent | fetch | time: one by one | concurrent | fetch | fetch to one by one | fetch to concurrent |"
    );
    println!("| :-- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |");
    let local = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
    if let Some(server) = started("Redis", bench.servers.block_on(testbed::redis())) {
        for (key, value) in contents() {
            bench.servers.block_on(server.execute(&["SET", key, &value])).unwrap();
        }
        let by_hand = async |server: SocketAddr| RedisByHand::connect(&format!("redis://{server}")).await;
        bench.rows("Redis", local(server.program().port()), by_hand, |server| redis(server).unwrap());
    }
    if let Some(server) = started("Consul", bench.servers.block_on(testbed::consul())) {
        bench.servers.block_on(server.put_all(contents())).unwrap();
        let by_hand = async |server| HttpByHand::new(server, HttpStore::Consul);
        let sources = |server| over_http(server, &HttpStore::Consul).unwrap();
        bench.rows("Consul", local(server.program().port()), by_hand, sources);
    }
    if let Some(server) = started("etcd", bench.servers.block_on(testbed::etcd())) {
        for (key, value) in contents() {
            bench.servers.block_on(server.client().put(key, &value)).unwrap();
        }
        let by_hand = async |server| HttpByHand::new(server, HttpStore::Etcd);
        bench.rows("etcd", server.address(), by_hand, |server| over_http(server, &HttpStore::Etcd).unwrap());
    }
    if let Some(server) = started("NATS", bench.servers.block_on(testbed::nats())) {
        bench.servers.block_on(server.client().create(BUCKET)).unwrap();
        for (key, value) in contents() {
            bench.servers.block_on(server.client().put(BUCKET, key, &value)).unwrap();
        }
        bench.rows("NATS", server.address(), NatsByHand::connect, |server| nats(server).unwrap());
    }
    if let Some(server) = started("Vault", bench.servers.block_on(testbed::vault())) {
        for (key, value) in contents() {
            bench.servers.block_on(server.put("secret", key, json!({ "value": value }))).unwrap();
        }
        let store = || HttpStore::Vault(server.root_token().to_owned());
        let by_hand = async |server| HttpByHand::new(server, store());
        bench.rows("Vault", local(server.program().port()), by_hand, |server| over_http(server, &store()).unwrap());
    }
}
