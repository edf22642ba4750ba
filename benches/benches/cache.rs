//! A hit of the cache beside `moka` and `quick_cache` alone, and a thousand tasks that want one expired value.
#![allow(missing_docs, clippy::print_stdout)]

use benches::caching;

fn main() {
    caching::hits();
    println!();
    caching::one_expired_value();
}
