//! The file: a line with the format's name and version, a line for each entry, and a last line with a checksum of all.
//!
//! A line that is damaged does not make the others unreadable. No content of a file causes a panic.

use std::ops::Range;

use sha2::{Digest, Sha256};

/// The first line: the name of the format and its version.
pub(super) const FIRST: &str = "component_model local cache 1";

/// The first line of any version.
const ANY_VERSION: &str = "component_model local cache ";

/// What the last line begins with.
const LAST: &str = "end";

/// A checksum in hexadecimal digits.
const CHECKSUM: usize = 64;

/// The line of one entry: a checksum of the rest, the head (what the entry is for), and the body (its value).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    text: String,
    head: Range<usize>,
}

impl Line {
    /// Neither of the two contains a line break, and the head no tab.
    pub(super) fn new(head: &str, body: &str) -> Self {
        let checked = format!("{head}\t{body}");
        let start = CHECKSUM + 1;
        Self { text: format!("{}\t{checked}", checksum(checked.as_bytes())), head: start..start + head.len() }
    }

    /// Reads a line; none if it is damaged.
    fn read(line: &[u8]) -> Option<Self> {
        let text = str::from_utf8(line).ok()?;
        let (sum, checked) = text.split_once('\t')?;
        let head = checked.split_once('\t')?.0.len();
        let start = CHECKSUM + 1;
        (sum == checksum(checked.as_bytes())).then(|| Self { text: text.to_owned(), head: start..start + head })
    }

    pub(super) fn head(&self) -> &str {
        self.text.get(self.head.clone()).unwrap_or_default()
    }

    pub(super) fn body(&self) -> &str {
        self.text.get(self.head.end + 1..).unwrap_or_default()
    }

    /// The length in the file.
    pub(super) fn len(&self) -> usize {
        self.text.len() + 1
    }
}

/// What a file contains.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Content {
    /// The lines that are not damaged, in the order of the file.
    pub(super) lines: Vec<Line>,
    pub(super) flaw: Option<Flaw>,
}

/// What is wrong with a file of which some lines may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Flaw {
    /// The file ends before its last line.
    Truncated,
    /// The numbers of lines that are damaged, from 1.
    Damaged(Vec<usize>),
    /// All lines are whole, but they are not those that were written.
    Different,
}

/// Why a file is not used, and not replaced either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Foreign {
    /// Another program wrote it.
    Program,
    /// Another version of this library wrote it.
    Version,
}

/// The content of a file.
pub(super) fn write(lines: &[Line]) -> Vec<u8> {
    let length = lines.iter().map(Line::len).sum::<usize>() + FRAME;
    let mut out = String::with_capacity(length);
    for line in std::iter::once(FIRST).chain(lines.iter().map(|line| line.text.as_str())) {
        out.push_str(line);
        out.push('\n');
    }
    let last = last_line(lines.len(), out.as_bytes());
    out.push_str(&last);
    out.push('\n');
    out.into_bytes()
}

/// At most how long the first and the last line are together.
pub(super) const FRAME: usize = 160;

/// Reads a file.
pub(super) fn read(bytes: &[u8]) -> Result<Content, Foreign> {
    let mut lines = Numbered { rest: bytes, read: 0, number: 0 };
    let first = lines.next().map_or(&b""[..], |line| line.bytes);
    if first.starts_with(ANY_VERSION.as_bytes()) && !FIRST.as_bytes().starts_with(first) {
        return Err(Foreign::Version);
    }
    let (mut content, mut damaged, mut ends) = (Content::default(), Vec::new(), None);
    if first != FIRST.as_bytes() {
        damaged.push(1);
    }
    for line in lines {
        if ends.is_some() {
            damaged.push(line.number);
        } else if line.bytes.starts_with(LAST.as_bytes()) {
            ends = Some(line.bytes == last_line(line.number - 2, &bytes[..line.start]).as_bytes());
        } else if let Some(line) = Line::read(line.bytes) {
            content.lines.push(line);
        } else {
            damaged.push(line.number);
        }
    }
    let is_ours = first == FIRST.as_bytes() || !content.lines.is_empty() || FIRST.as_bytes().starts_with(bytes);
    content.flaw = match ends {
        _ if !is_ours => return Err(Foreign::Program),
        None => Some(Flaw::Truncated),
        Some(_) if !damaged.is_empty() => Some(Flaw::Damaged(damaged)),
        Some(matches) => (!matches).then_some(Flaw::Different),
    };
    Ok(content)
}

