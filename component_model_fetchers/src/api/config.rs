//! What an [`Api`] is set up with. Its `Debug` names headers and parameters and shows none of their values.

use std::{ffi::OsString, fmt};

use component_model_source::{SourceError, limit};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::{Api, media::Accepted, misconfigured, target};
use crate::trust::Trust;

/// Headers that the client decides on.
const RESERVED: &[&str] = &[
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "proxy-authorization",
    "range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Checked settings.
#[derive(Clone)]
pub(super) struct Config {
    pub(super) base: Option<Url>,
    /// Marked as sensitive, all of them: some services take their token in a header of their own.
    pub(super) headers: HeaderMap,
    pub(super) basic: Option<(String, String)>,
    pub(super) query: Vec<(String, String)>,
    pub(super) trust: Trust,
    pub(super) limit: usize,
    pub(super) accepted: Accepted,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            base: None,
            headers: HeaderMap::new(),
            basic: None,
            query: Vec::new(),
            trust: Trust::default(),
            limit: limit::BYTES,
            accepted: Accepted::default(),
        }
    }
}

impl Config {
    pub(super) fn header(&mut self, name: &str, value: &str) -> Result<(), SourceError> {
        // A name is not repeated: if the arguments are swapped, it is the secret.
        let name = HeaderName::try_from(name).map_err(|_| misconfigured("the name of a header is not valid"))?;
        if RESERVED.contains(&name.as_str()) {
            return Err(misconfigured(format!("the header `{name}` is the client's own")));
        }
        let mut value = HeaderValue::try_from(value).map_err(|_| {
            misconfigured(format!("the value of the header `{name}` has characters that no header carries"))
        })?;
        value.set_sensitive(true);
        self.headers.insert(name, value);
        Ok(())
    }

    pub(super) fn bearer(&mut self, token: &str) -> Result<(), SourceError> {
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(misconfigured("the token is empty, or has characters that no token has")
                .with_hint("a line end that was read along with the token is the usual cause"));
        }
        self.basic = None;
        self.header(AUTHORIZATION.as_str(), &format!("Bearer {token}"))
    }

    fn basic(&mut self, user: &str, password: &str) -> Result<(), SourceError> {
        if user.contains(':') || user.chars().chain(password.chars()).any(char::is_control) {
            return Err(misconfigured("the user has a `:`, or the user or the password a control character"));
        }
        self.headers.remove(AUTHORIZATION);
        self.basic = Some((user.to_owned(), password.to_owned()));
        Ok(())
    }

    /// Whether requests carry anything that the server knows the caller by.
    pub(super) fn has_credentials(&self) -> bool {
        self.basic.is_some() || !self.headers.is_empty() || !self.query.is_empty()
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("base", &self.base.as_ref().map(|base| target::shown(base, None)))
            .field("headers", &self.headers.keys().map(HeaderName::as_str).collect::<Vec<_>>())
            .field("basic", &self.basic.is_some())
            .field("query", &self.query.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .field("trust", &self.trust)
            .field("limit", &self.limit)
            .field("accepted", &self.accepted)
            .finish()
    }
}

/// Builds an [`Api`]. [`build`](Self::build) reports settings that are not valid.
///
/// ```
/// use component_model::fetchers::api::Api;
///
/// let api = Api::builder()
///     .base("https://config.service/v1")?
///     .header("x-tenant", "blue")
///     .query("environment", "production")
///     .basic("reader", "a password")
///     .limit(64 * 1024)
///     .build()?;
/// assert!(!format!("{api:?}").contains("a password"));
/// # Ok::<(), component_model::SourceError>(())
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "a builder does nothing until `build`"]
pub struct ApiBuilder {
    config: Config,
    problem: Option<SourceError>,
}

impl ApiBuilder {
    /// Sets the base of relative `url`s and keys. A user and a password in the URL are sent as basic authentication, unless
    /// other credentials are set.
    ///
    /// ```
    /// use component_model::fetchers::api::Api;
    ///
    /// assert!(Api::builder().base("config.service/v1").is_err());
    /// ```
    ///
    /// # Errors
    /// If it is not an http or https URL, or has a query or a fragment.
    pub fn base(mut self, url: impl AsRef<str>) -> Result<Self, SourceError> {
        self.config.base = Some(target::base(url.as_ref())?);
        Ok(self)
    }

    /// Adds a header to every request. If a name is set twice, the last value wins.
    ///
    /// ```
    /// use component_model::fetchers::api::Api;
    ///
    /// assert!(Api::builder().header("x-tenant", "blue").build().is_ok());
    /// ```
    pub fn header(self, name: &str, value: &str) -> Self {
        self.set(|config| config.header(name, value))
    }

