//! Two sources against the contract alone: the least one, and one with options, a group, versions and a watch.

pub mod flags;
pub mod least;
