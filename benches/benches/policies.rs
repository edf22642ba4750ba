//! What the policy stack costs, and what it achieves, beside code by hand and a stack of `tower`.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use std::{alloc::System, env, process};

use benches::policies::{faults, stack, start};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static COUNTING: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn allocations(run: &mut dyn FnMut()) -> usize {
    let region = Region::new(COUNTING);
    run();
    let change = region.change();
    change.allocations + change.reallocations
}

fn main() {
    let arguments: Vec<String> = env::args().collect();
    if let [_, run_word, components, way, runs] = &arguments[..]
        && run_word == "run"
    {
        stack::run(components, way, runs.parse().unwrap());
        process::exit(0);
    }
    stack::print(allocations);
    println!();
    faults::print();
    println!();
    start::print();
}
