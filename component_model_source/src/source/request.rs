//! A request to a source, made from an attribute.

use std::{fmt, hash::Hash};

use super::{KeyQuery, Opaque, RequestSpec};
use crate::SourceError;

/// A request to a source: made by [`Source::bind`](crate::Source::bind), once for each component.
///
/// Two requests to one source are equal, and sent only once, if their queries are equal.
///
/// ```
/// use component_model::{KeyQuery, Request};
///
/// let port = Request::new(KeyQuery::new("port"), "app.toml#port").with_group("app.toml");
/// assert_eq!((port.query().key(), port.locator()), ("port", "app.toml#port"));
/// ```
#[derive(Clone)]
pub struct Request<Q> {
    query: Q,
    locator: String,
    group: Option<Opaque>,
    endpoint: Option<String>,
    identity: Option<String>,
    is_once: bool,
}

impl<Q> Request<Q> {
    /// A query and its locator: the query in the source's own notation, without secrets, as errors and reports print it.
    ///
    /// ```
    /// use component_model::{KeyQuery, Request};
    ///
    /// assert_eq!(Request::new(KeyQuery::new("port"), "app.toml#port").locator(), "app.toml#port");
    /// ```
    pub fn new(query: Q, locator: impl Into<String>) -> Self {
        Self { query, locator: locator.into(), group: None, endpoint: None, identity: None, is_once: false }
    }

    /// Sends all requests of one group in one round trip, with [`Source::fetch_many`](crate::Source::fetch_many). Groups are
    /// compared within one source, and requests with different [endpoints](Self::with_endpoint) are apart.
    ///
    /// ```
    /// use component_model::{KeyQuery, Opaque, Request};
    ///
    /// let name = Request::new(KeyQuery::new("/name"), "prices.json#/name").with_group("prices.json");
    /// assert_eq!(name.group(), Some(&Opaque::new("prices.json")));
    /// ```
    #[must_use]
    pub fn with_group(self, group: impl Eq + Hash + Send + Sync + 'static) -> Self {
        Self { group: Some(Opaque::new(group)), ..self }
    }

    /// Names the server that answers the query, such as host and port, for a source that talks to several.
    ///
    /// ```
    /// use component_model::{KeyQuery, Request};
    ///
    /// let prices = Request::new(KeyQuery::new("/prices"), "https://shop/prices").with_endpoint("https://shop:443");
    /// assert_eq!(prices.endpoint(), Some("https://shop:443"));
    /// ```
    #[must_use]
    pub fn with_endpoint(self, endpoint: impl Into<String>) -> Self {
        Self { endpoint: Some(endpoint.into()), ..self }
    }

    /// Tells the request from others with the same locator, such as those of one statement with other parameters. A value
    /// that is stored beyond the end of the process belongs to it. Only a digest of it is stored, and it is never shown; it
    /// must be the same in every version of the source, and contain no credential.
    ///
    /// ```
    /// use component_model::Request;
    ///
    /// let request = Request::new((), "SELECT price FROM prices WHERE region = $1").with_identity("eu");
    /// assert_eq!(request.identity(), Some("eu"));
    /// ```
    #[must_use]
    pub fn with_identity(self, identity: impl Into<String>) -> Self {
        Self { identity: Some(identity.into()), ..self }
    }

    /// What tells it from others with the same locator, if that does not.
    ///
    /// ```
    /// use component_model::Request;
    ///
    /// assert_eq!(Request::new((), "app/port").identity(), None);
    /// ```
    #[must_use]
    pub fn identity(&self) -> Option<&str> {
        self.identity.as_deref()
    }

    /// The query.
    ///
    /// ```
    /// use component_model::{KeyQuery, Request};
    ///
    /// assert_eq!(Request::new(KeyQuery::new("port"), "port").query().key(), "port");
    /// ```
    #[must_use]
    pub fn query(&self) -> &Q {
        &self.query
    }

    /// The query in the source's own notation, as errors and reports print it.
    ///
    /// ```
    /// use component_model::{KeyQuery, Request};
    ///
    /// assert_eq!(Request::new(KeyQuery::new("port"), "app.toml#port").locator(), "app.toml#port");
    /// ```
    #[must_use]
    pub fn locator(&self) -> &str {
        &self.locator
    }

    /// The group whose requests are sent together.
    ///
    /// ```
    /// use component_model::{KeyQuery, Request};
    ///
    /// assert!(Request::new(KeyQuery::new("port"), "port").group().is_none());
    /// ```
    #[must_use]
    pub fn group(&self) -> Option<&Opaque> {
        self.group.as_ref()
    }

    /// The server that answers the query, for a source that talks to several.
    ///
    /// ```
    /// use component_model::{KeyQuery, Request};
    ///
    /// assert!(Request::new(KeyQuery::new("port"), "port").endpoint().is_none());
    /// ```
    #[must_use]
    pub fn endpoint(&self) -> Option<&str> {
        self.endpoint.as_deref()
    }

    /// A request that may change something at its source: a fetch sends it at most once, whatever its policies say. It is
    /// neither retried nor hedged.
    ///
    /// ```
    /// use component_model::{KeyQuery, Request};
    ///
    /// let ticket = Request::new(KeyQuery::new("next"), "POST /tickets/next").once();
    /// assert!(ticket.is_once());
    /// ```
    #[must_use]
    pub fn once(self) -> Self {
        Self { is_once: true, ..self }
    }

    /// Whether a fetch sends it [at most once](Self::once).
    ///
    /// ```
    /// # use component_model::{KeyQuery, Request};
    /// assert!(!Request::new(KeyQuery::new("port"), "port").is_once());
    /// ```
    #[must_use]
    pub fn is_once(&self) -> bool {
        self.is_once
    }

    /// The same request with another query, such as one whose type is erased.
    ///
    /// ```
    /// use component_model::{KeyQuery, Opaque, Request};
    ///
    /// let request: Request<Opaque> = Request::new(KeyQuery::new("port"), "port").map(Opaque::new);
    /// assert!(request.query().get::<KeyQuery>().is_some());
    /// ```
    pub fn map<R>(self, query: impl FnOnce(Q) -> R) -> Request<R> {
        Request {
            query: query(self.query),
            locator: self.locator,
            group: self.group,
            endpoint: self.endpoint,
            identity: self.identity,
            is_once: self.is_once,
        }
    }
}

impl Request<KeyQuery> {
    /// A request for the key and the options as written; the key is the locator.
    ///
    /// ```
    /// use component_model::{Request, RequestSpec, plan::Layer};
    ///
    /// assert_eq!(Request::by_key(&RequestSpec::new(&Layer::NEW, &["app", "port"]))?.locator(), "app.port");
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    ///
    /// # Errors
    /// If a value cannot be inserted into a template.
    pub fn by_key(spec: &RequestSpec<'_>) -> Result<Self, SourceError> {
        let query = KeyQuery::of(spec)?;
        let locator = query.key().to_owned();
        Ok(Self::new(query, locator))
    }
}

/// Shows only the locator: a query may contain secrets.
impl<Q> fmt::Debug for Request<Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Request").field(&self.locator).finish()
    }
}
