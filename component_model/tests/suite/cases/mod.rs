//! The cases: what holds of every source that can have them.

mod access;
mod faults;
mod keys;
mod layers;
mod load;
mod shutdown;
mod values;
mod watch;

pub(crate) use self::{
    access::{denied, secret, wrong_password},
    faults::{cut, delayed, ended_while_idle, garbage, gone_and_back, half_open, killed_and_back, silent, slow},
    keys::{exact_keys, many_keys, many_keys_at_a_distance, many_keys_in_one_round_trip, odd_keys},
    layers::{fallback, layered},
    load::{load, many_runtimes},
    shutdown::shut_down,
    values::{absent, broken_document, malformed, present, too_large},
    watch::{
        watch_burst, watch_changes, watch_cut, watch_dropped, watch_from_version, watch_many, watch_restart,
        watch_shut_down, watch_silent, watch_wrong_value,
    },
};

use crate::member::{Content, Entry};

/// The names of all cases, in the order of the matrix.
pub(crate) const ALL: &[&str] = &[
    "present",
    "absent",
    "malformed",
    "broken_document",
    "too_large",
    "secret",
    "denied",
    "wrong_password",
    "layered",
    "fallback",
    "exact_keys",
    "odd_keys",
    "many_keys",
    "many_keys_at_a_distance",
    "many_keys_in_one_round_trip",
    "load",
    "many_runtimes",
    "delayed",
    "slow",
    "half_open",
    "silent",
    "ended_while_idle",
    "cut",
    "garbage",
    "gone_and_back",
    "killed_and_back",
    "shut_down",
    "watch_changes",
    "watch_from_version",
    "watch_many",
    "watch_burst",
    "watch_wrong_value",
    "watch_restart",
    "watch_cut",
    "watch_silent",
    "watch_dropped",
    "watch_shut_down",
];

/// What most cases start with.
const ENTRIES: &[Entry] = &[("port", Content::Number(8080))];

/// What most cases ask for.
#[derive(Debug, component_model::AsyncAssign, PartialEq)]
struct Port {
    #[component(fetch_from = "source", key = "port")]
    port: u16,
}

const PORT: &str = "Port.port: u16";
