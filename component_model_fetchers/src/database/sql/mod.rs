//! What the text of a statement tells before a server reads it: which parts are literals, what it does to its session, and
//! how many placeholders it has.
//!
//! If the text can be read in two ways, depending on a setting of the session, the rest is unclear: it is not shown, and
//! nothing is concluded from it.

mod lex;
mod placeholders;
mod quoting;
mod statement;

use std::{borrow::Cow, collections::HashSet};

#[cfg(test)]
use self::quoting::Comments;
use self::{
    lex::{Part, parts},
    quoting::Backslash,
};
pub(super) use self::{placeholders::Placeholders, quoting::Quoting, statement::Sql};

/// What a statement leaves behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Effect {
    /// Nothing: it can be sent again, and its connection can be used for the next one.
    Nothing,
    /// Possibly a change of data or of the session.
    Something,
}

/// The statements that read.
const READS: &[&str] = &["SELECT", "WITH", "VALUES", "TABLE", "SHOW", "DESCRIBE", "DESC"];

/// Keywords in a statement that reads, but also changes data.
const KEYWORDS: &[&str] = &["INSERT", "UPDATE", "DELETE", "MERGE", "INTO"];

/// Functions that change data or their session, or send something that must be sent once.
const FUNCTIONS: &[&str] =
    &["SET_CONFIG", "SETVAL", "NEXTVAL", "GET_LOCK", "LOAD_EXTENSION", "LAST_INSERT_ID", "PG_NOTIFY"];

/// Prefixes of functions that keep something for their session, or change data elsewhere.
const PREFIXES: &[&str] = &["PG_ADVISORY_LOCK", "PG_TRY_ADVISORY_LOCK", "LO_", "DBLINK_"];

/// What a statement leaves behind, as far as its words tell. A function of the user's own is assumed to read.
pub(super) fn effect(sql: &str, quoting: &Quoting) -> Effect {
    let mut started = false;
    let mut ended = false;
    let mut after_literal = false;
    for part in parts(sql, quoting) {
        // What may be a literal may be a name too, and then this calls a function.
        let calls = after_literal && part == Part::Other("(");
        after_literal =
            matches!(part, Part::Literal(_)) || after_literal && matches!(part, Part::Gap(_) | Part::Comment);
        let harmless = match part {
            Part::Gap(_) | Part::Comment => true,
            Part::Other("(") if !started => true,
            Part::Other(";") => {
                ended = true;
                true
            }
            Part::Word(word) if !started => {
                started = true;
                is_one_of(word, READS)
            }
            Part::Word(word) => !ended && !is_one_of(word, KEYWORDS) && !is_function_that_changes(word),
            Part::Name(quoted) if started && !ended => {
                unquoted(quoted).is_some_and(|name| !is_function_that_changes(&name))
            }
            Part::Assignment | Part::Unclear => false,
            _ if calls => false,
            _ => started && !ended,
        };
        if !harmless {
            return Effect::Something;
        }
    }
    Effect::Nothing
}

fn is_one_of(word: &str, words: &[&str]) -> bool {
    words.iter().any(|known| known.eq_ignore_ascii_case(word))
}

fn is_function_that_changes(name: &str) -> bool {
    let has_prefix = |prefix: &&str| name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    is_one_of(name, FUNCTIONS) || PREFIXES.iter().any(has_prefix)
}

/// Whether anything but a comment follows the end of the first statement. A trigger holds statements of its own.
#[cfg_attr(not(feature = "sqlite"), allow(dead_code, reason = "only SQLite runs several"))]
pub(super) fn is_several(sql: &str, quoting: &Quoting) -> bool {
    let mut words = parts(sql, quoting).filter_map(|part| if let Part::Word(word) = part { Some(word) } else { None });
    let creates = words.next().is_some_and(|word| word.eq_ignore_ascii_case("create"));
    if creates && words.take(2).any(|word| word.eq_ignore_ascii_case("trigger")) {
        return false;
    }
    let rest = parts(sql, quoting).skip_while(|part| *part != Part::Other(";"));
    let mut rest = rest.filter(|part| !matches!(part, Part::Gap(_) | Part::Comment | Part::Other(";")));
    rest.next().is_some()
}

/// The names in a statement, without their quotes: bare words except numbers, and what is in quotes that are always those
/// of a name.
pub(super) fn names<'a>(sql: &'a str, quoting: &'a Quoting) -> Vec<Cow<'a, str>> {
    let name = |part| match part {
        Part::Word(word) if !word.starts_with(|c: char| c.is_ascii_digit()) => Some(Cow::Borrowed(word)),
        Part::Name(quoted) => unquoted(quoted),
        _ => None,
    };
    parts(sql, quoting).filter_map(name).collect()
}

/// A quoted name without its quotes; a closing quote within it is doubled.
fn unquoted(quoted: &str) -> Option<Cow<'_, str>> {
    let close = quoted.chars().next_back()?;
    let name = quoted.get(1..quoted.len() - close.len_utf8())?;
    let doubled = [close, close].iter().collect::<String>();
    let plain =
        if name.contains(&doubled) { Cow::Owned(name.replace(&doubled, &close.to_string())) } else { name.into() };
    Some(plain)
}

/// What tells which names of an answer's columns may be made of a literal. Some servers name a column after the text of its
/// expression (`SELECT 'hunter2'`), which they shorten and trim.
pub(super) struct Literals {
    /// In lower case.
    all: Vec<String>,
    /// Whether some text can be read in two ways.
    unclear: bool,
    /// Whether the server may have removed escapes.
    escapes: bool,
    /// The names of the statement, in lower case.
    names: HashSet<String>,
}

impl Literals {
    pub(super) fn of(sql: &str, quoting: &Quoting) -> Self {
        let mut literals = Self { all: Vec::new(), unclear: false, escapes: false, names: HashSet::new() };
        for part in parts(sql, quoting) {
            match part {
                Part::Literal(literal) => literals.all.push(literal.to_lowercase()),
                Part::Unclear => literals.unclear = true,
                _ => {}
            }
        }
        let has_escape = literals.all.iter().any(|literal| literal.contains('\\'));
        literals.escapes = quoting.backslash != Backslash::Plain && has_escape;
        if literals.unclear || !literals.all.is_empty() {
            literals.names = names(sql, quoting).iter().map(|name| name.to_ascii_lowercase()).collect();
        }
        literals
    }

    /// Whether the name of a column may be made of one of them.
    pub(super) fn may_be_in(&self, name: &str) -> bool {
        if self.all.is_empty() && !self.unclear || self.names.contains(&name.to_ascii_lowercase()) {
            return false;
        }
        let is_plain = name.chars().all(|c| c.is_alphanumeric() || c == '_');
        let name = name.to_lowercase();
        self.unclear || !is_plain || self.escapes || self.all.iter().any(|literal| literal.contains(&name))
    }
}

/// The statement without its comments and with `…` for its literals, which may hold secrets. Numbers are shown.
pub(super) fn masked(sql: &str, quoting: &Quoting) -> String {
    let mut shown = String::with_capacity(sql.len());
    for part in parts(sql, quoting) {
        match part {
            Part::Comment => shown.push(' '),
            Part::Literal(_) => shown.push_str("'…'"),
            Part::Unclear => shown.push('…'),
            Part::Assignment => shown.push_str(":="),
            Part::Placeholder(number) => {
                shown.push('$');
                shown.push_str(number);
            }
            Part::Gap(text) | Part::Word(text) | Part::Name(text) | Part::Other(text) => shown.push_str(text),
        }
    }
    shown
}

#[cfg(test)]
mod tests;
