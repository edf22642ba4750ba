//! What a [`Consul`] is set up with. Its `Debug` shows no token and no password.

use std::{fmt, path::PathBuf, sync::Arc};

use component_model_source::SourceError;
use url::Url;

use super::{
    Consul, address, misconfigured,
    query::{Consistency, Scope, checked_name},
};
use crate::{
    token::{Credential, Token},
    trust::{Identity, Trust},
};

/// Checked settings.
#[derive(Clone)]
pub(super) struct Config {
    pub(super) address: Url,
    pub(super) credential: Credential,
    pub(super) basic: Option<(String, String)>,
    /// What holds for components that say nothing else.
    pub(super) scope: Scope,
    /// The admin partition of Consul Enterprise.
    pub(super) partition: Option<Arc<str>>,
    pub(super) trust: Trust,
}

impl Default for Config {
    fn default() -> Self {
        #[expect(clippy::expect_used, reason = "a constant that a test parses")]
        let address = address::parse(address::DEFAULT, false).expect("the default is an address");
        Self {
            address,
            credential: Credential::None,
            basic: None,
            scope: Scope::default(),
            partition: None,
            trust: Trust::default(),
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("address", &self.address.as_str())
            .field("credential", &self.credential)
            .field("basic", &self.basic.is_some())
            .field("datacenter", &self.scope.datacenter)
            .field("namespace", &self.scope.namespace)
            .field("partition", &self.partition)
            .field("consistency", &self.scope.consistency)
            .field("trust", &self.trust)
            .finish()
    }
}

/// Builds a [`Consul`]. [`build`](Self::build) reports settings that are not valid.
///
/// ```
/// use component_model::fetchers::consul::{Consistency, Consul};
///
/// let consul = Consul::builder()
///     .address("https://consul.service:8501")
///     .token("1c256ce1-2ebc-7f29-5d41-0aa259de0509")
///     .datacenter("dc2")
///     .consistency(Consistency::Consistent)
///     .build()?;
/// assert!(!format!("{consul:?}").contains("1c256ce1"));
/// # Ok::<(), component_model::SourceError>(())
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "a builder does nothing until `build`"]
pub struct ConsulBuilder {
    pub(super) config: Config,
    problem: Option<SourceError>,
}

impl ConsulBuilder {
    /// Sets where Consul's HTTP API is: a URL, or a host and a port for plain HTTP. The default is `127.0.0.1:8500`, where an
    /// agent listens.
    ///
    /// ```
    /// use component_model::fetchers::consul::Consul;
    ///
    /// assert!(Consul::builder().address("consul.service:8500").build().is_ok());
    /// assert!(Consul::builder().address("unix:///var/run/consul.sock").build().is_err());
    /// ```
    pub fn address(self, address: impl AsRef<str>) -> Self {
        self.set(|config| {
            config.address = address::parse(address.as_ref(), false)?;
            Ok(())
        })
    }

    /// Sets the ACL token of all components without one of their own.
    ///
    /// ```
    /// use component_model::fetchers::consul::Consul;
    ///
    /// assert!(Consul::builder().token("with a line end\n").build().is_err());
    /// ```
    pub fn token(self, token: &str) -> Self {
        self.set(|config| {
            config.credential = Credential::Token(Token::new(token)?);
            Ok(())
        })
    }

