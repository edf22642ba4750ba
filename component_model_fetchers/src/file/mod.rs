//! The source `file`. Its page for users is the module `component_model::fetchers::file`.

mod broken;
mod config;
mod document;
mod format;
mod json;
mod keypath;
mod missing;
mod places;
mod source;
mod toml;
mod unknown;
mod watch;
mod yaml;

pub use self::{config::File, source::FileQuery};
