//! What one component asks of a source: before it is bound ([`RequestSpec`]) and after ([`Request`]).

use std::{borrow::Cow, fmt, sync::Arc};

use component_model_types::plan::{Component, Key};

/// What a component's attribute says, as a source reads it to make a [`Request`].
///
/// ```
/// use component_model_source::RequestSpec;
/// use component_model_types::plan::{Component, Key};
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
    /// What the attribute of a component says.
    ///
    /// ```
    /// use component_model_source::RequestSpec;
    /// use component_model_types::plan::{Component, Key};
    ///
    /// let port = Component { key: Key::Explicit("app/port"), ..Component::NEW };
    /// assert_eq!(RequestSpec::new(&port).key(), "app/port");
    /// ```
    #[must_use]
    pub fn new(component: &'a Component) -> Self {
        Self { component }
    }

    /// The key as it is written, or the container's prefix followed by the field's name.
    ///
    /// ```
    /// use component_model_source::RequestSpec;
    /// use component_model_types::plan::{Component, Key};
    ///
    /// let port = Component { key: Key::derived("app/", "port"), ..Component::NEW };
    /// assert_eq!(RequestSpec::new(&port).key(), "app/port");
    /// ```
    #[must_use]
    pub fn key(&self) -> Cow<'static, str> {
        self.key_with(Cow::Borrowed)
    }

    /// The key as it is written, or the container's prefix followed by the field's name in the source's convention.
    ///
    /// ```
    /// use component_model_source::RequestSpec;
    /// use component_model_types::plan::{Component, Key};
    ///
    /// let field = Component { key: Key::derived("APP_", "port"), ..Component::NEW };
    /// assert_eq!(RequestSpec::new(&field).key_with(|name| name.to_uppercase().into()), "APP_PORT");
    /// ```
    pub fn key_with(&self, convention: impl FnOnce(&'static str) -> Cow<'static, str>) -> Cow<'static, str> {
        match self.component.key {
            Key::Explicit(key) => Cow::Borrowed(key),
            Key::Derived { prefix: "", name } => convention(name),
            Key::Derived { prefix, name } => Cow::Owned(format!("{prefix}{}", convention(name))),
        }
    }

    /// The key, where the attribute has one.
    ///
    /// ```
    /// use component_model_source::RequestSpec;
    /// use component_model_types::plan::{Component, Key};
    ///
    /// let port = Component { key: Key::derived("app/", "port"), ..Component::NEW };
    /// assert_eq!(RequestSpec::new(&port).explicit_key(), None);
    /// ```
    #[must_use]
    pub fn explicit_key(&self) -> Option<&'static str> {
        match self.component.key {
            Key::Explicit(key) => Some(key),
            Key::Derived { .. } => None,
        }
    }

    /// One of the source's own options.
    ///
    /// ```
    /// use component_model_source::RequestSpec;
    /// use component_model_types::plan::Component;
    ///
    /// let prices = Component { options: &[("url", "/prices")], ..Component::NEW };
    /// assert_eq!(RequestSpec::new(&prices).option("url"), Some("/prices"));
    /// ```
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&'static str> {
        self.component.option(name)
    }
}

/// What a source is asked: made once by [`Source::bind`](crate::Source::bind), cheap to clone.
///
/// Two requests are equal, and then sent once, where key, options and group are.
///
/// ```
/// use component_model_source::Request;
///
/// let port = Request::new("port", "app.toml#port");
/// assert_eq!(port, Request::new("port", "app.toml#port"));
/// assert_ne!(port, Request::new("port", "app.toml#port").with_group("app.toml"));
/// ```
#[derive(Clone)]
pub struct Request(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    key: String,
    locator: String,
    options: Vec<(&'static str, String)>,
    group: Option<String>,
}

impl Request {
    /// A request for a key, and its locator: the key in the source's own notation, without secrets, as errors and
    /// reports print it.
    ///
    /// ```
    /// use component_model_source::Request;
    ///
    /// let port = Request::new("port", "app.toml#port");
    /// assert_eq!((port.key(), port.locator()), ("port", "app.toml#port"));
    /// ```
    pub fn new(key: impl Into<String>, locator: impl Into<String>) -> Self {
        let inner = Inner { key: key.into(), locator: locator.into(), options: Vec::new(), group: None };
        Self(Arc::new(inner))
    }

    /// Adds something of the source's own that the request carries to its `fetch`.
    ///
    /// ```
    /// use component_model_source::Request;
    ///
    /// let name = Request::new("name", "prices.json#/name").with_option("pointer", "/name");
    /// assert_eq!(name.option("pointer"), Some("/name"));
    /// ```
    #[must_use]
    pub fn with_option(mut self, name: &'static str, value: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.0).options.push((name, value.into()));
        self
    }

    /// Lets all requests of one group travel in one round trip, through [`Source::fetch_many`](crate::Source::fetch_many).
    ///
    /// ```
    /// use component_model_source::Request;
    ///
    /// let name = Request::new("/name", "prices.json#/name").with_group("prices.json");
    /// assert_eq!(name.group(), Some("prices.json"));
    /// ```
    #[must_use]
    pub fn with_group(mut self, group: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.0).group = Some(group.into());
        self
    }

    /// The key.
    ///
    /// ```
    /// use component_model_source::Request;
    ///
    /// assert_eq!(Request::new("port", "app.toml#port").key(), "port");
    /// ```
    #[must_use]
    pub fn key(&self) -> &str {
        &self.0.key
    }

    /// The key in the source's own notation, as errors and reports print it.
    ///
    /// ```
    /// use component_model_source::Request;
    ///
    /// assert_eq!(Request::new("port", "app.toml#port").locator(), "app.toml#port");
    /// ```
    #[must_use]
    pub fn locator(&self) -> &str {
        &self.0.locator
    }

    /// One of the options that [`with_option`](Self::with_option) added.
    ///
    /// ```
    /// use component_model_source::Request;
    ///
    /// assert_eq!(Request::new("port", "port").option("pointer"), None);
    /// ```
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&str> {
        self.0.options.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// The group whose requests travel together.
    ///
    /// ```
    /// use component_model_source::Request;
    ///
    /// assert_eq!(Request::new("port", "port").with_group("app.toml").group(), Some("app.toml"));
    /// ```
    #[must_use]
    pub fn group(&self) -> Option<&str> {
        self.0.group.as_deref()
    }

    fn identity(&self) -> (&str, &[(&'static str, String)], Option<&str>) {
        (&self.0.key, &self.0.options, self.0.group.as_deref())
    }
}

impl PartialEq for Request {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

impl Eq for Request {}

impl std::hash::Hash for Request {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.identity().hash(state);
    }
}

/// Shows the locator only: keys and options may hold more than a log should.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Request").field(&self.locator()).finish()
    }
}
