//! Errors with the component, the source, what happened, and what to do next.
//!
//! What always holds: no error contains a value or a secret, and all independent failures of a fetch are in one list.

mod about;
mod component;
mod list;
mod render;

pub(crate) use self::{
    about::About,
    component::Tried,
    render::{hint_text, message_text},
};
pub use self::{component::ComponentError, list::ComponentErrors};
