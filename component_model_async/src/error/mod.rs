//! Errors that say which component, from where, what happened, and what to do next.
//!
//! What always holds: no error carries a value or a secret, and all independent failures of a fetch are in one list.

mod component;
mod kind;
mod list;
mod render;
mod source;

pub use self::{
    component::ComponentError,
    kind::ErrorKind,
    list::ComponentErrors,
    source::{BoxError, SourceError},
};
pub(crate) use self::{
    component::Tried,
    render::{duration as duration_text, message_text, place as place_text, problem_text},
};

/// Names for a message: "`a`, `b` and `c`".
pub(crate) fn list_of<S: AsRef<str>>(names: &[S]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{}`", name.as_ref())).collect();
    match &quoted[..] {
        [] => "nothing".to_owned(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
