//! How each server quotes literals and names.

/// What quotes and comments look like to a server.
#[derive(Debug, Clone, Copy)]
pub struct Quoting {
    /// `"…"` may be a literal.
    pub double_is_literal: bool,
    /// What `\` before a quote means.
    pub backslash: Backslash,
    /// `$$…$$` and `$tag$…$tag$` are literals, `$1` a placeholder.
    pub dollar: bool,
    /// `` `…` `` is a name.
    pub backtick: bool,
    /// `[…]` is a name.
    pub bracket: bool,
    pub comments: Comments,
}

/// What `\` before the end of a literal means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backslash {
    /// Nothing special.
    Plain,
    /// In `E'…'` it escapes the quote; elsewhere that depends on a setting.
    EscapesInE,
    /// Whether it escapes the quote depends on a setting.
    Either,
}

/// What comments look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comments {
    /// `--` to the end of the line, and `/* */`.
    Plain,
    /// The same, but `/* */` nests.
    Nested,
    /// `--` only before a blank, also `#`; `/*! */` is not a comment.
    MySql,
}

impl Quoting {
    #[cfg(any(feature = "sqlite", test))]
    pub const SQLITE: Self = Self {
        double_is_literal: true,
        backslash: Backslash::Plain,
        dollar: false,
        backtick: true,
        bracket: true,
        comments: Comments::Plain,
    };

    #[cfg(any(feature = "postgres", test))]
    pub const POSTGRES: Self = Self {
        double_is_literal: false,
        backslash: Backslash::EscapesInE,
        dollar: true,
        backtick: false,
        bracket: false,
        comments: Comments::Nested,
    };

    #[cfg(any(feature = "mysql", test))]
    pub const MYSQL: Self = Self {
        double_is_literal: true,
        backslash: Backslash::Either,
        dollar: false,
        backtick: true,
        bracket: false,
        comments: Comments::MySql,
    };
}
