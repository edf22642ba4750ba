//! Several ways of doing one thing, measured in turn.
//!
//! A machine that is busy with something else slows whatever runs, so the ways take turns of a few milliseconds: the
//! ratio is the median of the ratios of neighbouring turns, and holds where the times themselves wander.

use std::time::{Duration, Instant};

/// How long one turn takes, at least.
const TURN: Duration = Duration::from_millis(2);

/// What one way took.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// The median time of one run.
    pub median: Duration,
    /// The least time of one run, on average over a turn: for differences that a busy machine would hide.
    pub least: Duration,
    /// The median of the ratios to the first way's turn of the same round.
    pub ratio: f64,
}

/// Measures the ways in turn, `rounds` times.
pub fn measure(rounds: usize, ways: &mut [Box<dyn FnMut() + '_>]) -> Vec<Timing> {
    let runs: Vec<u32> = ways.iter_mut().map(|way| runs_in_a_turn(way)).collect();
    let mut turns: Vec<Vec<f64>> = vec![Vec::new(); ways.len()];
    for _ in 0..rounds {
        for ((way, runs), turns) in ways.iter_mut().zip(&runs).zip(&mut turns) {
            turns.push(turn(way, *runs));
        }
    }
    turns.iter().map(|own| timing(own, &turns[0])).collect()
}

fn timing(own: &[f64], first: &[f64]) -> Timing {
    let ratios = own.iter().zip(first).map(|(own, first)| own / first).collect();
    let least = Duration::from_secs_f64(own.iter().copied().min_by(f64::total_cmp).unwrap_or_default());
    Timing { median: Duration::from_secs_f64(median(own.to_vec())), least, ratio: median(ratios) }
}

fn runs_in_a_turn(way: &mut dyn FnMut()) -> u32 {
    way();
    let mut runs = 1;
    while turn(way, runs) * f64::from(runs) < TURN.as_secs_f64() {
        runs *= 2;
    }
    runs
}

/// The seconds that one run takes, on average over a turn.
fn turn(way: &mut dyn FnMut(), runs: u32) -> f64 {
    let begun = Instant::now();
    for _ in 0..runs {
        way();
    }
    begun.elapsed().as_secs_f64() / f64::from(runs)
}

/// The middle of the values; zero where there are none.
#[must_use]
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// A duration in microseconds or milliseconds, three digits.
#[must_use]
pub fn time(duration: Duration) -> String {
    let micros = duration.as_secs_f64() * 1e6;
    match micros {
        ..10.0 => format!("{micros:.2} µs"),
        ..100.0 => format!("{micros:.1} µs"),
        ..10_000.0 => format!("{micros:.0} µs"),
        _ => format!("{:.1} ms", micros / 1e3),
    }
}
