//! Which component an error is about.

use std::sync::Arc;

use component_model_types::plan::Component;

/// A component, or the whole struct if the path is empty.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct About {
    /// The name of the struct that is fetched.
    pub(crate) owner: Box<str>,
    /// The names of the fields from there to the component: `pool.max`.
    pub(crate) path: Box<str>,
    /// The type of the field, as written.
    pub(crate) ty: Box<str>,
    /// Whether the type or the attribute says that the value must never be shown.
    pub(crate) sensitive: bool,
}

impl About {
    /// A component of a struct.
    pub(crate) fn new(owner: &str, path: &str, component: &Component<'_>) -> Arc<Self> {
        let (ty, sensitive) = (component.ty.into(), component.sensitive);
        Arc::new(Self { owner: owner.into(), path: path.into(), ty, sensitive })
    }

    /// A struct as a whole: the one that is fetched, or one that is nested in it.
    pub(crate) fn whole(owner: &str, path: &str) -> Arc<Self> {
        Self::new(owner, path, &Component::NEW)
    }

    /// `AppConfig.pool.max`.
    pub(crate) fn full_path(&self) -> String {
        if self.path.is_empty() { self.owner.to_string() } else { format!("{}.{}", self.owner, self.path) }
    }
}
