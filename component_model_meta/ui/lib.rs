//! The tests of the derives' messages; see `tests/ui.rs`.
