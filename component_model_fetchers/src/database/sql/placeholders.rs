//! How many parameters a statement takes, as far as its text tells.

use component_model_source::{ErrorKind, SourceError};

#[cfg(any(feature = "postgres", feature = "sqlite", test))]
use super::{Part, Quoting, parts};
use crate::database::failure::wrong_count;

/// The placeholders of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Placeholders {
    /// The text does not tell, or the server reports a mismatch itself.
    Unknown,
    /// As many parameters as that are needed.
    Count(usize),
    /// One that no parameter is bound to, such as `:id`.
    #[cfg_attr(not(feature = "sqlite"), allow(dead_code, reason = "only SQLite has names"))]
    Named(Box<str>),
    /// With and without numbers: which value belongs to which is unclear.
    #[cfg_attr(not(feature = "sqlite"), allow(dead_code, reason = "only SQLite has both"))]
    Mixed,
    /// `?`, which is not a placeholder of this server.
    #[cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "only PostgreSQL has no `?`"))]
    Foreign,
}

impl Placeholders {
    /// The highest number of a placeholder such as `$2`, unless it is unclear.
    #[cfg(any(feature = "postgres", test))]
    pub(in crate::database) fn numbered(sql: &str, quoting: &Quoting) -> Self {
        let (mut highest, mut has_mark) = (0, false);
        for part in parts(sql, quoting) {
            match part {
                Part::Placeholder(number) => match number.parse::<usize>() {
                    Ok(number) => highest = highest.max(number),
                    Err(_) => return Self::Unknown,
                },
                Part::Unclear => return Self::Unknown,
                Part::Other("?") => has_mark = true,
                _ => {}
            }
        }
        if highest == 0 && has_mark { Self::Foreign } else { Self::Count(highest) }
    }

    /// Those of SQLite: `?`, `?1` and `$1`. It reads a missing parameter as NULL, and ignores a surplus one.
    #[cfg(any(feature = "sqlite", test))]
    pub(in crate::database) fn of_sqlite(sql: &str) -> Self {
        let (mut plain, mut highest) = (0_usize, 0_usize);
        let mut all = parts(sql, &Quoting::SQLITE).peekable();
        while let Some(part) = all.next() {
            let mark = match part {
                Part::Other(mark @ ("?" | "$" | ":" | "@")) => mark,
                Part::Unclear => return Self::Unknown,
                _ => continue,
            };
            let word = if let Some(Part::Word(word)) = all.peek() { *word } else { "" };
            let digits = word.find(|c: char| !c.is_ascii_digit()).unwrap_or(word.len());
            match (mark, word[..digits].parse::<usize>()) {
                // What follows the digits is a word of its own.
                ("?", Ok(number)) => highest = highest.max(number),
                ("?", Err(_)) if digits == 0 => plain += 1,
                ("$", Ok(number)) if digits == word.len() && number > 0 => highest = highest.max(number),
                _ if word.is_empty() => {}
                _ => return Self::Named(format!("{mark}{word}").into()),
            }
        }
        match (plain, highest) {
            (0, highest) => Self::Count(highest),
            (plain, 0) => Self::Count(plain),
            _ => Self::Mixed,
        }
    }

    /// Whether so many parameters belong to them.
    pub(in crate::database) fn check(&self, parameters: usize) -> Result<(), SourceError> {
        match self {
            Self::Count(expected) if *expected != parameters => Err(wrong_count(*expected, parameters)),
            // PostgreSQL has operators with `?`, so a query without parameters is right.
            Self::Foreign if parameters > 0 => {
                let message = "PostgreSQL's placeholders are `$1` and `$2`, and the query has none of them";
                Err(SourceError::new(ErrorKind::Misconfigured, message).with_hint("write `$1` instead of `?`"))
            }
            Self::Count(_) | Self::Unknown | Self::Foreign => Ok(()),
            Self::Named(name) => {
                let message = format!("SQLite binds `params` to `?`, `?1` or `$1`, not to `{name}`");
                Err(SourceError::new(ErrorKind::Misconfigured, message))
            }
            Self::Mixed => {
                let message = "the query has placeholders with numbers and `?` without a number";
                Err(SourceError::new(ErrorKind::Misconfigured, message).with_hint("number all of them or none"))
            }
        }
    }
}
