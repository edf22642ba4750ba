//! The same API over HTTP/2, which has one connection for all requests, with TLS.

use testbed::{BedError, http::HttpServer};

use crate::members::http::{Http, Protocol};

pub(crate) struct Http2;

impl Protocol for Http2 {
    async fn server() -> Result<HttpServer, BedError> {
        testbed::http2().await
    }
}

suite! {
    Http<Http2>, "http2",
    passes [
        present, absent, malformed, broken_document, too_large, secret, denied, wrong_password, layered, fallback,
        exact_keys, odd_keys, many_keys, many_keys_at_a_distance, load, many_runtimes, delayed, slow, half_open, silent,
        ended_while_idle, cut, garbage, gone_and_back, shut_down, watch_changes, watch_from_version, watch_many,
        watch_burst, watch_wrong_value, watch_restart, watch_cut, watch_silent, watch_dropped, watch_shut_down,
    ],
    lacks {
        many_keys_in_one_round_trip: "each key is a URL of its own; those that point into one document share its GET",
        killed_and_back: "the fixture runs in the test's own process; `cut` is how a client sees its end",
    }
}
