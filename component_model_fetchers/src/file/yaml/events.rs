//! The events of the parser, with limits.

use std::{borrow::Cow, fmt::Display};

use saphyr_parser::{Event, Marker, Parser, ScanError, StrInput};

use super::super::broken::Broken;

/// A text of at most this size is parsed without counting.
const SMALL: usize = 256 * 1024;

/// The maximum number of `,`, `:`, `[` and `{` in a larger text. The parser needs about 370 bytes for each that it
/// stores.
const MARKS: usize = 400_000;

/// Why a text is not a document.
pub(super) enum Problem {
    Malformed(String, Marker),
    TooLarge(Cow<'static, str>),
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
    /// Rejects a text with too many of these characters: if `[` or `{` may begin a key, the parser stores everything
    /// after it.
    pub(super) fn new(text: &'t str) -> Result<Self, Broken> {
        let is_mark = |byte: &u8| matches!(byte, b',' | b':' | b'[' | b'{');
        if text.len() > SMALL && text.bytes().filter(|byte| is_mark(byte)).count() > MARKS {
            return Err(Broken::too_large("the document holds more than 400 000 of `,`, `:`, `[` and `{`"));
        }
        Ok(Self::unbounded(text))
    }

    /// Like `new`, without the check, for a text that was parsed before.
    pub(super) fn unbounded(text: &'t str) -> Self {
        Self(Parser::new_from_str(text))
    }

    /// The next event, and where it begins. After the last event, every further one is the end.
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
