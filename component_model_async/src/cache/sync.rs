//! What [`flight`](super::flight) locks with; its tests put those of a scheduler in the place.

pub(super) use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
