//! Tokens, given or in a file. No text shows one.

use std::{fmt, path::PathBuf, sync::Arc};

use component_model_source::{ErrorKind, SourceError};
use reqwest::header::HeaderValue;

use crate::read;

/// A token that is sent in a header.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Token(Arc<str>);

impl Token {
    pub(crate) fn new(text: &str) -> Result<Self, SourceError> {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(SourceError::new(
                ErrorKind::Misconfigured,
                "the token is empty, or has characters that no token has",
            )
            .with_hint("a line end that was read along with the token is the usual cause"));
        }
        Ok(Self(text.into()))
    }

    /// The value of a header.
    pub(crate) fn header(&self) -> Result<HeaderValue, SourceError> {
        let mut value = HeaderValue::from_str(&self.0)
            .map_err(|_| SourceError::new(ErrorKind::Misconfigured, "the token is not valid"))?;
        value.set_sensitive(true);
        Ok(value)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[REDACTED]")
    }
}

/// Where the token of a source comes from.
#[derive(Debug, Clone, Default)]
pub(crate) enum Credential {
    #[default]
    None,
    Token(Token),
    /// Read for each request, since whoever wrote the file may replace it. Takes precedence over the token, unless the file is
    /// empty.
    File(PathBuf, Option<Token>),
}

impl Credential {
    /// # Cancel safety
    /// Dropping the future abandons the read.
    pub(crate) async fn token(&self) -> Result<Option<Token>, SourceError> {
        match self {
            Self::None => Ok(None),
            Self::Token(token) => Ok(Some(token.clone())),
            Self::File(path, other) => {
                let (file, shown) = (path.clone(), path.display().to_string());
                let text = read::blocking(move |waiting| read::text(&file, waiting)).await;
                let text = text.map_err(|error| not_read(&error, &shown))?;
                match text.trim() {
                    "" => Ok(other.clone()),
                    token => Token::new(token).map(Some).map_err(|error| error.at(shown)),
                }
            }
        }
    }
}

/// A file that is missing means that the source is not set up, and not that a value is absent.
fn not_read(error: &SourceError, path: &str) -> SourceError {
    let kind = if error.kind() == ErrorKind::Absent { ErrorKind::NotSetUp } else { error.kind() };
    SourceError::new(kind, "the file with the token cannot be read").with_cause(error.to_string()).at(path.to_owned())
}
