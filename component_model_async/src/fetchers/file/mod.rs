//! The source `file`: TOML, JSON, YAML and plain text.
//!
//! | option | meaning |
//! | --- | --- |
//! | `path` | the file; without it the one of [`File::new`] or of the variable `CONFIG_FILE` |
//! | `key` | the path into the document: `server.port`, `servers[0].host`, `"a.b".c`; empty for the whole document; without it the path of the field, such as `shop.pool.max` |
//!
//! Both may be templates. A value that is inserted into `path` stays within its segment: it has neither `/` nor a backslash, and is
//! not `..`.
//!
//! The extension determines the format: `.toml`, `.json`, `.yaml` or `.yml`. Any other file is plain text, whose value is
//! the whole file without the newline at its end, so that a mounted secret (`/run/secrets/db_password`) is read unchanged.
//! A missing file and a missing key are absent: a later layer, a default or a fallback is used. A file that cannot be parsed is
//! malformed, with line and column, and so is a key that leads through a value without keys. A file that is not regular, or
//! that has no end, is misconfigured, and so is a missing one whose path starts with `~/`, since `~` is not expanded. A file is read and parsed once per fetch, however many components read from it.
//!
//! A string in a document is a string and never becomes a number. A byte order mark at the start
//! is dropped. At most 16 MiB are read, and a document holds at most a million values, at most 128 levels deep, so that
//! reading one takes at most twelve times 16 MiB of memory.

pub use component_model_fetchers::file::{File, FileQuery};
