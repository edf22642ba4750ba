//! A fetch of 1, 10, 100 and 1000 components from memory, beside the same by hand.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, clippy::drop_non_drop)]

use std::hint::black_box;

use benches::{
    side_by_side::{Timing, measure, time},
    sizes::{Hundred, One, Ten, Thousand, in_time, memory, plain, sources, store},
};
use component_model::{Fetch, Sources};
use tokio::runtime::Builder;

const ROUNDS: usize = 200;

macro_rules! compare {
    ($struct:ident, $by_hand:ident, $components:literal) => {{
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        let (store, sources, shared) = (store(), sources(), memory());
        let fresh = || Sources::builder().source("memory", shared.clone()).build();
        let fetch = |sources: &Sources| runtime.block_on(Fetch::<$struct>::new().sources(sources).value()).unwrap();
        assert_eq!(fetch(&sources), runtime.block_on(plain::$by_hand(&*store)).unwrap());
        let timings = measure(
            ROUNDS,
            &mut [
                Box::new(|| drop(black_box(runtime.block_on(plain::$by_hand(&*store)).unwrap()))),
                Box::new(|| drop(black_box(runtime.block_on(in_time::$by_hand(&*store)).unwrap()))),
                Box::new(|| drop(black_box(fetch(&sources)))),
                Box::new(|| drop(black_box(fetch(&fresh())))),
            ],
        );
        row($components, &timings);
    }};
}

fn row(components: u32, timings: &[Timing]) {
    let [plain, in_time, bound, first] = timings else { return };
    println!(
        "| {components} | {} | {} | {} | {:.2} | {:.2} | {:.2} µs | {} |",
        time(plain.median),
        time(in_time.median),
        time(bound.median),
        bound.ratio,
        bound.ratio / in_time.ratio,
        bound.median.as_secs_f64() * 1e6 / f64::from(components),
        time(first.median),
    );
}

fn main() {
    println!(
        "| components | by hand | by hand, with timeouts | fetch | to by hand | to by hand with timeouts | fetch, a component | first fetch |"
    );
    println!("| --: | --: | --: | --: | --: | --: | --: | --: |");
    compare!(One, one, 1);
    compare!(Ten, ten, 10);
    compare!(Hundred, hundred, 100);
    compare!(Thousand, thousand, 1000);
}