    /// Sets a token, sent as `Authorization: Bearer …`.
    ///
    /// ```
    /// use component_model::fetchers::api::Api;
    ///
    /// assert!(Api::builder().bearer("with a line end\n").build().is_err());
    /// ```
    pub fn bearer(self, token: &str) -> Self {
        self.set(|config| config.bearer(token))
    }

    /// Sets a user and a password, sent as `Authorization: Basic …`.
    ///
    /// ```
    /// use component_model::fetchers::api::Api;
    ///
    /// assert!(Api::builder().basic("reader", "a password").build().is_ok());
    /// ```
    pub fn basic(self, user: &str, password: &str) -> Self {
        self.set(|config| config.basic(user, password))
    }

    /// Adds a query parameter to every request; it is percent-encoded for you.
    ///
    /// ```
    /// use component_model::fetchers::api::Api;
    ///
    /// assert!(Api::builder().query("environment", "a & b").build().is_ok());
    /// ```
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.config.query.push((name.into(), value.into()));
        self
    }

    /// Adds certificate authorities to trust besides the system's, as PEM.
    ///
    /// ```
    /// use component_model::fetchers::api::Api;
    ///
    /// assert!(Api::builder().ca_pem("not a certificate").build().is_err());
    /// ```
    pub fn ca_pem(self, pem: impl AsRef<[u8]>) -> Self {
        self.set(|config| config.trust.add_pem(pem.as_ref()))
    }

    /// Trusts only the authorities of [`ca_pem`](Self::ca_pem).
    ///
    /// ```
    /// use component_model::fetchers::api::Api;
    ///
    /// assert!(Api::builder().without_system_roots().build().is_ok());
    /// ```
    pub fn without_system_roots(mut self) -> Self {
        self.config.trust.forget_the_system();
        self
    }

    /// Sets the media types to request and to accept, as in an `Accept` header; an answer of any other type is malformed.
    ///
    /// By default any type is accepted except HTML: behind a proxy, or with a token that has expired, many services answer
    /// 200 with their login page.
    ///
    /// ```
    /// use component_model::fetchers::api::Api;
    ///
    /// assert!(Api::builder().accept("application/json").build().is_ok());
    /// assert!(Api::builder().accept("json").build().is_err());
    /// ```
    pub fn accept(self, media_types: &str) -> Self {
        self.set(|config| {
            config.accepted = Accepted::parse(media_types)?;
            Ok(())
        })
    }

    /// Sets the largest body in bytes, after decompression. The default is 16 MiB.
    ///
    /// ```
    /// use component_model::fetchers::api::Api;
    ///
    /// assert!(Api::builder().limit(64 * 1024).build().is_ok());
    /// assert!(Api::builder().limit(0).build().is_err());
    /// ```
    pub fn limit(self, bytes: usize) -> Self {
        self.set(|config| {
            if bytes == 0 {
                return Err(misconfigured("the limit is 0 bytes").with_hint("the limit is that of a body, at least 1"));
            }
            config.limit = bytes;
            Ok(())
        })
    }

    /// Builds the source. No I/O.
    ///
    /// ```
    /// use component_model::fetchers::api::Api;
    ///
    /// assert!(Api::builder().build().is_ok());
    /// ```
    ///
    /// # Errors
    /// The first setting that is not valid: a header or a token with a line end, a user with a `:`, text that is not PEM,
    /// a limit of 0.
    pub fn build(self) -> Result<Api, SourceError> {
        match self.problem {
            None => Ok(Api::new(self.config)),
            Some(problem) => Err(problem),
        }
    }

    fn set(mut self, setting: impl FnOnce(&mut Config) -> Result<(), SourceError>) -> Self {
        let result = setting(&mut self.config);
        self.problem = self.problem.or(result.err());
        self
    }
}

/// The source that variables describe: `API_URL` and `API_TOKEN`, both optional; an empty one counts as unset.
pub(super) fn from_variables(read: impl Fn(&str) -> Option<OsString>) -> Result<Api, SourceError> {
    let text = |name: &'static str| match read(name).filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => text.into_string().map(Some).map_err(|_| misconfigured(format!("{name} is not UTF-8"))),
    };
    let mut builder = Api::builder();
    if let Some(url) = text("API_URL")? {
        builder = builder.base(url).map_err(|error| error.at("API_URL"))?;
    }
    if let Some(token) = text("API_TOKEN")? {
        builder = builder.bearer(&token);
    }
    builder.build().map_err(|error| error.at("API_TOKEN"))
}
