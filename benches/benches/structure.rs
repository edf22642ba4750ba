//! Instructions of nested structs beside a flat one, and of dependencies beside none.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use std::{env, hint::black_box, process};

use benches::{
    callgrind::instructions,
    structure::{Flat, Tree, sources, thousand},
};
use component_model::Fetch;
use tokio::runtime::Builder;

fn run(way: &str, runs: u64) {
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    let sources = sources();
    match way {
        "flat" => (0..runs).for_each(|_| {
            black_box(runtime.block_on(Fetch::<Flat>::new().sources(&sources).value()).unwrap());
        }),
        "tree" => (0..runs).for_each(|_| {
            black_box(runtime.block_on(Fetch::<Tree>::new().sources(&sources).value()).unwrap());
        }),
        chained => {
            let plan = thousand(&sources, chained == "chains");
            (0..runs).for_each(|_| {
                black_box(runtime.block_on(plan.fetch()).unwrap());
            });
        }
    }
}

fn main() {
    let arguments: Vec<String> = env::args().collect();
    if let [_, run_word, way, runs] = &arguments[..]
        && run_word == "run"
    {
        run(way, runs.parse().unwrap());
        process::exit(0);
    }
    println!("| | without | with | ratio |");
    println!("| --- | --: | --: | --: |");
    for (name, without, with) in [
        ("100 fields: flat, and a tree of 10 structs", "flat", "tree"),
        ("1000 components: alone, and in chains of 10", "alone", "chains"),
    ] {
        let [without, with] = [without, with].map(|way| instructions(&[way]));
        println!("| {name} | {without} | {with} | {:.2} |", with as f64 / without as f64);
    }
}
