//! The matrix of faults: every kind of source, with everything that can break about it, under every policy, on real servers.
//! `scripts/faults` writes what is seen to `docs/faults.md`.
#![cfg(all(
    unix,
    feature = "async",
    feature = "derive",
    feature = "postgres",
    feature = "mysql",
    feature = "sqlite",
    feature = "api",
    feature = "consul",
    feature = "etcd",
    feature = "nats",
    feature = "vault",
    feature = "file",
    feature = "redis",
    feature = "local-cache",
    feature = "test-util"
))]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bed;
mod columns;
mod expected;
mod fault;
mod files;
mod gate;
mod local;
mod row;
mod table;

use std::{path::Path, sync::Arc, time::Instant};

use tokio::sync::Semaphore;

use self::{
    bed::Kind,
    expected::{Case, cases},
    row::Row,
    table::Line,
};

/// How many rows run at once: most of the time they wait.
const ROWS: u32 = 24;

/// How many rows start their servers and connections at once: that is work.
const SETUPS: usize = 2;

/// If it is set, the page is written instead of compared.
const WRITE: &str = "COMPONENT_MODEL_FAULTS_WRITE";

#[tokio::test(flavor = "multi_thread")]
#[allow(clippy::print_stdout)]
async fn every_cell_is_what_the_ladder_says_and_the_page_shows_it() {
    let began = Instant::now();
    let (files, servers) = tokio::join!(files::lines(), run(|kind| !kind.is_file(), false));
    let lines = in_order(files.into_iter().chain(servers).collect());
    let cells: usize = lines.iter().map(|line| line.cells.len()).sum();
    let page = table::page(&lines);
    println!("{page}\n{} rows, {cells} cells, {:.1} s", lines.len(), began.elapsed().as_secs_f64());
    let differences: Vec<_> = lines.iter().flat_map(|line| &line.differences).map(String::as_str).collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/faults.md");
    if std::env::var_os(WRITE).is_some() {
        assert!(!leaves_out_servers(), "the page has the rows of all servers");
        return std::fs::write(path, page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    if leaves_out_servers() {
        assert!(
            lines_of(&page).all(|line| written.contains(line)),
            "`docs/faults.md` is not up to date: run `scripts/faults`"
        );
    } else {
        assert!(page == written, "`docs/faults.md` is not up to date: run `scripts/faults`");
    }
}

/// Runs the rows of some kinds of sources.
async fn run(is_wanted: fn(Kind) -> bool, with_local_cache: bool) -> Vec<Line> {
    let (turns, setups) = (Arc::new(Semaphore::new(ROWS as usize)), Arc::new(Semaphore::new(SETUPS)));
    let rows: Vec<_> = cases()
        .into_iter()
        .filter(|case| is_wanted(case.kind))
        .map(|case| tokio::spawn(line(case, Arc::clone(&turns), Arc::clone(&setups))))
        .collect();
    let mut lines = Vec::new();
    for row in rows {
        lines.extend(row.await.unwrap());
    }
    if with_local_cache {
        lines.extend(local::lines().await);
    }
    lines
}

/// One row; none if its server was left out by name. On a busy machine a source may exceed a timeout without a fault, so a row
/// that differs is run a second time without any other, and that counts.
#[allow(clippy::print_stdout)]
async fn line(case: Case, turns: Arc<Semaphore>, setups: Arc<Semaphore>) -> Option<Line> {
    let turn = turns.acquire().await.unwrap();
    let row = testbed::require!(Row::run(case.kind, case.fault, &setups).await, None);
    let line = case.line(&row);
    if line.differences.is_empty() {
        return Some(line);
    }
    println!("once more, since it differed:\n{}", line.differences.join("\n"));
    drop(turn);
    let _turns = turns.acquire_many(ROWS).await.unwrap();
    Some(case.line(&Row::run(case.kind, case.fault, &setups).await.unwrap()))
}

/// In the order of the kinds; the others come last.
fn in_order(mut lines: Vec<Line>) -> Vec<Line> {
    let place = |line: &Line| Kind::ALL.iter().position(|kind| kind.name() == line.source).unwrap_or(usize::MAX);
    lines.sort_by_key(place);
    lines
}

fn leaves_out_servers() -> bool {
    std::env::var("COMPONENT_MODEL_WITHOUT").is_ok_and(|names| names.split(',').any(|name| !name.is_empty()))
}

fn lines_of(page: &str) -> impl Iterator<Item = &str> {
    page.lines().filter(|line| line.starts_with('|'))
}
