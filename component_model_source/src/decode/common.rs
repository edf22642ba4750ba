//! The types that most fields have: how they are decoded is compiled here, once.
//!
//! An unoptimised build takes the generic code that a dependency has compiled already, so that a crate that fetches
//! such fields does not compile how serde reads them once more, which would be most of what it compiles. An optimised
//! build never does that, so there is nothing here then.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use secrecy::SecretString;
use serde::de::DeserializeOwned;

use super::{Slot, slot::replace};

/// Asks for the code. It is public, and never called, because code that nobody can reach is not compiled.
#[must_use]
pub fn compiled_here() -> Vec<Box<dyn Slot>> {
    let mut slots = Vec::new();
    // Each costs this crate what it spares every other.
    macro_rules! compile {
        ($($ty:ty)*) => {
            $(compile::<$ty>(&mut slots, replace);)*
        };
    }
    compile! {
        bool u8 u16 u32 u64 usize i32 i64 f64
        String SecretString PathBuf Duration IpAddr SocketAddr Vec<String> HashMap<String, String>
        Option<bool> Option<u16> Option<u32> Option<u64> Option<usize> Option<f64>
        Option<String> Option<SecretString> Option<PathBuf> Option<Duration>
    }
    slots
}

fn compile<T: DeserializeOwned + Send + 'static>(slots: &mut Vec<Box<dyn Slot>>, _: fn(&mut Option<T>, &mut T)) {
    slots.push(Box::new(None::<T>));
}
