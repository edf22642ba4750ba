//! Fifty values of one file and fifty variables: a fetch, beside the parser's own function and beside `config` and
//! `figment`.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use std::{env, fmt::Debug, fs, hint::black_box, process::Command};

use benches::{
    documents::{Format, Problem, Values, Variables, variables, variables_with_config, variables_with_figment},
    side_by_side::{Timing, measure, time},
};
use component_model::{
    Sources,
    fetchers::{env::Env, file::File},
};
use tokio::runtime::{Builder, Runtime};

const ROUNDS: usize = 200;

/// One way to fill the struct.
type Way<'a, T> = &'a dyn Fn() -> Result<T, Problem>;

/// One row: by hand, by hand off the executor, with `config`, with `figment` and fetched.
fn row<T: Debug + PartialEq>(name: &str, ways: [Way<'_, T>; 5]) {
    let values = ways.map(|way| way().unwrap());
    assert!(values.iter().all(|value| *value == values[0]), "{values:?}");
    let timed = ways.map(|way| -> Box<dyn FnMut()> { Box::new(move || drop(black_box(way().unwrap()))) });
    print_row(name, &measure(ROUNDS, &mut { timed }));
}

fn print_row(name: &str, timings: &[Timing]) {
    let [by_hand, off, config, figment, fetch] = timings else { return };
    println!(
        "| {name} | {} | {} | {} | {} | {} | {:.2} | {:.2} | {:.2} | {:.2} |",
        time(by_hand.median),
        time(off.median),
        time(config.median),
        time(figment.median),
        time(fetch.median),
        fetch.ratio,
        fetch.ratio / off.ratio,
        fetch.ratio / config.ratio,
        fetch.ratio / figment.ratio,
    );
}

fn file(runtime: &Runtime, format: Format) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("settings.{}", format.name().to_lowercase()));
    fs::write(&path, format.document()).unwrap();
    let sources = Sources::builder().source("file", File::new(&path)).build();
    let by_hand = || format.parse(&fs::read_to_string(&path)?);
    let off = || runtime.block_on(async { format.parse(&tokio::fs::read_to_string(&path).await?) });
    let config = || format.with_config(&path);
    let figment = || format.with_figment(&path);
    let fetch = || Ok(runtime.block_on(Values::fetch_all_components_from(&sources))?);
    row(format.name(), [&by_hand, &off, &config, &figment, &fetch]);
}

fn of_the_process(runtime: &Runtime) {
    let sources = Sources::builder().source("env", Env::new()).build();
    let by_hand = || Variables::by_hand();
    let fetch = || Ok(runtime.block_on(Variables::fetch_all_components_from(&sources))?);
    row("variables", [&by_hand, &by_hand, &variables_with_config, &variables_with_figment, &fetch]);
}

fn compare() {
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    println!(
        "| fifty values of | by hand | by hand, off the executor | `config` | `figment` | fetch | fetch to by hand | to by hand off the executor | to `config` | to `figment` |"
    );
    println!("| :-- | --: | --: | --: | --: | --: | --: | --: | --: | --: |");
    [Format::Toml, Format::Json, Format::Yaml].iter().for_each(|format| file(&runtime, *format));
    of_the_process(&runtime);
}

/// Only a process that starts has variables of our choice.
fn main() {
    if Variables::by_hand().is_ok() {
        return compare();
    }
    let status = Command::new(env::current_exe().unwrap()).envs(variables()).status().unwrap();
    assert!(status.success());
}
