//! Fifty rows of one table and fifty values of one HTTP document: round trips and time of a fetch, beside one `await`
//! after another and beside `config` with a source written by hand.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)]

use std::{fmt::Debug, net::SocketAddr, sync::atomic::Ordering::SeqCst, thread::sleep, time::Duration};

use benches::{
    round_trips::{
        Problem,
        counters::{counting, proxy, statements},
        document::{self, Document},
        fields::{Rows, Values},
        table::{Fill, One, Table},
    },
    side_by_side::{Timing, measure, time},
};
use component_model::{
    Sources,
    fetchers::{api::Api, database::Database},
};
use sqlx::{PgPool, SqlitePool};
use tokio::runtime::{Builder, Runtime};

const ROUNDS: usize = 50;
const COUNTED: usize = 10;
const DELAY: Duration = Duration::from_millis(2);
/// A pool tests a connection that comes back, in a task of its own, which belongs to the run before.
const SETTLING: Duration = Duration::from_millis(25);

/// One way to fill the struct.
type Way<'a, T> = &'a dyn Fn() -> Result<T, Problem>;

/// One row: the same by hand, with `config` and fetched.
fn row<T: Debug + PartialEq>(name: &str, asked: &dyn Fn() -> usize, ways: [Way<'_, T>; 3]) {
    let values = ways.map(|way| way().unwrap());
    assert!(values.iter().all(|value| *value == values[0]), "{values:?}");
    let timings = measure(ROUNDS, &mut ways.map(|way| -> Box<dyn FnMut()> { Box::new(move || drop(way().unwrap())) }));
    let counts = ways.map(|way| counted(asked, way));
    print_row(name, counts, &timings);
}

/// How often one run asks, on average.
fn counted<T>(asked: &dyn Fn() -> usize, way: Way<'_, T>) -> f64 {
    sleep(SETTLING);
    let before = asked();
    for _ in 0..COUNTED {
        counting(|| drop(way().unwrap()));
        sleep(SETTLING);
    }
    (asked() - before) as f64 / COUNTED as f64
}

fn print_row(name: &str, counts: [f64; 3], timings: &[Timing]) {
    let ([by_hand, config, fetch], [hand_time, config_time, fetch_time]) = (counts, timings) else { return };
    println!(
        "| {name} | {by_hand} | {config} | {fetch} | {} | {} | {} | {:.2} | {:.2} |",
        time(hand_time.median),
        time(config_time.median),
        time(fetch_time.median),
        fetch_time.ratio,
        fetch_time.ratio / config_time.ratio,
    );
}

fn sqlite(runtime: &Runtime) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}?mode=rwc", folder.path().join("settings.db").display());
    let pool = runtime.block_on(SqlitePool::connect(&url)).unwrap();
    runtime.block_on(pool.fill()).unwrap();
    let ran = statements().unwrap();
    let asked = || ran.load(SeqCst);
    rows(runtime, "SQLite", &asked, &pool, &of(Database::from_url(&url).unwrap()));
    rows(runtime, "SQLite, the same pool", &asked, &pool, &of(Database::new(pool.clone())));
}

fn postgres(runtime: &Runtime, servers: &Runtime) {
    let database = match servers.block_on(testbed::postgres_database()) {
        Ok(database) => database,
        Err(error) => return eprintln!("without PostgreSQL: {error}"),
    };
    let pool = runtime.block_on(PgPool::connect(&database.url())).unwrap();
    runtime.block_on(pool.fill()).unwrap();
    let server = SocketAddr::from(([127, 0, 0, 1], pool.connect_options().get_port()));
    for (name, delay) in [("PostgreSQL", Duration::ZERO), ("PostgreSQL, 2 ms away", DELAY)] {
        let proxy = servers.block_on(proxy(server, delay)).unwrap();
        let url = database.url().replace(&server.to_string(), &proxy.address.to_string());
        assert_ne!(url, database.url(), "the proxy is left out");
        let pool = runtime.block_on(PgPool::connect(&url)).unwrap();
        let asked = || proxy.round_trips.load(SeqCst);
        let source = Database::from_url(&url).unwrap();
        rows(runtime, name, &asked, &pool, &of(source.clone()));
        let one = |keep| runtime.block_on(One::connect(&url, keep)).unwrap();
        rows(runtime, &format!("{name}, without a pool"), &asked, &one(false), &of(source.clone()));
        rows(runtime, &format!("{name}, kept statements"), &asked, &one(true), &of(source.keep_statements()));
    }
}

fn of(database: Database) -> Sources {
    Sources::builder().source("database", database).build()
}

fn rows(runtime: &Runtime, name: &str, asked: &dyn Fn() -> usize, pool: &impl Table, sources: &Sources) {
    let by_hand = || runtime.block_on(pool.by_hand());
    let config = || runtime.block_on(pool.with_config());
    let fetch = || Ok(runtime.block_on(Rows::fetch_all_components_from(sources))?);
    row(name, asked, [&by_hand, &config, &fetch]);
}

fn http(runtime: &Runtime, servers: &Runtime) {
    let server = servers.block_on(document::served(DELAY)).unwrap();
    let (client, url) = (document::client().unwrap(), server.url(document::PATH));
    let api = Api::builder().base(server.url("")).unwrap().build().unwrap();
    let sources = Sources::builder().source("api", api).build();
    let by_hand = || runtime.block_on(document::by_hand(&client, &url));
    let whole = Document { client: client.clone(), url: url.clone() };
    let config = || runtime.block_on(document::with_config(whole.clone()));
    let fetch = || Ok(runtime.block_on(Values::fetch_all_components_from(&sources))?);
    row("HTTP document, 2 ms away", &|| server.count(document::PATH), [&by_hand, &config, &fetch]);
}

fn main() {
    let runtime = || Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    // The servers have a thread of their own, so that none of the ways waits for them longer than another.
    let (runtime, servers) = (runtime(), runtime());
    println!(
        "| fifty values of | round trips: by hand | `config` | fetch | time: by hand | `config` | fetch | fetch to by hand | fetch to `config` |"
    );
    println!("| :-- | --: | --: | --: | --: | --: | --: | --: | --: |");
    sqlite(&runtime);
    postgres(&runtime, &servers);
    http(&runtime, &servers);
}
