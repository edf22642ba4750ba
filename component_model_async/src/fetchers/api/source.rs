//! The source: attributes become requests, pages become answers.

use std::{fmt, slice};

use component_model_types::built_in;
use url::Url;

use super::{ApiBuilder, client::Client, config, config::Config, pointer::Pointer, target};
use crate::{Answer, OptionSpec, Request, RequestSpec, Source, SourceError};

const POINTER: &str = "pointer";

/// An HTTP API. Cheap to clone; clones share connections and what is remembered.
///
/// ```
/// use component_model_async::{Sources, fetchers::api::Api};
///
/// let api = Api::builder().base("https://config.service/v1")?.build()?;
/// let sources = Sources::builder().source("api", api.clone()).source("remote_api", api).build();
/// # Ok::<(), component_model_async::SourceError>(())
/// ```
#[derive(Clone)]
pub struct Api(Client);

impl Api {
    /// Starts without a base, without credentials, and with the system's certificate authorities.
    ///
    /// ```
    /// # use component_model_async::fetchers::api::Api;
    /// assert!(Api::builder().build().is_ok());
    /// ```
    pub fn builder() -> ApiBuilder {
        ApiBuilder::default()
    }

    /// The source that the environment describes: the base `API_URL` and the bearer token `API_TOKEN`, both optional.
    ///
    /// A token without a base goes to whatever absolute URL a component names. Does no I/O.
    ///
    /// ```
    /// use component_model_async::fetchers::api::Api;
    ///
    /// let api = Api::from_env()?;
    /// # Ok::<(), component_model_async::SourceError>(())
    /// ```
    ///
    /// # Errors
    /// Where a variable is set to what cannot be a URL or a token.
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
        match spec.option("url") {
            Some(url) => target::of_reference(base, url),
            None => target::of_key(base, &spec.key()),
        }
    }
}

impl Source for Api {
    const OPTIONS: &'static [OptionSpec] = built_in::API.options;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request, SourceError> {
        let url = self.url_of(spec)?;
        let pointer = spec.option(POINTER).map(Pointer::parse).transpose()?;
        let request = Request::new(url.as_str(), target::shown(&url, pointer.as_ref())).with_group(url.as_str());
        Ok(match pointer {
            Some(pointer) => request.with_option(POINTER, pointer.to_string()),
            None => request,
        })
    }

    async fn fetch(&self, request: &Request) -> Answer {
        self.fetch_many(slice::from_ref(request)).await.pop().unwrap_or(Ok(None))
    }

    /// All requests of a group are for one URL.
    async fn fetch_many(&self, requests: &[Request]) -> Vec<Answer> {
        match requests.first() {
            Some(first) => answers(&self.0, first.key(), requests).await,
            None => Vec::new(),
        }
    }
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Api").field(&self.0.config).finish()
    }
}

/// One `GET`, and what each request gets of it.
async fn answers(client: &Client, url: &str, requests: &[Request]) -> Vec<Answer> {
    let url = match target::of_reference(None, url) {
        Ok(url) => url,
        Err(error) => return requests.iter().map(|_| Err(error.clone())).collect(),
    };
    match client.get(url).await {
        Err(error) => requests.iter().map(|_| Err(error.clone())).collect(),
        Ok(None) => requests.iter().map(|_| Ok(None)).collect(),
        Ok(Some(got)) => {
            let answer = |request: &Request| {
                let pointer = request.option(POINTER).map(Pointer::parse).transpose()?;
                got.page.answer(pointer.as_ref(), request.locator())
            };
            let answers: Vec<Answer> = requests.iter().map(answer).collect();
            if answers.iter().all(Result::is_ok) {
                client.remember(got);
            }
            answers
        }
    }
}
