//! Fits text to a page: counts terminal columns, wraps, pads and cuts.
//!
//! What always holds: text from outside can neither move the cursor nor reverse the line, because control characters
//! are escaped.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The width of errors and reports, in columns.
pub(crate) const PAGE: usize = 100;

/// The width of a text, in columns.
pub(crate) fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// The text with its control characters escaped; line breaks stay.
pub(crate) fn clean(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(|line| line.trim_end().chars().map(visible).collect::<String>()).collect();
    lines.join("\n")
}

/// The text on one line, with its control characters escaped.
pub(crate) fn one_line(text: &str) -> String {
    let text = clean(text);
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join(" ")
}

/// The text if it fits into the columns, otherwise its two ends with `…` between them.
pub(crate) fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let Some(room) = columns.checked_sub(1) else { return String::new() };
    let tail_room = room / 2;
    let ends = text.char_indices().map(|(begin, character)| begin + character.len_utf8());
    let head = ends.take_while(|end| width(&text[..*end]) <= room - tail_room).last().unwrap_or(0);
    let begins = text.char_indices().rev().map(|(begin, _)| begin);
    let tail = begins.take_while(|begin| width(&text[*begin..]) <= tail_room).last().unwrap_or(text.len());
    // A combining mark without its letter would combine with `…`.
    let tail = text[tail..].trim_start_matches(|character: char| character.width() == Some(0));
    format!("{}…{tail}", &text[..head])
}

/// The text, padded with spaces on its right to this many columns.
pub(crate) fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// The text, padded with spaces on its left to this many columns.
pub(crate) fn pad_left(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
}

/// The text, wrapped for a column that begins at `indent`; lines after the first are indented.
pub(crate) fn hanging(text: &str, indent: usize) -> String {
    let text = clean(text);
    let lines = text.lines().flat_map(|line| wrap(line, PAGE.saturating_sub(indent)));
    let indented = |(position, line): (usize, String)| match position {
        0 => line,
        _ if line.is_empty() => "\n".to_owned(),
        _ => format!("\n{}{line}", " ".repeat(indent)),
    };
    lines.enumerate().map(indented).collect()
}

/// A line, broken at spaces into pieces of at most this many columns. A longer word stays whole, so that it can be
/// copied.
fn wrap(line: &str, columns: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut piece = String::new();
    for word in line.split(' ') {
        if !piece.trim().is_empty() && width(&piece) + 1 + width(word) > columns {
            pieces.push(std::mem::take(&mut piece));
        } else if !piece.is_empty() {
            piece.push(' ');
        }
        piece.push_str(word);
    }
    pieces.push(piece);
    pieces
}

/// The character, escaped if it would control the terminal.
fn visible(character: char) -> String {
    // Marks of the direction of text, and the two separators that some programs take for a line end.
    let moves = matches!(
        character,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    match character {
        '\t' => " ".to_owned(),
        _ if character.is_control() || moves => character.escape_unicode().to_string(),
        _ => character.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_that_fits_is_not_cut() {
        assert_eq!(cut("app/port", 8), "app/port");
    }

    #[test]
    fn the_middle_is_cut_and_both_ends_remain() {
        assert_eq!(cut("SELECT value FROM config WHERE key = 'db_url'", 21), "SELECT val…= 'db_url'");
    }

    #[test]
    fn a_cut_counts_the_columns_of_wide_characters() {
        let cut = cut("配置中心的数据库地址", 9);
        assert_eq!(cut, "配置…地址");
        assert_eq!(width(&cut), 9);
    }

    #[test]
    fn a_cut_never_begins_with_a_combining_mark_without_its_letter() {
        assert_eq!(cut("aaaaaaaae\u{301}", 4), "aa…e\u{301}");
        assert_eq!(cut("aaaaaaaae\u{301}bcd", 8), "aaaa…bcd");
    }

    #[test]
    fn a_cut_to_nothing_is_empty() {
        assert_eq!((cut("port", 0), cut("port", 1)), (String::new(), "…".to_owned()));
    }

    #[test]
    fn a_cut_counts_the_columns_of_combined_characters() {
        assert_eq!(cut("\u{2764}\u{fe0f}\u{2764}\u{fe0f}\u{2764}\u{fe0f}", 5), "\u{2764}\u{fe0f}…\u{2764}\u{fe0f}");
    }

    proptest! {
        #[test]
        fn a_cut_is_never_wider_than_its_columns(text in any::<String>(), columns in 0usize..40) {
            prop_assert!(width(&cut(&text, columns)) <= columns);
        }

        #[test]
        fn no_text_leaves_a_control_character(text in any::<String>()) {
            prop_assert!(!one_line(&text).contains(char::is_control));
            prop_assert!(!hanging(&text, 11).contains(|c: char| c.is_control() && c != '\n'));
        }
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(clean("a\u{1b}[31mb\u{202e}c\0"), "a\\u{1b}[31mb\\u{202e}c\\u{0}");
        assert_eq!(clean("a\r\nb\tc"), "a\nb c");
        assert_eq!(clean("a\u{2028}b\u{200f}c"), "a\\u{2028}b\\u{200f}c");
    }

    #[test]
    fn one_line_keeps_the_spaces_within_a_line() {
        assert_eq!(one_line("SELECT value\n    FROM  config\n"), "SELECT value FROM  config");
    }

    #[test]
    fn long_lines_wrap_below_their_beginning() {
        let text = hanging(&"word ".repeat(30), 11);
        assert!(text.lines().skip(1).all(|line| line.starts_with(&" ".repeat(11))));
        assert!(text.lines().all(|line| width(line) <= PAGE), "{text}");
        assert_eq!(text.split_whitespace().count(), 30);
    }

    #[test]
    fn a_word_longer_than_the_page_stays_whole() {
        let address = format!("https://example.com/{}", "a".repeat(200));
        assert!(hanging(&format!("see {address} for more"), 11).contains(&address));
    }

    #[test]
    fn an_empty_line_has_no_spaces() {
        assert_eq!(hanging("a\n\nb", 2), "a\n\n  b");
    }
}
