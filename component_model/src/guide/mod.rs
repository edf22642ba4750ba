//! Guides. The tests compile and run every example in them.
//!
//! | guide | contents |
//! | --- | --- |
//! | [`getting_started`] | from an empty crate to a fetched struct; assignment by type |
//! | [`structure`] | keys by convention, prefixes, several sources, nested structs |
//! | [`layers`] | variables over a file over a store: one field with several sources |
//! | [`default_or_fallback`] | what a default covers, what a fallback covers, and what neither hides |
//! | [`start_up`] | values that are needed to get others; a start while something is down |
//! | [`secrets_folder`] | one file for each secret, as Kubernetes and Docker mount them |
//! | [`several_structs`] | one service, several structs: nested or apart, over one file |
//! | [`moving`] | from `figment` or `config` |
//! | [`sources`] | what each source takes, and what absent, denied and malformed mean there |
//! | [`templates`] | keys that contain the values of other fields, and what depends on what |
//! | [`values`] | how text, documents and rows become the field's type |
//! | [`errors`] | what to match on, what to print, what to log |
//! | [`policies`] | what happens when a source is slow, down or empty: the ladder, defaults, fallbacks, modes |
//! | [`resilience`] | timeouts, deadlines, retries, circuit breakers, parallel requests |
//! | [`caching`] | values that were fetched before: in memory, and on disk for a start while everything is down |
//! | [`validation`] | rules that a type alone cannot express |
//! | [`before_the_fetch`] | what a struct reads, and whether it can be fetched, without asking anything |
//! | [`testing`] | how to test your own service |
//! | [`observability`] | metrics for Prometheus, spans for OpenTelemetry, events |
//! | [`own_source`] | your own source, step by step |
//! | [`secrets`] | what is redacted, and what you have to protect yourself |

pub mod before_the_fetch;
pub mod caching;
pub mod default_or_fallback;
pub mod errors;
pub mod getting_started;
pub mod layers;
pub mod moving;
pub mod observability;
pub mod own_source;
pub mod policies;
pub mod resilience;
pub mod secrets;
pub mod secrets_folder;
pub mod several_structs;
pub mod sources;
pub mod start_up;
pub mod structure;
pub mod templates;
pub mod testing;
pub mod validation;
pub mod values;
