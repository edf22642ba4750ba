//! Writes and lays out text for errors, reports and sources.
//!
//! [`layout`] fits text to a page; the other files write a duration, a place and a count.

mod count;
mod duration;
pub(crate) mod layout;
mod place;

pub(crate) use self::{count::counted, duration::duration_text, place::place_text};
