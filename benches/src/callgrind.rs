//! Counts instructions: a benchmark runs itself under `valgrind --tool=callgrind`, each way several times with different numbers of
//! runs; the difference is the cost of the runs without that of the start.

use std::{env, process::Command};

/// Enough instructions that what the allocator does now and then is a small part of them.
const ENOUGH: u64 = 100_000_000;

/// The instructions of one run of `run <arguments> <number of runs>`.
///
/// # Panics
/// If valgrind is missing or counts nothing.
#[must_use]
pub fn instructions(arguments: &[&str]) -> u64 {
    let (start, rough) = (counted(arguments, 10), counted(arguments, 60));
    let runs = (ENOUGH * 50 / (rough - start)).clamp(50, 2_000);
    (counted(arguments, 10 + runs) - start) / runs
}

/// The instructions of a process that runs so many times.
#[allow(clippy::unwrap_used, clippy::panic)]
fn counted(arguments: &[&str], runs: u64) -> u64 {
    let valgrind = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe().unwrap())
        .arg("run")
        .args(arguments)
        .arg(runs.to_string())
        .output()
        .unwrap_or_else(|error| panic!("valgrind is needed (apt-get install valgrind): {error}"));
    let output = String::from_utf8_lossy(&valgrind.stderr);
    let collected = output.lines().find_map(|line| line.split_once("Collected :")).map(|(_, count)| count.trim());
    collected.and_then(|count| count.parse().ok()).unwrap_or_else(|| panic!("valgrind counted nothing: {output}"))
}
