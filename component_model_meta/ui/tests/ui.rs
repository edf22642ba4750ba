//! What the compiler says about each mistake; one file a mistake, named after it.
//!
//! `TRYBUILD=overwrite cargo test -p ui` writes the expected messages anew.

#[test]
fn every_mistake_is_reported_where_it_is() {
    trybuild::TestCases::new().compile_fail("tests/mistakes/*.rs");
}
