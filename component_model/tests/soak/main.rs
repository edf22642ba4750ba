//! The soak: thousands of fetches a second under random faults, delays, panics and cancellations. Nothing may be left at the
//! end, no memory may be gained, and no component may ever have a value that its source did not give.
//!
//! `scripts/test` runs it for a minute, `scripts/soak` for ten.
#![cfg(all(target_os = "linux", feature = "async", feature = "derive", feature = "api", feature = "test-util"))]
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod chaos;
mod http;
mod load;

use std::{sync::Arc, time::Duration};

use component_model::SourceStatus;
use tokio::{runtime::Handle, time::Instant};

use self::load::Load;

/// A fetch every 100 µs.
const RATE: u32 = 10_000;

/// What the memory may gain between the first tenth and the end.
const GAIN: u64 = 8 * 1024 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_after_60_seconds() {
    soak(Duration::from_secs(60)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "ten minutes"]
async fn nothing_is_left_after_10_minutes() {
    soak(Duration::from_secs(600)).await;
}

#[allow(clippy::print_stdout)]
async fn soak(length: Duration) {
    load::silence_panics();
    let tasks = Handle::current().metrics().num_alive_tasks();
    let load = Arc::new(Load::start().await);
    let began = Instant::now();
    let workers = load::work(&load, RATE, began + length);
    let mut memory = Vec::new();
    for tenth in 1..=10 {
        tokio::time::sleep_until(began + length * tenth / 10).await;
        memory.push(resident());
    }
    for worker in workers {
        worker.await.unwrap();
    }
    let elapsed = began.elapsed().as_secs_f64();
    println!("{}", load.summary(elapsed));
    let mib = |bytes: u64| bytes / 1024 / 1024;
    println!("memory after each tenth, in MiB: {:?}", memory.iter().map(|bytes| mib(*bytes)).collect::<Vec<_>>());

    assert_eq!(load.wrong(), Vec::<String>::new());
    assert!(load.has_happened(), "something never happened: {}", load.summary(elapsed));
    assert!(load.most_in_flight() <= 16, "{} calls at once", load.most_in_flight());
    until("calls in flight", || load.in_flight()).await;
    for state in load.sources.state().sources() {
        assert_eq!((state.requests(), state.queued()), (0, 0), "{}", state.name());
        assert_eq!(state.status(), SourceStatus::Ready, "{}", state.name());
    }
    load.sources.shutdown().await;
    until("connections", || load.http.open()).await;
    drop(load);
    until("tasks", || Handle::current().metrics().num_alive_tasks().saturating_sub(tasks)).await;
    let (first, last) = (memory[0], memory[9].min(memory[8]));
    assert!(last <= first + GAIN, "from {} to {} MiB", mib(first), mib(last));
}

/// Waits until there is none of them.
async fn until(what: &str, count: impl Fn() -> usize) {
    let began = Instant::now();
    while count() > 0 {
        assert!(began.elapsed() < Duration::from_secs(10), "{} {what} are left", count());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The memory of this process, in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}
