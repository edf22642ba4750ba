//! The source `file`: TOML, JSON, YAML and plain text.
//!
//! | option | meaning |
//! | --- | --- |
//! | `path` | the file; by default the one that [`File::new`] or the variable `CONFIG_FILE` names |
//! | `key` | the path within the document: `server.port`, `servers[0].host`, `"a.b".c`; empty for the whole document |
//!
//! The extension determines the format: `.toml`, `.json`, `.yaml` or `.yml`. Any other file is plain text. Its value is
//! the whole file without the newline at its end, as for a mounted secret (`/run/secrets/db_password`). A missing file
//! and a missing key are absent: a later layer or a fallback is used. A file that cannot be parsed is malformed, with
//! line and column, and so is a key that leads through a value without keys. A path that is not a regular file, or an
//! endless file, is misconfigured. A file is read and parsed once per fetch, even for several components.
//!
//! A document keeps its types: a string never becomes a number. A byte order mark at the start is dropped. At most 16
//! MiB are read, and a document has at most a million values, so that reading one takes at most twelve times 16 MiB of
//! memory.

mod config;
mod document;
mod format;
mod json;
mod keypath;
mod places;
mod source;
mod toml;
mod yaml;

pub use self::{config::File, source::FileQuery};
