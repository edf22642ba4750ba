//! How often a fetch from memory allocates, and how much, beside the same by hand.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, clippy::drop_non_drop)]

use std::alloc::System;

use benches::sizes::{Hundred, One, Ten, Thousand, plain, sources, store};
use component_model::Fetch;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tokio::runtime::Builder;

#[global_allocator]
static COUNTING: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

macro_rules! compare {
    ($struct:ident, $by_hand:ident, $components:literal) => {{
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        let (store, sources) = (store(), sources());
        let by_hand = || drop(runtime.block_on(plain::$by_hand(&*store)));
        let fetch = || drop(runtime.block_on(Fetch::<$struct>::new().sources(&sources).value()));
        let first = counted(fetch);
        let (by_hand, fetch) = (counted(by_hand), counted(fetch));
        println!(
            "| {} | {} | {} | {} | {:.2} | {} | {} |",
            $components,
            by_hand.0,
            fetch.0,
            first.0,
            fetch.0 as f64 / by_hand.0 as f64,
            by_hand.1,
            fetch.1
        );
    }};
}

/// How often `run` allocates, and how many bytes.
fn counted(run: impl Fn()) -> (usize, usize) {
    let region = Region::new(COUNTING);
    run();
    let change = region.change();
    (change.allocations + change.reallocations, change.bytes_allocated)
}

fn main() {
    println!("| components | by hand | fetch | first fetch | fetch to by hand | bytes by hand | bytes of a fetch |");
    println!("| --: | --: | --: | --: | --: | --: | --: |");
    compare!(One, one, 1);
    compare!(Ten, ten, 10);
    compare!(Hundred, hundred, 100);
    compare!(Thousand, thousand, 1000);
}
