//! What an [`Etcd`] is set up with. Its `Debug` shows no password.

use std::fmt;

use component_model_source::SourceError;
use url::Url;

use super::{Etcd, address, misconfigured, query::Consistency};
use crate::trust::{Identity, Trust};

/// Checked settings.
#[derive(Clone)]
pub(super) struct Config {
    /// Not empty.
    pub(super) endpoints: Vec<Url>,
    pub(super) login: Option<Login>,
    /// What holds for components that say nothing else.
    pub(super) consistency: Consistency,
    pub(super) trust: Trust,
}

/// A user and its password.
#[derive(Clone)]
pub(super) struct Login {
    pub(super) user: String,
    pub(super) password: String,
}

impl Login {
    pub(super) fn new(user: &str, password: &str) -> Result<Self, SourceError> {
        if user.is_empty() || password.is_empty() {
            return Err(misconfigured("the user or the password is empty"));
        }
        Ok(Self { user: user.to_owned(), password: password.to_owned() })
    }
}

impl Default for Config {
    fn default() -> Self {
        #[expect(clippy::expect_used, reason = "a constant that a test parses")]
        let endpoints = address::parse_list(address::DEFAULT, false).expect("the default is an endpoint");
        Self { endpoints, login: None, consistency: Consistency::default(), trust: Trust::default() }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("endpoints", &self.endpoints.iter().map(Url::as_str).collect::<Vec<_>>())
            .field("login", &self.login.is_some())
            .field("consistency", &self.consistency)
            .field("trust", &self.trust)
            .finish()
    }
}

/// Builds an [`Etcd`]. [`build`](Self::build) reports settings that are not valid.
///
/// ```
/// use component_model::fetchers::etcd::Etcd;
///
/// let etcd = Etcd::builder()
///     .endpoints(["https://etcd-0.service:2379", "https://etcd-1.service:2379", "https://etcd-2.service:2379"])
///     .login("app", "a password")
///     .build()?;
/// assert!(!format!("{etcd:?}").contains("a password"));
/// # Ok::<(), component_model::SourceError>(())
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "a builder does nothing until `build`"]
pub struct EtcdBuilder {
    pub(super) config: Config,
    problem: Option<SourceError>,
}

impl EtcdBuilder {
    /// Sets where the members of the cluster listen for clients: URLs, or a host and a port for plain HTTP. A member that
    /// cannot answer is followed by the next one. The default is `127.0.0.1:2379`.
    ///
    /// ```
    /// use component_model::fetchers::etcd::Etcd;
    ///
    /// assert!(Etcd::builder().endpoints(["etcd-0:2379", "etcd-1:2379"]).build().is_ok());
    /// assert!(Etcd::builder().endpoints(["unix://etcd.sock"]).build().is_err());
    /// ```
    pub fn endpoints(self, endpoints: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.set(|config| {
            let endpoints: Vec<_> = endpoints.into_iter().map(|one| one.as_ref().to_owned()).collect();
            config.endpoints = address::parse_list(&endpoints.join(","), false)?;
            Ok(())
        })
    }

    /// Sets the user and its password. The source logs in at the first request, and again when its token is no longer good. A
    /// server without users is read without it.
    ///
    /// ```
    /// use component_model::fetchers::etcd::Etcd;
    ///
    /// assert!(Etcd::builder().login("app", "a password").build().is_ok());
    /// assert!(Etcd::builder().login("app", "").build().is_err());
    /// ```
    pub fn login(self, user: &str, password: &str) -> Self {
        self.set(|config| {
            config.login = Some(Login::new(user, password)?);
            Ok(())
        })
    }

    /// Sets how current the answers to all components without a `consistency` have to be.
    ///
    /// ```
    /// use component_model::fetchers::etcd::{Consistency, Etcd};
    ///
    /// assert!(Etcd::builder().consistency(Consistency::Serializable).build().is_ok());
    /// ```
    pub fn consistency(mut self, consistency: Consistency) -> Self {
        self.config.consistency = consistency;
        self
    }

    /// Adds certificate authorities to trust besides the system's, as PEM.
    ///
    /// ```
    /// use component_model::fetchers::etcd::Etcd;
    ///
    /// assert!(Etcd::builder().ca_pem("not a certificate").build().is_err());
    /// ```
    pub fn ca_pem(self, pem: impl AsRef<[u8]>) -> Self {
        self.set(|config| config.trust.add_pem(pem.as_ref()))
    }

    /// Trusts only the authorities of [`ca_pem`](Self::ca_pem).
    ///
    /// ```
    /// use component_model::fetchers::etcd::Etcd;
    ///
    /// assert!(Etcd::builder().without_system_roots().build().is_ok());
    /// ```
    pub fn without_system_roots(mut self) -> Self {
        self.config.trust.forget_the_system();
        self
    }

    /// Sets the client's certificate and its key, as PEM, for a server with `--client-cert-auth`. Where etcd has
    /// users, the certificate must have no common name, which its JSON gateway refuses: [`login`](Self::login) names the user.
    ///
    /// ```
    /// use component_model::fetchers::etcd::Etcd;
    ///
    /// assert!(Etcd::builder().client_pem("not a certificate", "not a key").build().is_err());
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
    /// use component_model::fetchers::etcd::Etcd;
    ///
    /// assert!(Etcd::builder().build().is_ok());
    /// ```
    ///
    /// # Errors
    /// The first setting that is not valid: an endpoint that is not a URL, an empty user or password, text that is not PEM.
    pub fn build(self) -> Result<Etcd, SourceError> {
        match self.problem {
            None => Ok(Etcd::with(self.config)),
            Some(problem) => Err(problem),
        }
    }

    pub(super) fn set(mut self, setting: impl FnOnce(&mut Config) -> Result<(), SourceError>) -> Self {
        let result = setting(&mut self.config);
        self.problem = self.problem.or(result.err());
        self
    }
}
