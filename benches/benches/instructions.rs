//! Instructions and allocations of one fetch beside the same by hand: figures that no busy neighbour changes.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::print_stdout, clippy::drop_non_drop)]

use std::{env, hint::black_box, process};

use benches::callgrind::instructions;
use benches::sizes::{Hundred, One, Ten, Thousand, in_time, plain, sources, store};
use component_model::Fetch;
use tokio::runtime::Builder;

const WAYS: [&str; 3] = ["plain", "in_time", "fetch"];
const SIZES: [&str; 4] = ["1", "10", "100", "1000"];

macro_rules! ways {
    ($struct:ident, $by_hand:ident, $way:expr, $runs:expr) => {{
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        let (store, sources) = (store(), sources());
        for _ in 0..$runs {
            match $way {
                "plain" => drop(black_box(runtime.block_on(plain::$by_hand(&*store)))),
                "in_time" => drop(black_box(runtime.block_on(in_time::$by_hand(&*store)))),
                _ => drop(black_box(runtime.block_on(Fetch::<$struct>::new().sources(&sources).value()))),
            }
        }
    }};
}

fn run(size: &str, way: &str, runs: u64) {
    match size {
        "1" => ways!(One, one, way, runs),
        "10" => ways!(Ten, ten, way, runs),
        "100" => ways!(Hundred, hundred, way, runs),
        _ => ways!(Thousand, thousand, way, runs),
    }
}

fn main() {
    let arguments: Vec<String> = env::args().collect();
    if let [_, run_word, size, way, runs] = &arguments[..]
        && run_word == "run"
    {
        run(size, way, runs.parse().unwrap());
        process::exit(0);
    }
    println!("| components | by hand | by hand, with timeouts | fetch | to by hand | to by hand with timeouts |");
    println!("| --: | --: | --: | --: | --: | --: |");
    for size in SIZES {
        let [plain, in_time, fetch] = WAYS.map(|way| instructions(&[size, way]));
        let ratio = |to: u64| fetch as f64 / to as f64;
        println!("| {size} | {plain} | {in_time} | {fetch} | {:.2} | {:.2} |", ratio(plain), ratio(in_time));
    }
}