/// The last line: how many entries there are, and a checksum of all that precedes it.
fn last_line(entries: usize, before: &[u8]) -> String {
    format!("{LAST}\t{entries}\t{}", checksum(before))
}

fn checksum(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value)]);
    Sha256::digest(bytes).iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The lines of a file. What follows the last line break is a line too, unless it is empty.
struct Numbered<'b> {
    rest: &'b [u8],
    read: usize,
    number: usize,
}

struct NumberedLine<'b> {
    bytes: &'b [u8],
    /// The position of its first byte in the file.
    start: usize,
    /// From 1.
    number: usize,
}

impl<'b> Iterator for Numbered<'b> {
    type Item = NumberedLine<'b>;

    fn next(&mut self) -> Option<NumberedLine<'b>> {
        if self.rest.is_empty() {
            return None;
        }
        let end = self.rest.iter().position(|byte| *byte == b'\n').unwrap_or(self.rest.len());
        let (bytes, rest) = self.rest.split_at(end);
        let start = self.read;
        (self.rest, self.read, self.number) = (rest.get(1..).unwrap_or_default(), start + end + 1, self.number + 1);
        Some(NumberedLine { bytes, start, number: self.number })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines() -> Vec<Line> {
        vec![Line::new(r#"{"a":1}"#, "null\t\"text:x\""), Line::new("{}", ""), Line::new("ü", "é")]
    }

    #[test]
    fn what_was_written_is_read() {
        for lines in [vec![], lines()] {
            assert_eq!(read(&write(&lines)), Ok(Content { lines, flaw: None }));
        }
        assert_eq!((lines()[0].head(), lines()[0].body()), (r#"{"a":1}"#, "null\t\"text:x\""));
        assert!(write(&[]).len() <= FRAME - "10000".len());
    }

    #[test]
    fn the_lines_before_a_cut_are_used_wherever_it_is() {
        let (lines, whole) = (lines(), write(&lines()));
        for length in 0..whole.len() {
            let content = read(&whole[..length]).unwrap_or_else(|foreign| panic!("{length}: {foreign:?}"));
            let mut end = FIRST.len() + 1;
            let before = lines.iter().take_while(|line| {
                end += line.len();
                // The line break is not needed.
                end - 1 <= length
            });
            assert_eq!(content.lines, before.cloned().collect::<Vec<_>>(), "{length}");
            assert_eq!(content.flaw.is_some(), length < whole.len() - 1, "{length}: {:?}", content.flaw);
        }
    }

    #[test]
    fn a_damaged_line_is_named_and_the_others_are_used() {
        let mut bytes = write(&lines());
        let second = FIRST.len() + 1 + lines()[0].len();
        bytes[second + 66] ^= 1;
        let content = read(&bytes).unwrap();
        assert_eq!(content.flaw, Some(Flaw::Damaged(vec![3])));
        assert_eq!(content.lines, [lines()[0].clone(), lines()[2].clone()]);
    }

    #[test]
    fn lines_that_were_removed_or_exchanged_are_noticed() {
        let text = String::from_utf8(write(&lines())).unwrap();
        let lines: Vec<_> = text.lines().collect();
        for order in [vec![0, 1, 3, 4], vec![0, 2, 1, 3, 4], vec![0, 1, 1, 2, 3, 4]] {
            let changed: String = order.into_iter().map(|line| format!("{}\n", lines[line])).collect();
            assert_eq!(read(changed.as_bytes()).unwrap().flaw, Some(Flaw::Different), "{changed}");
        }
        assert_eq!(read(format!("{text}more\n").as_bytes()).unwrap().flaw, Some(Flaw::Damaged(vec![6])));
    }

    #[test]
    fn a_file_of_something_else_is_foreign() {
        for text in ["port = 8080\n", "\n", "{}", "\0\0\0\0", "component_model local", "end\t0\t"] {
            let expected = if FIRST.starts_with(text) { Ok(Some(Flaw::Truncated)) } else { Err(Foreign::Program) };
            assert_eq!(read(text.as_bytes()).map(|content| content.flaw), expected, "{text:?}");
        }
        let newer = String::from_utf8(write(&lines())).unwrap().replacen("cache 1", "cache 2", 1);
        assert_eq!(read(newer.as_bytes()), Err(Foreign::Version));
    }

    #[test]
    fn entries_are_used_if_the_first_line_is_damaged() {
        let text = String::from_utf8(write(&lines())).unwrap().replacen('c', "k", 1);
        assert_eq!(read(text.as_bytes()).unwrap(), Content { lines: lines(), flaw: Some(Flaw::Damaged(vec![1])) });
    }
}
