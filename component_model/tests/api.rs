//! The `api` source against real sockets.
#![cfg(feature = "api")]
#![allow(missing_docs)]

mod api {
    mod first;
}
