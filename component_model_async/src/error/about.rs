//! Which component an error is about.

use std::sync::Arc;

/// A component, or the whole struct if the path is empty.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct About {
    /// The name of the struct that is fetched.
    pub(crate) owner: Box<str>,
    /// The names of the fields from there to the component: `pool.max`.
    pub(crate) path: Box<str>,
    /// The type of the field, as written.
    pub(crate) ty: Box<str>,
}

impl About {
    pub(crate) fn new(owner: &str, path: &str, ty: &str) -> Arc<Self> {
        Arc::new(Self { owner: owner.into(), path: path.into(), ty: ty.into() })
    }

    /// `AppConfig.pool.max`.
    pub(crate) fn full_path(&self) -> String {
        if self.path.is_empty() { self.owner.to_string() } else { format!("{}.{}", self.owner, self.path) }
    }
}
