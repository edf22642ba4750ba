//! The lock and the atomic of the [breaker](super::breaker): those of the standard library. The test of its interleavings,
//! `tests/breaker_interleavings.rs`, compiles it with others.

pub(crate) use std::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicU64, Ordering},
};
