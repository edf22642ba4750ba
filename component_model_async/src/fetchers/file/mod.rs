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
//! The extension determines the format: `.toml`, `.json`, `.yaml` or `.yml`. Any other file is plain text, whose value
//! is the whole file without the newline at its end, so that a mounted secret (`/run/secrets/db_password`) is read
//! unchanged. Plain text has no keys: a component names such a file with `path`, or has `key = ""` if it is the one of
//! the source. A missing file and a missing key are absent: a later layer, a default or a fallback is used. A file that
//! cannot be parsed is malformed, with line and column, and so is a key that leads through a value without keys. A file
//! that is not regular, or that has no end, is misconfigured, and so is a missing one whose path starts with `~/`,
//! since `~` is not expanded. A file is read and parsed once per fetch, however many components read from it.
//!
//! A string in a document is a string and never becomes a number. A byte order mark at the start
//! is dropped. At most 16 MiB are read, and a document holds at most a million values, at most 128 levels deep, so that
//! reading one takes at most twelve times 16 MiB of memory.
//!
//! # Watching
//!
//! [`watch`](fn@crate::watch) reports the changes of a file when they happen, for the keys whose values differ: a file
//! that is written in place, replaced by renaming, or deleted and created again by an editor; the swap of the link
//! `..data` in a mounted `ConfigMap`; a folder that is replaced, or that appears later. A file that is deleted is
//! absent. A change is read when there has been no other for 20 ms, at the latest after 200 ms, so that a file that is
//! being written is mostly read whole; replace it by renaming to be sure.
//!
//! The changes are file-system events of the folders that lead to the file: its own, those of the symbolic links in its
//! path, and the last one that exists. There is no event for a change that another machine makes on a network file
//! system. So the file is also read every 5 s, and every second if the folders cannot be watched, for example because
//! the limit of inotify is reached. A read that takes more than 2 s is reported as a timeout, once. Each watch of a
//! file has a thread, which ends when the stream is dropped or the source is shut down.

pub use component_model_fetchers::file::{File, FileQuery};
