//! The kit for users' own tests, as users have it.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod assertions;
mod faulty;
mod scripted;
mod watching;
