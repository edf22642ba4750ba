//! For tests of your own: sources whose answers are a script.

mod script;
mod scripted;

pub use self::{script::Script, scripted::Scripted};
