//! The source `database`. Its page for users is the module `component_model::fetchers::database`.

mod by_url;
mod client;
mod column;
mod config;
mod connections;
mod failure;
#[cfg(feature = "postgres")]
mod listen;
mod names;
mod params;
mod pool;
mod reader;
mod server;
mod source;
mod sql;
mod table;

#[doc(hidden)]
pub use self::reader::{QueryReader, RowReader};
pub use self::{config::Database, pool::Pool, server::Server, source::DatabaseQuery};

#[cfg(all(test, feature = "sqlite"))]
mod tests;
