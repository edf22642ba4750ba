//! The source: attributes become requests, pages become answers.

use std::fmt;

use component_model_source::{Answer, Asked, OptionSpec, Reply, Request, RequestSpec, Source, SourceError};
use component_model_types::{built_in, plan::path::Convention};
use url::Url;

use super::{
    ApiBuilder,
    client::{Client, Got},
    config,
    config::Config,
    pointer::{self, Pointer},
    target,
};
use crate::{http::origin, single::only};

/// An HTTP API. Cheap to clone; clones share connections.
///
/// ```
/// use component_model::{Sources, fetchers::api::Api};
///
/// let api = Api::builder().base("https://config.service/v1")?.build()?;
/// let sources = Sources::builder().source("api", api.clone()).source("remote_api", api).build();
/// # Ok::<(), component_model::SourceError>(())
/// ```
#[derive(Clone)]
pub struct Api(Client);

impl Api {
    /// A builder without a base and credentials, and with the system's certificate authorities.
    ///
    /// ```
    /// use component_model::fetchers::api::Api;
    ///
    /// assert!(Api::builder().build().is_ok());
    /// ```
    pub fn builder() -> ApiBuilder {
        ApiBuilder::default()
    }

    /// The source that the environment describes: the base `API_URL` and the bearer token `API_TOKEN`, both optional.
    ///
    /// Without a base, the token is sent to every absolute URL that a component requests. Does no I/O.
    ///
    /// ```
    /// use component_model::fetchers::api::Api;
    ///
    /// let api = Api::from_env()?;
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    ///
    /// # Errors
    /// If a variable is set to a URL or a token that is not valid.
    pub fn from_env() -> Result<Self, SourceError> {
        config::from_variables(|name| std::env::var_os(name))
    }

    pub(super) fn new(config: Config) -> Self {
        Self(Client::new(config))
    }

    pub(super) fn client(&self) -> &Client {
        &self.0
    }

    fn url_of(&self, spec: &RequestSpec<'_>) -> Result<Url, SourceError> {
        let base = self.0.config.base.as_ref();
        match spec.option_with("url", target::encoded)? {
            Some(url) => target::of_reference(base, &url),
            None => target::of_key(base, &spec.key_as(Convention::SLASHES)?),
        }
    }
}

/// A URL, and the part of its document that is meant.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ApiQuery {
    url: Url,
    pointer: Option<Pointer>,
}

/// Shows the URL without user, password and the values of its query.
impl fmt::Debug for ApiQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ApiQuery").field(&target::shown(&self.url, self.pointer.as_ref())).finish()
    }
}

impl Source for Api {
    type Query = ApiQuery;

    const OPTIONS: &'static [OptionSpec] = built_in::API.options;

    const BUILT_IN: bool = true;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<ApiQuery>, SourceError> {
        let url = self.url_of(spec)?;
        let pointer = spec.option_with("pointer", pointer::encoded)?;
        let pointer = pointer.as_deref().map(Pointer::parse).transpose()?;
        let (locator, endpoint) = (target::shown(&url, pointer.as_ref()), origin(&url));
        // The values of the query are in no locator, since one of them may be a credential; they tell requests apart all the same.
        let identity = url.as_str().to_owned();
        let query = ApiQuery { url: url.clone(), pointer };
        Ok(Request::new(query, locator).with_group(url).with_endpoint(endpoint).with_identity(identity))
    }

    async fn fetch(&self, asked: Asked<'_, ApiQuery>) -> Answer {
        only(self.fetch_many(&[asked]).await)
    }

    /// All requests of a group are for one URL: one `GET`, and what each request gets of it.
    async fn fetch_many(&self, asked: &[Asked<'_, ApiQuery>]) -> Vec<Answer> {
        let Some(first) = asked.first() else { return Vec::new() };
        let pointers = asked.iter().map(|asked| asked.query().pointer.clone()).collect();
        // Who has no version, or another one, needs the document.
        let known = first.known().filter(|known| asked.iter().all(|asked| asked.known() == Some(known)));
        match self.0.get(first.query().url.clone(), known, pointers).await {
            Ok(Got::Answers(answers)) => answers,
            Ok(Got::Absent(status)) => {
                let absent = Reply::absent_because(format!("the server answered {status}"));
                asked.iter().map(|_| Ok(absent.clone())).collect()
            }
            Ok(Got::Unchanged { good_for }) => asked.iter().map(|_| Ok(Reply::Unchanged { good_for })).collect(),
            Err(error) => asked.iter().map(|_| Err(error.clone())).collect(),
        }
    }

    async fn shutdown(&self) {
        self.0.close();
    }
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Api").field(&self.0.config).finish()
    }
}
