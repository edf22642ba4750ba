//! The source `env`. Its page for users is the module `component_model::fetchers::env`.

mod config;
mod dotenv;
mod source;

pub use self::config::Env;
