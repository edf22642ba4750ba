//! Variables of the environment that a store's own client reads.

use std::{borrow::Cow, ffi::OsString, path::PathBuf};

use component_model_source::{ErrorKind, SourceError};

/// Reads variables; an empty one counts as unset.
pub(crate) struct Variables<R>(R);

impl<R: Fn(&str) -> Option<OsString>> Variables<R> {
    pub(crate) fn new(read: R) -> Self {
        Self(read)
    }

    pub(crate) fn file(&self, name: &'static str) -> Option<PathBuf> {
        (self.0)(name).filter(|text| !text.is_empty()).map(PathBuf::from)
    }

    pub(crate) fn text(&self, name: &'static str) -> Result<Option<String>, SourceError> {
        let Some(text) = (self.0)(name).filter(|text| !text.is_empty()) else { return Ok(None) };
        text.into_string().map(Some).map_err(|_| misconfigured(format!("{name} is not UTF-8")))
    }

    /// What Go's `strconv.ParseBool` takes.
    #[cfg(any(feature = "consul", feature = "vault"))]
    pub(crate) fn flag(&self, name: &'static str, default: bool) -> Result<bool, SourceError> {
        match self.text(name)?.as_deref() {
            None => Ok(default),
            Some("1" | "t" | "T" | "TRUE" | "true" | "True") => Ok(true),
            Some("0" | "f" | "F" | "FALSE" | "false" | "False") => Ok(false),
            Some(_) => Err(misconfigured(format!("{name} is neither `true` nor `false`"))),
        }
    }
}

fn misconfigured(message: impl Into<Cow<'static, str>>) -> SourceError {
    SourceError::new(ErrorKind::Misconfigured, message)
}
