//! What the compiler says about each mistake; one file a mistake, named after it.
//!
//! `TRYBUILD=overwrite cargo test -p component_model_meta --test ui` writes the expected messages anew.

#[test]
fn every_mistake_is_reported_where_it_is() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
