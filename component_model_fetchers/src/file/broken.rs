//! Why a text is not a document of its format, and where.

use component_model_source::ErrorKind;

/// A line and a column, both from 1.
pub(super) type Position = (usize, usize);

/// Why a text is not a document of its format.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) kind: ErrorKind,
    pub(super) message: String,
    pub(super) position: Option<Position>,
}

impl Broken {
    pub(super) fn malformed(message: impl Into<String>, position: Option<Position>) -> Self {
        Self { kind: ErrorKind::Malformed, message: message.into(), position }
    }

    pub(super) fn too_large(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::TooLarge, message: message.into(), position: None }
    }
}
