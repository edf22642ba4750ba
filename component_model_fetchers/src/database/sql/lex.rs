//! Splits a statement into parts: as much of SQL's lexical structure as is needed to tell literals from the rest.

use super::quoting::{Backslash, Comments, Quoting};

/// A part of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part<'a> {
    Gap(&'a str),
    Comment,
    /// A quoted literal with its quotes, or one of hexadecimal or binary digits.
    Literal(&'a str),
    /// A quoted name, with its quotes.
    Name(&'a str),
    /// A keyword, a name or a number.
    Word(&'a str),
    /// The number after `$`.
    Placeholder(&'a str),
    /// `:=`
    Assignment,
    /// Any other character.
    Other(&'a str),
    /// The rest, which can be read in two ways.
    Unclear,
}

/// The parts of a statement, in order.
pub(super) fn parts<'a>(sql: &'a str, quoting: &'a Quoting) -> impl Iterator<Item = Part<'a>> {
    let mut rest = sql;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let (part, length) = next(rest, first, quoting);
        // A part is never empty; the minimum keeps the iterator finite if that should ever fail.
        let length = length.max(first.len_utf8());
        rest = rest.get(length..).unwrap_or_default();
        Some(part)
    })
}

/// The first part, and how many bytes it has.
fn next<'a>(rest: &'a str, first: char, quoting: &Quoting) -> (Part<'a>, usize) {
    if let Some(comment) = comment(rest, quoting.comments) {
        return comment;
    }
    match first {
        '\'' => literal(rest, '\'', quoting.backslash),
        '"' if quoting.double_is_literal => literal(rest, '"', quoting.backslash),
        '"' => name(rest, '"'),
        '`' if quoting.backtick => name(rest, '`'),
        '[' if quoting.bracket => name(rest, ']'),
        '$' if quoting.dollar => dollar(rest),
        ':' if rest.starts_with(":=") => (Part::Assignment, 2),
        _ if first.is_whitespace() => {
            let length = run(rest, char::is_whitespace);
            (Part::Gap(&rest[..length]), length)
        }
        _ if starts_word(first) => word(rest, quoting),
        _ => (Part::Other(&rest[..first.len_utf8()]), first.len_utf8()),
    }
}

/// How many bytes at the start have such characters.
fn run(text: &str, is: impl Fn(char) -> bool) -> usize {
    text.find(|c| !is(c)).unwrap_or(text.len())
}

fn starts_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || !c.is_ascii() && !c.is_whitespace()
}

/// A word, or a literal with a prefix before its quote or its digits.
fn word<'a>(rest: &'a str, quoting: &Quoting) -> (Part<'a>, usize) {
    let length = run(rest, |c| starts_word(c) || c == '$');
    let word = &rest[..length];
    let digits = word.get(..2).is_some_and(|mark| ["0x", "0b"].contains(&&*mark.to_ascii_lowercase()));
    if digits {
        return (Part::Literal(word), length);
    }
    // In `E'…'` a backslash always escapes.
    if quoting.backslash == Backslash::EscapesInE && word.eq_ignore_ascii_case("e") && rest[length..].starts_with('\'')
    {
        let end = end_of_literal(&rest[length..], '\'', |_| Some(true));
        let end = end.map_or(rest.len(), |end| length + end);
        return (Part::Literal(&rest[..end]), end);
    }
    (Part::Word(word), length)
}

/// A literal between quotes, in which a quote is doubled.
fn literal(rest: &str, quote: char, backslash: Backslash) -> (Part<'_>, usize) {
    let mut unclear = false;
    let end = end_of_literal(rest, quote, |escaped| {
        unclear |= escaped && backslash != Backslash::Plain;
        if unclear { None } else { Some(false) }
    });
    match end {
        Some(end) => (Part::Literal(&rest[..end]), end),
        None if unclear => (Part::Unclear, rest.len()),
        None => (Part::Literal(rest), rest.len()),
    }
}

/// Where a literal ends, after its closing quote. At each quote `goes_on` is called with whether an odd number of
/// backslashes precedes it, and returns whether a backslash escapes; `None` ends the search.
fn end_of_literal(rest: &str, quote: char, mut goes_on: impl FnMut(bool) -> Option<bool>) -> Option<usize> {
    let mut backslashes = 0_usize;
    let mut characters = rest.char_indices().skip(1).peekable();
    while let Some((index, c)) = characters.next() {
        if c == '\\' {
            backslashes += 1;
            continue;
        }
        let odd = backslashes % 2 == 1;
        backslashes = 0;
        if c != quote || goes_on(odd)? && odd {
            continue;
        }
        if characters.next_if(|(_, next)| *next == quote).is_none() {
            return Some(index + quote.len_utf8());
        }
    }
    None
}

/// A quoted name; a closing quote within it is doubled, except for a bracket.
fn name(rest: &str, close: char) -> (Part<'_>, usize) {
    let end = match close {
        ']' => rest.find(close).map(|end| end + 1),
        _ => end_of_literal(rest, close, |_| Some(false)),
    };
    match end {
        Some(end) => (Part::Name(&rest[..end]), end),
        None => (Part::Unclear, rest.len()),
    }
}

/// `$1`, `$$…$$` or `$tag$…$tag$`.
fn dollar(rest: &str) -> (Part<'_>, usize) {
    let digits = run(&rest[1..], |c| c.is_ascii_digit());
    if digits > 0 {
        return (Part::Placeholder(&rest[1..=digits]), 1 + digits);
    }
    let tag = 1 + run(&rest[1..], starts_word);
    if !rest[tag..].starts_with('$') {
        return (Part::Other(&rest[..1]), 1);
    }
    let mark = &rest[..=tag];
    let end = rest[mark.len()..].find(mark).map_or(rest.len(), |end| end + 2 * mark.len());
    (Part::Literal(&rest[..end]), end)
}

/// A comment, if one starts here.
fn comment(rest: &str, comments: Comments) -> Option<(Part<'_>, usize)> {
    let my_sql = comments == Comments::MySql;
    let line = || Some((Part::Comment, rest.find('\n').unwrap_or(rest.len())));
    if my_sql && rest.starts_with('#') {
        return line();
    }
    if let Some(text) = rest.strip_prefix("--") {
        let blank = text.chars().next().is_none_or(|c| c.is_whitespace() || c.is_control());
        return if blank || !my_sql { line() } else { None };
    }
    let text = rest.strip_prefix("/*")?;
    // Its content is executed, and ends where a literal in it allows.
    if my_sql && (text.starts_with('!') || text.starts_with("M!")) {
        return Some((Part::Unclear, rest.len()));
    }
    Some((Part::Comment, 2 + end_of_comment(text, comments == Comments::Nested)))
}

/// How long a comment is after its opening.
fn end_of_comment(text: &str, nested: bool) -> usize {
    let (mut depth, mut at) = (1_usize, 0);
    while let Some(found) = text.as_bytes()[at..].windows(2).position(|two| two == b"*/" || nested && two == b"/*") {
        let opens = text.as_bytes()[at + found] == b'/';
        at += found + 2;
        depth = if opens { depth + 1 } else { depth - 1 };
        if depth == 0 {
            return at;
        }
    }
    text.len()
}