    /// Sets a file with the ACL token, which is read for each request, so that it may be replaced.
    ///
    /// ```
    /// use component_model::fetchers::consul::Consul;
    ///
    /// assert!(Consul::builder().token_file("/run/secrets/consul").build().is_ok());
    /// ```
    pub fn token_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.config.credential = Credential::File(path.into(), None);
        self
    }

    /// Sets a user and a password for a proxy in front of Consul, sent as `Authorization: Basic …`.
    ///
    /// ```
    /// use component_model::fetchers::consul::Consul;
    ///
    /// assert!(Consul::builder().basic("reader", "a password").build().is_ok());
    /// ```
    pub fn basic(self, user: &str, password: &str) -> Self {
        self.set(|config| {
            if user.contains(':') || user.chars().chain(password.chars()).any(char::is_control) {
                return Err(misconfigured("the user has a `:`, or the user or the password a control character"));
            }
            config.basic = Some((user.to_owned(), password.to_owned()));
            Ok(())
        })
    }

    /// Sets the datacenter of all components without a `dc`. By default it is that of the agent.
    ///
    /// ```
    /// use component_model::fetchers::consul::Consul;
    ///
    /// assert!(Consul::builder().datacenter("dc2").build().is_ok());
    /// assert!(Consul::builder().datacenter("dc 2").build().is_err());
    /// ```
    pub fn datacenter(self, name: &str) -> Self {
        self.set(|config| {
            config.scope.datacenter = Some(checked_name("dc", name)?);
            Ok(())
        })
    }

    /// Sets the namespace of all components without a `namespace`, for Consul Enterprise. By default it is that of the token.
    ///
    /// ```
    /// use component_model::fetchers::consul::Consul;
    ///
    /// assert!(Consul::builder().namespace("team").build().is_ok());
    /// ```
    pub fn namespace(self, name: &str) -> Self {
        self.set(|config| {
            config.scope.namespace = Some(checked_name("namespace", name)?);
            Ok(())
        })
    }

    /// Sets the admin partition of all components, for Consul Enterprise. By default it is that of the agent.
    ///
    /// ```
    /// use component_model::fetchers::consul::Consul;
    ///
    /// assert!(Consul::builder().partition("team").build().is_ok());
    /// ```
    pub fn partition(self, name: &str) -> Self {
        self.set(|config| {
            config.partition = Some(checked_name("partition", name)?);
            Ok(())
        })
    }

    /// Sets how current the answers to all components without a `consistency` have to be.
    ///
    /// ```
    /// use component_model::fetchers::consul::{Consistency, Consul};
    ///
    /// assert!(Consul::builder().consistency(Consistency::Stale).build().is_ok());
    /// ```
    pub fn consistency(mut self, consistency: Consistency) -> Self {
        self.config.scope.consistency = consistency;
        self
    }

    /// Adds certificate authorities to trust besides the system's, as PEM.
    ///
    /// ```
    /// use component_model::fetchers::consul::Consul;
    ///
    /// assert!(Consul::builder().ca_pem("not a certificate").build().is_err());
    /// ```
    pub fn ca_pem(self, pem: impl AsRef<[u8]>) -> Self {
        self.set(|config| config.trust.add_pem(pem.as_ref()))
    }

    /// Trusts only the authorities of [`ca_pem`](Self::ca_pem).
    ///
    /// ```
    /// use component_model::fetchers::consul::Consul;
    ///
    /// assert!(Consul::builder().without_system_roots().build().is_ok());
    /// ```
    pub fn without_system_roots(mut self) -> Self {
        self.config.trust.forget_the_system();
        self
    }

    /// Sets the client's certificate and its key, as PEM, for a server with `verify_incoming`.
    ///
    /// ```
    /// use component_model::fetchers::consul::Consul;
    ///
    /// assert!(Consul::builder().client_pem("not a certificate", "not a key").build().is_err());
    /// ```
    pub fn client_pem(self, certificate: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Self {
        self.set(|config| {
            config.trust.identify(Identity::from_pem(certificate.as_ref(), key.as_ref())?);
            Ok(())
        })
    }

    /// Builds the source. No I/O.
    ///
    /// ```
    /// use component_model::fetchers::consul::Consul;
    ///
    /// assert!(Consul::builder().build().is_ok());
    /// ```
    ///
    /// # Errors
    /// The first setting that is not valid: an address that is not a URL, a token with a line end, a user with a `:`, text that
    /// is not PEM, a name with other characters than a name has.
    pub fn build(self) -> Result<Consul, SourceError> {
        match self.problem {
            None => Ok(Consul::with(self.config)),
            Some(problem) => Err(problem),
        }
    }

    pub(super) fn set(mut self, setting: impl FnOnce(&mut Config) -> Result<(), SourceError>) -> Self {
        let result = setting(&mut self.config);
        self.problem = self.problem.or(result.err());
        self
    }
}
