//! What each policy adds to a fetch from a source that is ready at the first poll.

use std::{hint::black_box, time::Duration};

use component_model::{Fetch, Policies, Sources};
use tokio::runtime::{Builder, Runtime};

use crate::{
    callgrind::instructions,
    ready::Ready,
    side_by_side::measure,
    sizes::{One, Ten, plain, store},
};

const ROUNDS: usize = 200;

/// The ways: by hand, and stacks of policies, each with what the one before it has.
const WAYS: [&str; 7] = [
    "by hand",
    "a fetch without policies",
    "and 3 attempts",
    "and a circuit breaker",
    "and a limit",
    "and a deadline: the whole stack but the cache",
    "and an expired `ttl`",
];

/// The way that the others are compared with.
const BARE: usize = 1;

/// What a fetch is run with.
struct Setup {
    runtime: Runtime,
    sources: Sources,
    deadline: bool,
}

impl Setup {
    fn new(way: usize) -> Self {
        let mut policies = Policies::new();
        if way > 1 {
            policies = policies.retry_attempts(3);
        }
        if way > 2 {
            policies = policies.circuit_breaker(component_model::CircuitBreaker::new());
        }
        if way > 3 {
            policies = policies.limit(100);
        }
        if way > 5 {
            policies = policies.ttl(Duration::from_nanos(1));
        }
        let sources = Sources::builder().source("memory", Ready::new()).policies("memory", policies).build();
        Self { runtime: Builder::new_current_thread().enable_time().build().unwrap(), sources, deadline: way > 4 }
    }
}

/// Makes the function that runs one way once.
macro_rules! way {
    ($struct:ident, $by_hand:ident, $way:expr) => {{
        let (way, setup) = ($way, Setup::new($way));
        let store = store();
        move || match way {
            0 => drop(black_box(setup.runtime.block_on(plain::$by_hand(&*store)).unwrap())),
            _ => {
                let fetch = Fetch::<$struct>::new().sources(&setup.sources);
                let fetch = if setup.deadline { fetch.deadline(Duration::from_secs(30)) } else { fetch };
                let _ = black_box(setup.runtime.block_on(fetch.value()).unwrap());
            }
        }
    }};
}

fn way(components: u32, way: usize) -> Box<dyn FnMut()> {
    match components {
        1 => Box::new(way!(One, one, way)),
        _ => Box::new(way!(Ten, ten, way)),
    }
}

/// Runs one way, to count its instructions.
pub fn run(components: &str, number: &str, runs: u64) {
    let mut way = way(components.parse().unwrap(), number.parse().unwrap());
    (0..runs).for_each(|_| way());
}

/// Prints what each way costs. `allocations` counts those of a run.
pub fn print(allocations: impl Fn(&mut dyn FnMut()) -> usize) {
    println!(
        "| components | | least time | beside the bare fetch, one | instructions | beside the bare fetch, one | allocations |"
    );
    println!("| --: | :-- | --: | --: | --: | --: | --: |");
    for components in [1_u32, 10] {
        let mut ways: Vec<_> = (0..WAYS.len()).map(|number| way(components, number)).collect();
        let timings = measure(ROUNDS, &mut ways);
        let allocated: Vec<_> = ways.iter_mut().map(|way| allocations(way)).collect();
        let counted = |number: usize| instructions(&[&components.to_string(), &number.to_string()]);
        let counts: Vec<_> = (0..WAYS.len()).map(counted).collect();
        let nanos = |number: usize| timings[number].least.as_secs_f64() * 1e9;
        let each = |difference: f64| difference / f64::from(components);
        for (number, name) in WAYS.iter().enumerate() {
            println!(
                "| {components} | {name} | {:.0} ns | {:+.0} ns | {} | {:+.0} | {} |",
                nanos(number),
                each(nanos(number) - nanos(BARE)),
                counts[number],
                each(counts[number] as f64 - counts[BARE] as f64),
                allocated[number],
            );
        }
    }
}
