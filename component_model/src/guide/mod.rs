//! Guides. Each answers one question, and every example in them is compiled and run by the tests.
//!
//! | guide | what it answers |
//! | --- | --- |
//! | [`getting_started`] | from an empty crate to a fetched struct; assignment by type |
//! | [`sources`] | what each source takes, and what absent, denied and malformed mean there |
//! | [`values`] | how text, documents and rows become the field's type |
//! | [`errors`] | what to match on, what to print, what to log |
//! | [`policies`] | what happens when a source is slow, gone or empty |
//! | [`testing`] | your own service under test |
//! | [`own_source`] | a source of your own, step by step |
//! | [`secrets`] | what is redacted, and what is left to you |

pub mod errors;
pub mod getting_started;
pub mod own_source;
pub mod policies;
pub mod secrets;
pub mod sources;
pub mod testing;
pub mod values;
