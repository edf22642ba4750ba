//! How large a document is, told by the tokens of its text before it is parsed: the parser, and the drop of what it has
//! parsed, are recursive.

use component_model_source::limit::VALUES;
use toml_parser::{Source, lexer::TokenKind};

use super::super::broken::Broken;

/// A text of at most this size cannot hold too many items.
const SMALL: usize = 256 * 1024;

/// How much memory of the parser a key or a table takes, compared with an item of a list.
const TABLE: usize = 10;

/// The maximum nesting of lists and tables; the other formats have the same limit. The parser has limits for brackets, for
/// a dotted key and for a header, which multiply.
pub(super) const DEPTH: usize = 128;

/// Checks a text without storing anything of it.
pub(super) fn check(text: &str) -> Result<(), Broken> {
    let (mut weight, mut depth) = (0_usize, Depth::default());
    for token in Source::new(text).lex() {
        weight += weight_of(token.kind());
        depth.take(token.kind());
        if depth.total() > DEPTH {
            let position = super::line_and_column(text, token.span().start());
            return Err(Broken::malformed("not TOML: it is nested too deeply", Some(position)));
        }
    }
    if text.len() > SMALL && weight > VALUES {
        return Err(Broken::too_large(
            "the document holds more than a million items, of which a key or a table is ten",
        ));
    }
    Ok(())
}

fn weight_of(kind: TokenKind) -> usize {
    match kind {
        TokenKind::Comma | TokenKind::Newline => 1,
        TokenKind::Equals | TokenKind::Dot | TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => TABLE,
        _ => 0,
    }
}

/// How deep a value at this token would be nested. What is not valid is never deeper for the parser than counted here.
#[derive(Default)]
struct Depth {
    /// The levels of the last table header.
    header: usize,
    line: Line,
    /// The brackets that are open, and the dots of the key before each.
    open: Vec<(TokenKind, usize)>,
    /// The dots of all those keys.
    outer: usize,
    /// The dots since the last key began.
    dots: usize,
}

#[derive(Default, PartialEq, Eq)]
enum Line {
    #[default]
    Start,
    Header,
    Statement,
}

impl Depth {
    fn total(&self) -> usize {
        self.header + self.open.len() + self.outer + self.dots
    }

    fn take(&mut self, kind: TokenKind) {
        match kind {
            TokenKind::Newline => {
                self.dots = 0;
                if self.open.is_empty() {
                    self.line = Line::Start;
                }
            }
            TokenKind::Whitespace | TokenKind::Comment | TokenKind::Eof => {}
            TokenKind::LeftSquareBracket if self.line == Line::Start => (self.line, self.header) = (Line::Header, 1),
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket | TokenKind::Dot
                if self.line == Line::Header =>
            {
                self.header += 1;
            }
            _ if self.line == Line::Header => {}
            _ => {
                self.line = Line::Statement;
                self.statement(kind);
            }
        }
    }

    fn statement(&mut self, kind: TokenKind) {
        match kind {
            TokenKind::Dot => self.dots += 1,
            TokenKind::Comma => self.dots = 0,
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => {
                self.outer += self.dots;
                self.open.push((kind, std::mem::take(&mut self.dots)));
            }
            TokenKind::RightSquareBracket => self.close(TokenKind::LeftSquareBracket),
            TokenKind::RightCurlyBracket => self.close(TokenKind::LeftCurlyBracket),
            _ => {}
        }
    }

    fn close(&mut self, opening: TokenKind) {
        if let Some((_, dots)) = self.open.pop_if(|(kind, _)| *kind == opening) {
            self.outer -= dots;
            self.dots = dots;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;

    /// Tables within tables, each under a key of so many parts.
    fn nested(tables: usize, parts: usize) -> String {
        let key = vec!["a"; parts].join(".");
        format!("x = {}1{}", format!("{{{key}=").repeat(tables), "}".repeat(tables))
    }

    #[test]
    fn what_is_nested_too_deeply_is_refused_in_a_small_file_too() {
        for text in [
            nested(79, 78),
            nested(2, 70),
            nested(129, 1),
            format!("x = {}1{}", "[".repeat(129), "]".repeat(129)),
            format!("[{}]\n{} = 1", vec!["a"; 79].join("."), vec!["b"; 60].join(".")),
            format!("[[{}]]\nx = {{{} = [1]}}", vec!["a"; 79].join("."), vec!["b"; 60].join(".")),
            "x = {a=]".repeat(1000),
            "x = [a.a.a.a".repeat(1000),
            "[".repeat(100_000),
        ] {
            let broken = parse(&text).unwrap_err();
            assert!(broken.message.contains("nested too deeply"), "{}: {text:.60}", broken.message);
            assert!(broken.position.is_some_and(|(line, _)| line <= 2), "{broken:?}");
        }
    }

    #[test]
    fn what_is_long_is_not_deep() {
        let table = "[a.b]\nc.d = {e.f = [1.5, 2.5], g.h = {i = 1}}\nj.k = 'x.y.z'\n".replace("a.b", "a.b#");
        let lists = format!("x = [{}]", "[1.5],\n".repeat(1000));
        let inline =
            format!("x = {{{}}}", (0..1000).map(|key| format!("a.b{key} = 1.5")).collect::<Vec<_>>().join(", "));
        let tables: String = (0..1000).map(|number| table.replace('#', &number.to_string())).collect();
        let dates: String =
            (0..1000).map(|number| format!("a.b.c{number} = 2026-01-01T00:00:00.5Z # a.b.c\n")).collect();
        for text in [tables, lists, inline, dates, nested(60, 2), nested(79, 1)] {
            parse(&text).unwrap();
        }
    }
}
