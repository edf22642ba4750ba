//! Writes and lays out text for errors and reports.
//!
//! [`layout`] fits text to a page; the other file writes a place.

pub(crate) mod layout;
mod place;

pub(crate) use component_model_types::text::{counted, duration_text};

pub(crate) use self::place::place_text;
