//! The grammar of a `.env` file; the documentation of the source `env` describes it for users.

use component_model_source::ErrorKind;

use super::Broken;

/// The maximum number of assignments in a file.
const ASSIGNMENTS: usize = 100_000;

/// One assignment of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Assignment<'t> {
    pub(super) line: usize,
    pub(super) name: &'t str,
    pub(super) value: Vec<Piece<'t>>,
}

/// A part of a value.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    Text(String),
    /// The name in `${NAME}`, if interpolation is enabled.
    Variable(&'t str),
}

/// The assignments of a text, in their order.
pub(super) fn parse(text: &str, interpolate: bool) -> Result<Vec<Assignment<'_>>, Broken> {
    let mut scanner = Scanner { rest: text, line: 1, interpolate };
    let mut assignments = Vec::new();
    loop {
        scanner.skip_white();
        match scanner.rest.chars().next() {
            None => return Ok(assignments),
            Some('\n') => scanner.end_line(),
            Some('#') => scanner.skip_comment(),
            Some(_) if assignments.len() == ASSIGNMENTS => {
                let message = "the file sets more than 100 000 variables".into();
                return Err(Broken { line: scanner.line, kind: ErrorKind::TooLarge, message });
            }
            Some(_) => assignments.push(scanner.assignment()?),
        }
    }
}

/// The rest of a text, and the number of the line in which it begins.
struct Scanner<'t> {
    rest: &'t str,
    line: usize,
    interpolate: bool,
}

impl<'t> Scanner<'t> {
    fn assignment(&mut self) -> Result<Assignment<'t>, Broken> {
        let line = self.line;
        if let Some(after) = self.rest.strip_prefix("export").filter(|after| after.starts_with([' ', '\t'])) {
            self.rest = after;
            self.skip_white();
        }
        let name = self.take(self.rest.find(|character| !is_of_name(character)).unwrap_or(self.rest.len()));
        self.skip_white();
        let no_assignment = Broken::malformed(line, "the line is not an assignment such as NAME=value");
        let after = self.rest.strip_prefix('=').filter(|_| !name.is_empty()).ok_or(no_assignment)?;
        self.rest = after;
        let value = self.value()?;
        Ok(Assignment { line, name, value })
    }

    fn value(&mut self) -> Result<Vec<Piece<'t>>, Broken> {
        let spaced = self.skip_white();
        match self.rest.chars().next() {
            Some('\'') => self.quoted('\''),
            Some('"') => self.quoted('"'),
            Some('#') if spaced => Ok(Vec::new()),
            _ => self.unquoted(),
        }
    }

    /// Reads to the end of the line or to a comment, without the white space before it.
    fn unquoted(&mut self) -> Result<Vec<Piece<'t>>, Broken> {
        let line = self.rest.split('\n').next().unwrap_or_default();
        let comment = line.match_indices('#').map(|(at, _)| at).find(|at| line[..*at].ends_with([' ', '\t']));
        let value = line[..comment.unwrap_or(line.len())].trim_end();
        let number = self.line;
        self.rest = &self.rest[line.len()..];
        let mut pieces = Pieces::default();
        let mut rest = value;
        while let Some(character) = rest.chars().next() {
            match self.variable(rest, number)? {
                Some((name, after)) => {
                    pieces.variable(name);
                    rest = after;
                }
                None => {
                    pieces.push(character);
                    rest = &rest[character.len_utf8()..];
                }
            }
        }
        Ok(pieces.0)
    }

    /// Reads to the closing quote, over several lines if necessary; only a comment may follow it.
    fn quoted(&mut self, quote: char) -> Result<Vec<Piece<'t>>, Broken> {
        let first = self.line;
        self.take(quote.len_utf8());
        let mut pieces = Pieces::default();
        loop {
            let Some(character) = self.rest.chars().next() else {
                return Err(Broken::malformed(first, "the quote that begins in the line does not end"));
            };
            if character == quote {
                self.take(quote.len_utf8());
                return self.only_a_comment().map(|()| pieces.0);
            }
            if quote == '"' && self.special(&mut pieces)? {
                continue;
            }
            if character == '\n' {
                self.line += 1;
            }
            // The kind of line ends depends on the editor and is not part of the value.
            if !self.rest.starts_with("\r\n") {
                pieces.push(character);
            }
            self.take(character.len_utf8());
        }
    }

    /// The syntax of double quotes: escapes and, if enabled, variables. Any other backslash is unchanged.
    fn special(&mut self, pieces: &mut Pieces<'t>) -> Result<bool, Broken> {
        if let Some((name, after)) = self.variable(self.rest, self.line)? {
            pieces.variable(name);
            self.rest = after;
            return Ok(true);
        }
        let escaped = self.rest.strip_prefix('\\').and_then(|after| after.chars().next());
        let Some(meant) = escaped.and_then(unescaped) else { return Ok(false) };
        pieces.push(meant);
        self.take(2);
        Ok(true)
    }

    /// The name in `${NAME}` and the text after it, if the text begins with it.
    fn variable(&self, text: &'t str, line: usize) -> Result<Option<(&'t str, &'t str)>, Broken> {
        let Some(inner) = text.strip_prefix("${").filter(|_| self.interpolate) else { return Ok(None) };
        let end = inner.find(|character| !is_of_name(character)).unwrap_or(inner.len());
        match inner[end..].strip_prefix('}') {
            Some(after) if end > 0 => Ok(Some((&inner[..end], after))),
            _ => Err(Broken::malformed(line, "`${` is not followed by a name and `}`, as in ${NAME}")),
        }
    }

    fn only_a_comment(&mut self) -> Result<(), Broken> {
        let spaced = self.skip_white();
        match self.rest.chars().next() {
            None | Some('\n') => Ok(()),
            Some('#') if spaced => Ok(()),
            Some(_) => Err(Broken::malformed(self.line, "something follows the closing quote")),
        }
    }

    fn skip_comment(&mut self) {
        self.take(self.rest.find('\n').unwrap_or(self.rest.len()));
    }

    fn end_line(&mut self) {
        self.take(1);
        self.line += 1;
    }

    /// Skips white space within the line; returns whether there was any.
    fn skip_white(&mut self) -> bool {
        let before = self.rest.len();
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r']);
        self.rest.len() < before
    }

    fn take(&mut self, length: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }
}

/// Joins adjacent characters into one piece.
#[derive(Default)]
struct Pieces<'t>(Vec<Piece<'t>>);

impl<'t> Pieces<'t> {
    fn push(&mut self, character: char) {
        match self.0.last_mut() {
            Some(Piece::Text(text)) => text.push(character),
            _ => self.0.push(Piece::Text(character.to_string())),
        }
    }

    fn variable(&mut self, name: &'t str) {
        self.0.push(Piece::Variable(name));
    }
}

/// The characters that programs use in names; quotes and brackets are more likely a mistake.
fn is_of_name(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '.' | '-')
}

fn unescaped(escaped: char) -> Option<char> {
    match escaped {
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        '"' | '\\' | '$' => Some(escaped),
        _ => None,
    }
}
