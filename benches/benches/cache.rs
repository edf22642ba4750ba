//! A hit of the cache beside `moka` and `quick_cache` alone, a thousand tasks that want one expired value, and
//! groups of many keys.
#![allow(missing_docs, clippy::print_stdout)]

use benches::{caching, groups};

fn main() {
    caching::hits();
    println!();
    caching::one_expired_value();
    println!();
    groups::many_keys();
}
