//! Twenty sources that take 50 ms each: the fetch takes what the slowest takes, not the sum.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use std::time::{Duration, Instant};

use benches::side_by_side::{median, time};
use component_model::{KeyQuery, Sources, prelude::*};
use tokio::runtime::Builder;

const SLOW: Duration = Duration::from_millis(50);
const ROUNDS: usize = 15;

macro_rules! twenty {
    ($($field:ident $name:tt)*) => {
        #[derive(AsyncAssign)]
        struct Twenty {
            $(
                #[component(fetch_from = $name)]
                $field: String,
            )*
        }

        fn sources() -> Sources {
            Sources::builder()$(.closure($name, slow))*.build()
        }
    };
}

twenty! {
    _c0 "s0" _c1 "s1" _c2 "s2" _c3 "s3" _c4 "s4" _c5 "s5" _c6 "s6" _c7 "s7" _c8 "s8" _c9 "s9"
    _c10 "s10" _c11 "s11" _c12 "s12" _c13 "s13" _c14 "s14" _c15 "s15" _c16 "s16" _c17 "s17" _c18 "s18" _c19 "s19"
}

async fn slow(query: KeyQuery) -> std::io::Result<Option<String>> {
    tokio::time::sleep(SLOW).await;
    Ok(Some(query.key().to_owned()))
}

fn main() {
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    let sources = sources();
    let seconds = |run: &dyn Fn()| {
        let begun = Instant::now();
        run();
        begun.elapsed().as_secs_f64()
    };
    let (mut alone, mut fetch) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        alone.push(seconds(&|| runtime.block_on(async { tokio::time::sleep(SLOW).await })));
        fetch.push(seconds(&|| drop(runtime.block_on(Twenty::fetch_all_components_from(&sources)).unwrap())));
    }
    let (alone, fetch) = (median(alone), median(fetch));
    println!("| one source alone | fetch of twenty | ratio | one after another |");
    println!("| --: | --: | --: | --: |");
    println!(
        "| {} | {} | {:.3} | {} |",
        time(Duration::from_secs_f64(alone)),
        time(Duration::from_secs_f64(fetch)),
        fetch / alone,
        time(SLOW * 20),
    );
}
