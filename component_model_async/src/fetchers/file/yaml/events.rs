//! The events of the parser, bounded.

use std::fmt::Display;

use saphyr_parser::{Event, Marker, Parser, ScanError, StrInput};

use super::super::document::Broken;

/// A text of at most this size is parsed whatever it holds.
const SMALL: usize = 256 * 1024;

/// The most marks that a larger text may hold. The parser takes about 370 bytes for each that it has to hold.
const MARKS: usize = 400_000;

/// Why a text is not a document.
pub(super) enum Problem {
    Malformed(String, Marker),
    TooLarge(&'static str),
}

impl Problem {
    pub(super) fn malformed(message: impl Display, at: Marker) -> Self {
        Self::Malformed(format!("not YAML: {message}"), at)
    }
}

impl From<ScanError> for Problem {
    /// The parser's own message, unless it repeats a part of the text, which it does in quotes.
    fn from(error: ScanError) -> Self {
        let message = match error.info() {
            info if info.contains("unknown anchor") => "an alias has no anchor",
            info if info.contains('`') => "there is an unexpected character",
            info => info,
        };
        Self::malformed(message, *error.marker())
    }
}

/// The events of one text.
pub(super) struct Events<'t>(Parser<'t, StrInput<'t>>);

impl<'t> Events<'t> {
    /// Refuses a text with too many marks: if `[` or `{` may begin a key, the parser holds everything that follows.
    pub(super) fn new(text: &'t str) -> Result<Self, Broken> {
        let is_mark = |byte: &u8| matches!(byte, b',' | b':' | b'[' | b'{');
        if text.len() > SMALL && text.bytes().filter(|byte| is_mark(byte)).count() > MARKS {
            return Err(Broken::too_large("the document holds more than 400 000 of `,`, `:`, `[` and `{`"));
        }
        Ok(Self::unbounded(text))
    }

    /// Without a check, for a text that was parsed before.
    pub(super) fn unbounded(text: &'t str) -> Self {
        Self(Parser::new_from_str(text))
    }

    /// The next event, and where it begins. After the last event it is always the end.
    pub(super) fn next(&mut self) -> Result<(Event<'t>, Marker), Problem> {
        loop {
            match self.0.next().transpose()? {
                Some((Event::StreamStart | Event::Nothing, _)) => {}
                Some((event, span)) => return Ok((event, span.start)),
                None => return Ok((Event::StreamEnd, Marker::default())),
            }
        }
    }
}
