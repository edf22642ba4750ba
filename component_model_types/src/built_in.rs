//! The built-in sources: their names, the attribute keys that each reads, and the cargo features that turn them on.
//!
//! The one table that the derive (which refuses other keys), the sources (which declare them) and the hints of errors
//! share, so that they cannot disagree.

/// A built-in source, as attributes name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuiltIn {
    /// The name in `fetch_from = "…"`.
    pub name: &'static str,
    /// The attribute keys that it reads, besides those of every source.
    pub options: &'static [&'static str],
    /// The cargo features of which any turns it on.
    pub features: &'static [&'static str],
}

/// HTTP APIs.
pub const API: BuiltIn = BuiltIn { name: "api", options: &["key", "url", "pointer"], features: &["api"] };

/// SQL databases.
pub const DATABASE: BuiltIn =
    BuiltIn { name: "database", options: &["key", "query", "params"], features: &["sqlite", "postgres", "mysql"] };

/// Variables of the environment.
pub const ENV: BuiltIn = BuiltIn { name: "env", options: &["key"], features: &["env"] };

/// Documents and plain text files.
pub const FILE: BuiltIn = BuiltIn { name: "file", options: &["key", "path"], features: &["file"] };

/// All of them, in alphabetical order.
pub const ALL: [BuiltIn; 4] = [API, DATABASE, ENV, FILE];

/// The built-in source of a name.
///
/// ```
/// use component_model_types::built_in;
///
/// assert!(built_in::find("file").is_some_and(|file| file.options.contains(&"path")));
/// assert!(built_in::find("remote_api").is_none(), "a name of the user's own");
/// ```
#[must_use]
pub fn find(name: &str) -> Option<BuiltIn> {
    ALL.into_iter().find(|source| source.name == name)
}
