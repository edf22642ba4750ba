//! What a closed circuit breaker adds to a call that succeeds, beside `failsafe`.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use std::{alloc::System, convert::Infallible, hint::black_box, time::Duration};

use benches::side_by_side::measure;
use component_model::{CircuitBreaker, breaker::Breaker};
use failsafe::{CircuitBreaker as _, Config, backoff::equal_jittered, failure_policy::success_rate_over_time_window};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tokio::time::Instant;

#[global_allocator]
static COUNTING: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const ROUNDS: usize = 200;
/// How many calls a run makes, so that starting it does not count.
const CALLS: u32 = 1000;

fn call() -> Result<(), Infallible> {
    black_box(Ok(()))
}

fn repeated(call: impl Fn()) -> impl Fn() {
    move || (0..CALLS).for_each(|_| call())
}

fn allocations(run: impl Fn()) -> usize {
    let region = Region::new(COUNTING);
    run();
    region.change().allocations
}

fn main() {
    let seconds = Duration::from_secs;
    let policy = success_rate_over_time_window(0.5, 5, seconds(60), equal_jittered(seconds(5), seconds(300)));
    let (failsafe, breaker) = (Config::new().failure_policy(policy).build(), Breaker::new(CircuitBreaker::new()));
    let now = Instant::now();

    let by_failsafe = repeated(|| failsafe.call(call).unwrap());
    let with_clock = repeated(|| {
        let permit = breaker.acquire(Instant::now()).unwrap();
        call().unwrap();
        permit.succeeded(Instant::now());
    });
    let with_times = repeated(|| {
        let permit = breaker.acquire(black_box(now)).unwrap();
        call().unwrap();
        permit.succeeded(black_box(now));
    });
    let clock = repeated(|| _ = black_box((Instant::now(), Instant::now())));

    let ways: [(&str, &dyn Fn()); 4] = [
        ("`failsafe`, which reads its clock", &by_failsafe),
        ("breaker, and two readings of the clock", &with_clock),
        ("breaker, for times that the caller has", &with_times),
        ("two readings of the clock", &clock),
    ];
    let timings = measure(ROUNDS, &mut ways.map(|(_, way)| Box::new(way) as Box<dyn FnMut()>));
    println!("| a call that succeeds | time | to `failsafe` | allocations in {CALLS} |");
    println!("| :-- | --: | --: | --: |");
    for ((name, way), timing) in ways.iter().zip(timings) {
        let nanos = timing.median.as_secs_f64() * 1e9 / f64::from(CALLS);
        println!("| {name} | {nanos:.1} ns | {:.2} | {} |", timing.ratio, allocations(way));
    }
}
