//! The same bucket over TLS.

use crate::{members::nats::Nats, transport::Tls};

suite! {
    Nats<Tls>, "nats tls",
    passes [
        present, absent, malformed, too_large, secret, denied, wrong_password, layered, fallback, exact_keys, odd_keys,
        many_keys, many_keys_at_a_distance, load, many_runtimes, delayed, slow, half_open, silent, ended_while_idle, cut,
        garbage, gone_and_back, killed_and_back, shut_down, watch_changes, watch_from_version, watch_many, watch_burst,
        watch_wrong_value, watch_restart, watch_cut, watch_silent, watch_dropped, watch_shut_down,
    ],
    lacks {
        broken_document: "a value is text, which the field's type reads: it is malformed only for a type",
        many_keys_in_one_round_trip: "the server counts messages; many requests travel together, and each has a reply of its own",
    }
}
