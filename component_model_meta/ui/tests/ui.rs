//! The compiler's message for each mistake; each mistake has a file that is named after it.
//!
//! `TRYBUILD=overwrite cargo test -p ui` rewrites the expected messages.

#[test]
fn every_mistake_is_reported_where_it_is() {
    trybuild::TestCases::new().compile_fail("tests/mistakes/*.rs");
}
