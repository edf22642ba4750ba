//! The attribute of a component, as a source sees it.

use std::borrow::Cow;

use component_model_types::plan::{Component, Key};

/// The attribute of a component, from which a source makes a [`Request`](crate::Request).
///
/// ```
/// use component_model::{RequestSpec, plan::{Component, Key}};
///
/// let port = Component { name: "port", key: Key::derived("APP_", "port"), options: &[("path", "app.toml")], ..Component::NEW };
/// let spec = RequestSpec::new(&port);
/// assert_eq!((&*spec.key(), spec.option("path")), ("APP_port", Some("app.toml")));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct RequestSpec<'a> {
    component: &'a Component,
}

impl<'a> RequestSpec<'a> {
    /// The attribute of a component.
    ///
    /// ```
    /// use component_model::{RequestSpec, plan::{Component, Key}};
    ///
    /// let port = Component { key: Key::Explicit("app/port"), ..Component::NEW };
    /// assert_eq!(RequestSpec::new(&port).key(), "app/port");
    /// ```
    #[must_use]
    pub fn new(component: &'a Component) -> Self {
        Self { component }
    }

    /// The key as written, or the container's prefix followed by the field's name.
    ///
    /// ```
    /// use component_model::{RequestSpec, plan::{Component, Key}};
    ///
    /// let port = Component { key: Key::derived("app/", "port"), ..Component::NEW };
    /// assert_eq!(RequestSpec::new(&port).key(), "app/port");
    /// ```
    #[must_use]
    pub fn key(&self) -> Cow<'a, str> {
        self.key_with(Cow::Borrowed)
    }

    /// The key as written, or the container's prefix followed by the field's name in the source's convention.
    ///
    /// ```
    /// use component_model::{RequestSpec, plan::{Component, Key}};
    ///
    /// let field = Component { key: Key::derived("APP_", "port"), ..Component::NEW };
    /// assert_eq!(RequestSpec::new(&field).key_with(|name| name.to_uppercase().into()), "APP_PORT");
    /// ```
    pub fn key_with(&self, convention: impl FnOnce(&'a str) -> Cow<'a, str>) -> Cow<'a, str> {
        match self.component.key {
            Key::Explicit(key) => Cow::Borrowed(key),
            Key::Derived { prefix: "", name } => convention(name),
            Key::Derived { prefix, name } => Cow::Owned(format!("{prefix}{}", convention(name))),
        }
    }

    /// The key, if the attribute has one.
    ///
    /// ```
    /// use component_model::{RequestSpec, plan::{Component, Key}};
    ///
    /// let port = Component { key: Key::derived("app/", "port"), ..Component::NEW };
    /// assert_eq!(RequestSpec::new(&port).explicit_key(), None);
    /// ```
    #[must_use]
    pub fn explicit_key(&self) -> Option<&'a str> {
        match self.component.key {
            Key::Explicit(key) => Some(key),
            Key::Derived { .. } => None,
        }
    }

    /// One of the source's own options.
    ///
    /// ```
    /// use component_model::{RequestSpec, plan::Component};
    ///
    /// let prices = Component { options: &[("url", "/prices")], ..Component::NEW };
    /// assert_eq!(RequestSpec::new(&prices).option("url"), Some("/prices"));
    /// ```
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&'a str> {
        self.component.option(name)
    }

    /// All of the source's own options, in the order in which they are written.
    ///
    /// ```
    /// use component_model::{RequestSpec, plan::Component};
    ///
    /// let prices = Component { options: &[("url", "/prices")], ..Component::NEW };
    /// assert_eq!(RequestSpec::new(&prices).options().collect::<Vec<_>>(), [("url", "/prices")]);
    /// ```
    pub fn options(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        self.component.options.iter().copied()
    }
}
