//! Who signs in. No text shows a password, a token or a seed.

use std::{fmt, path::PathBuf};

use async_nats::ConnectOptions;
use component_model_source::{ErrorKind, SourceError};

use super::misconfigured;
use crate::read;

#[derive(Clone, Default, PartialEq, Eq)]
pub(super) enum Login {
    #[default]
    None,
    User {
        user: String,
        password: String,
    },
    Token(String),
    /// The seed of an nkey.
    Seed(String),
    /// Read for each connection, since whoever wrote the file may replace it.
    SeedFile(PathBuf),
    /// What a `.creds` file has in it.
    Credentials(String),
    /// Read for each connection too.
    CredentialsFile(PathBuf),
}

impl Login {
    pub(super) fn user(user: &str, password: &str) -> Result<Self, SourceError> {
        if user.is_empty() || password.is_empty() {
            return Err(misconfigured("the user or the password is empty"));
        }
        Ok(Self::User { user: user.to_owned(), password: password.to_owned() })
    }

    pub(super) fn token(token: &str) -> Result<Self, SourceError> {
        if token.is_empty() {
            return Err(misconfigured("the token is empty"));
        }
        Ok(Self::Token(token.to_owned()))
    }

    pub(super) fn seed(seed: &str) -> Result<Self, SourceError> {
        let login = Self::Seed(seed.trim().to_owned());
        login.signed(ConnectOptions::new(), None).map(|_| login)
    }

    pub(super) fn credentials(text: &str) -> Result<Self, SourceError> {
        let login = Self::Credentials(text.to_owned());
        login.signed(ConnectOptions::new(), None).map(|_| login)
    }

    /// Adds what signs in to the options of a connection; reads its file if it has one.
    pub(super) async fn add_to(&self, options: ConnectOptions) -> Result<ConnectOptions, SourceError> {
        match self {
            Self::SeedFile(path) | Self::CredentialsFile(path) => {
                let (file, shown) = (path.clone(), path.display().to_string());
                let text: Result<String, _> = read::blocking(move |waiting| read::text(&file, waiting)).await;
                let text = text.map_err(|error| not_read(&error, &shown))?;
                self.signed(options, Some(&text)).map_err(|error| error.at(shown))
            }
            _ => self.signed(options, None),
        }
    }

    /// The same with the text of the file, if there is one.
    fn signed(&self, options: ConnectOptions, text: Option<&str>) -> Result<ConnectOptions, SourceError> {
        Ok(match self {
            Self::None => options,
            Self::User { user, password } => options.user_and_password(user.clone(), password.clone()),
            Self::Token(token) => options.token(token.clone()),
            Self::Seed(text) => with_seed(options, text)?,
            Self::SeedFile(_) => with_seed(options, text.unwrap_or_default())?,
            Self::Credentials(text) => with_credentials(options, text)?,
            Self::CredentialsFile(_) => with_credentials(options, text.unwrap_or_default())?,
        })
    }
}

/// The seed is checked when it signs; its form is checked before.
fn with_seed(options: ConnectOptions, text: &str) -> Result<ConnectOptions, SourceError> {
    // A file may have comments besides the seed.
    let seed = text.lines().map(str::trim).find(|line| is_seed(line));
    let seed =
        seed.ok_or_else(|| misconfigured("the seed of the nkey is not valid").with_hint("it begins with `SU`"))?;
    Ok(options.nkey(seed.to_owned()))
}

/// Whether a text has the form of a user's seed, in Base32.
fn is_seed(text: &str) -> bool {
    let is_base32 = |byte: u8| byte.is_ascii_uppercase() || matches!(byte, b'2'..=b'7');
    text.len() == 58 && text.starts_with("SU") && text.bytes().all(is_base32)
}

fn with_credentials(options: ConnectOptions, text: &str) -> Result<ConnectOptions, SourceError> {
    // Without the cause, which may show the seed.
    options.credentials(text).map_err(|_| {
        misconfigured("the credentials are not valid")
            .with_hint("they have the JWT of a user, and after it the seed of its nkey")
    })
}

/// A file that is missing means that the source is not set up, and not that a value is absent.
fn not_read(error: &SourceError, path: &str) -> SourceError {
    let kind = if error.kind() == ErrorKind::Absent { ErrorKind::NotSetUp } else { error.kind() };
    let failure = SourceError::new(kind, "the file with the credentials cannot be read");
    failure.with_cause(error.to_string()).at(path.to_owned())
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::User { .. } => f.write_str("User"),
            Self::Token(_) => f.write_str("Token"),
            Self::Seed(_) => f.write_str("Seed"),
            Self::Credentials(_) => f.write_str("Credentials"),
            Self::SeedFile(path) => f.debug_tuple("SeedFile").field(path).finish(),
            Self::CredentialsFile(path) => f.debug_tuple("CredentialsFile").field(path).finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: &str = "SUAIO3FHUX5PNV2LQIIP7TZ3N4L7TX3W53MQGEIVYFIGA635OZCKEYHFLM";

    #[test]
    fn a_seed_is_found_in_the_text_of_its_file_and_shown_nowhere() {
        for text in [SEED.to_owned(), format!("  {SEED}\n"), format!("# a comment\n{SEED}\n")] {
            let login = Login::SeedFile("user.nk".into());
            assert!(login.signed(ConnectOptions::new(), Some(&text)).is_ok(), "{text}");
        }
        assert!(!format!("{:?}", Login::seed(SEED).unwrap()).contains(SEED));
        for wrong in ["", "hunter2", &SEED[..57], &SEED.to_lowercase()] {
            let error = Login::seed(wrong).unwrap_err();
            assert!(wrong.is_empty() || !format!("{error:?} {error} {:?}", error.hint()).contains(wrong));
        }
    }

    #[test]
    fn credentials_that_are_not_valid_are_not_repeated() {
        for wrong in ["", "hunter2", "-----BEGIN NATS USER JWT-----\nhunter2\n------END NATS USER JWT------\n"] {
            let error = Login::credentials(wrong).unwrap_err();
            assert!(!format!("{error:?} {error} {:?}", error.hint()).contains("hunter2"));
        }
    }
}
