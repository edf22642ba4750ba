//! What a [`Vault`] is set up with. Its `Debug` shows no token and no password.

use std::{fmt, path::PathBuf, sync::Arc};

use component_model_source::SourceError;
use url::Url;

use super::{
    Vault, address,
    login::{Access, Login, Method, Proof, SERVICE_ACCOUNT},
    misconfigured,
    query::checked,
};
use crate::{
    token::{Credential, Token},
    trust::{Identity, Trust},
};

/// Checked settings.
#[derive(Clone)]
pub(super) struct Config {
    pub(super) address: Url,
    pub(super) access: Access,
    /// What holds for components that say nothing else.
    pub(super) namespace: Option<Arc<str>>,
    pub(super) mount: Arc<str>,
    pub(super) trust: Trust,
}

impl Default for Config {
    fn default() -> Self {
        #[expect(clippy::expect_used, reason = "a constant that a test parses")]
        let address = address::parse(address::DEFAULT).expect("the default is an address");
        Self {
            address,
            access: Access::Given(Credential::None),
            namespace: None,
            mount: "secret".into(),
            trust: Trust::default(),
        }
    }
}

impl Config {
    /// Whether a certificate is to log in, and none is given.
    fn lacks_certificate(&self) -> bool {
        let by_certificate = matches!(&self.access, Access::Login(Login { method: Method::Certificate { .. }, .. }));
        by_certificate && !self.trust.is_identified()
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("address", &self.address.as_str())
            .field("access", &self.access)
            .field("namespace", &self.namespace)
            .field("mount", &self.mount)
            .field("trust", &self.trust)
            .finish()
    }
}

/// Builds a [`Vault`]. [`build`](Self::build) reports settings that are not valid.
///
/// Of the logins, the last one that is set is used.
///
/// ```
/// use component_model::fetchers::vault::Vault;
///
/// let vault = Vault::builder()
///     .address("https://vault.service:8200")
///     .app_role("shop", Some("e9a0b6a5-9d39-4a3c-8f2d-8d0f0e9d7a11"))
///     .build()?;
/// assert!(!format!("{vault:?}").contains("e9a0b6a5"));
/// # Ok::<(), component_model::SourceError>(())
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "a builder does nothing until `build`"]
pub struct VaultBuilder {
    pub(super) config: Config,
    problem: Option<SourceError>,
}

impl VaultBuilder {
    /// Sets the URL of Vault's HTTP API. The default is `https://127.0.0.1:8200`.
    ///
    /// ```
    /// use component_model::fetchers::vault::Vault;
    ///
    /// assert!(Vault::builder().address("https://vault.service:8200").build().is_ok());
    /// assert!(Vault::builder().address("vault.service:8200").build().is_err(), "without a scheme");
    /// ```
    pub fn address(self, address: impl AsRef<str>) -> Self {
        self.set(|config| {
            config.address = address::parse(address.as_ref())?;
            Ok(())
        })
    }

    /// Sets the token. It is used as it is, and not renewed.
    ///
    /// ```
    /// use component_model::fetchers::vault::Vault;
    ///
    /// assert!(Vault::builder().token("with a line end\n").build().is_err());
    /// ```
    pub fn token(self, token: &str) -> Self {
        self.set(|config| {
            config.access = Access::Given(Credential::Token(Token::new(token)?));
            Ok(())
        })
    }

    /// Sets a file with the token, such as that of an agent. It is read for each request, so that it may be replaced.
    ///
    /// ```
    /// use component_model::fetchers::vault::Vault;
    ///
    /// assert!(Vault::builder().token_file("/run/secrets/vault").build().is_ok());
    /// ```
    pub fn token_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.config.access = Access::Given(Credential::File(path.into(), None));
        self
    }

    /// Logs in with AppRole; a role without `bind_secret_id` has no secret id.
    ///
    /// ```
    /// use component_model::fetchers::vault::Vault;
    ///
    /// assert!(Vault::builder().app_role("a role id", Some("a secret id")).build().is_ok());
    /// ```
    pub fn app_role(self, role_id: &str, secret_id: Option<&str>) -> Self {
        let secret = secret_id.map(|secret| Proof::Text(secret.to_owned()));
        self.login(Method::AppRole { role: role_id.to_owned(), secret })
    }

    /// Logs in with AppRole; the file has the secret id, and is read for each login.
    ///
    /// ```
    /// use component_model::fetchers::vault::Vault;
    ///
    /// assert!(Vault::builder().app_role_file("a role id", "/run/secrets/secret_id").build().is_ok());
    /// ```
    pub fn app_role_file(self, role_id: &str, secret_id: impl Into<PathBuf>) -> Self {
        self.login(Method::AppRole { role: role_id.to_owned(), secret: Some(Proof::File(secret_id.into())) })
    }

    /// Logs in with a user and a password.
    ///
    /// ```
    /// use component_model::fetchers::vault::Vault;
    ///
    /// assert!(Vault::builder().user_password("shop", "a password").build().is_ok());
    /// assert!(Vault::builder().user_password("../shop", "a password").build().is_err());
    /// ```
    pub fn user_password(self, user: &str, password: &str) -> Self {
        let method = Method::UserPassword { user: user.to_owned(), password: password.to_owned() };
        self.set(|_| if user.contains('/') { Err(misconfigured("the user has a `/`")) } else { Ok(()) })
            .set(|_| address::check_path("the user", user))
            .login(method)
    }

    /// Logs in as the service account of a pod of Kubernetes, with the token that the pod has.
    ///
    /// ```
    /// use component_model::fetchers::vault::Vault;
    ///
    /// assert!(Vault::builder().kubernetes("shop").build().is_ok());
    /// ```
    pub fn kubernetes(self, role: &str) -> Self {
        self.kubernetes_file(role, SERVICE_ACCOUNT)
    }

    /// Logs in as a service account of Kubernetes, with a token in another file, such as that of a projected volume.
    ///
    /// ```
    /// use component_model::fetchers::vault::Vault;
    ///
    /// assert!(Vault::builder().kubernetes_file("shop", "/var/run/secrets/vault/token").build().is_ok());
    /// ```
    pub fn kubernetes_file(self, role: &str, token: impl Into<PathBuf>) -> Self {
        self.login(Method::Kubernetes { role: role.to_owned(), token: Proof::File(token.into()) })
    }

    /// Logs in with a JSON Web Token; without a role, with the method's default role.
    ///
    /// ```
    /// use component_model::fetchers::vault::Vault;
    ///
    /// assert!(Vault::builder().jwt(Some("shop"), "a token").build().is_ok());
    /// ```
    pub fn jwt(self, role: Option<&str>, token: &str) -> Self {
        self.login(Method::Jwt { role: role.map(str::to_owned), token: Proof::Text(token.to_owned()) })
    }

    /// Logs in with a JSON Web Token in a file, which is read for each login.
    ///
    /// ```
    /// use component_model::fetchers::vault::Vault;
    ///
    /// assert!(Vault::builder().jwt_file(Some("shop"), "/run/secrets/jwt").build().is_ok());
    /// ```
    pub fn jwt_file(self, role: Option<&str>, token: impl Into<PathBuf>) -> Self {
        self.login(Method::Jwt { role: role.map(str::to_owned), token: Proof::File(token.into()) })
    }

    /// Logs in with the certificate of [`client_pem`](Self::client_pem); without a role, with any that it fits.
    ///
    /// ```
    /// use component_model::fetchers::vault::Vault;
    ///
    /// let without = Vault::builder().certificate(Some("shop")).build();
    /// assert!(without.is_err(), "it needs `client_pem` too");
    /// ```
    pub fn certificate(self, role: Option<&str>) -> Self {
        self.login(Method::Certificate { role: role.map(str::to_owned) })
    }

    /// Sets where the method of the login is mounted, if it is not where it usually is. Set it after the login.
    ///
    /// ```
    /// use component_model::fetchers::vault::Vault;
    ///
    /// assert!(Vault::builder().kubernetes("shop").login_mount("kubernetes-eu").build().is_ok());
    /// assert!(Vault::builder().token("a").login_mount("kubernetes-eu").build().is_err(), "a token needs no login");
    /// ```
    pub fn login_mount(self, mount: &str) -> Self {
        self.set(|config| match &mut config.access {
            Access::Login(login) => {
                login.mount = Some(checked("login_mount", mount)?.to_string());
                Ok(())
            }
            Access::Given(_) => Err(misconfigured("`login_mount` without a login before it")),
        })
    }

    /// Sets the namespace of all components without a `namespace`, and of the login, for Vault Enterprise.
    ///
    /// ```
    /// use component_model::fetchers::vault::Vault;
    ///
    /// assert!(Vault::builder().namespace("team/shop").build().is_ok());
    /// ```
    pub fn namespace(self, namespace: &str) -> Self {
        self.set(|config| {
            config.namespace = Some(checked("namespace", namespace)?);
            Ok(())
        })
    }

    /// Sets the mount of all components without a `mount`. The default is `secret`.
    ///
    /// ```
    /// use component_model::fetchers::vault::Vault;
    ///
    /// assert!(Vault::builder().mount("kv").build().is_ok());
    /// ```
    pub fn mount(self, mount: &str) -> Self {
        self.set(|config| {
            config.mount = checked("mount", mount)?;
            Ok(())
        })
    }

    /// Adds certificate authorities to trust besides the system's, as PEM.
    ///
    /// ```
    /// use component_model::fetchers::vault::Vault;
    ///
    /// assert!(Vault::builder().ca_pem("not a certificate").build().is_err());
    /// ```
    pub fn ca_pem(self, pem: impl AsRef<[u8]>) -> Self {
        self.set(|config| config.trust.add_pem(pem.as_ref()))
    }

    /// Trusts only the authorities of [`ca_pem`](Self::ca_pem).
    ///
    /// ```
    /// use component_model::fetchers::vault::Vault;
    ///
    /// assert!(Vault::builder().without_system_roots().build().is_ok());
    /// ```
    pub fn without_system_roots(mut self) -> Self {
        self.config.trust.forget_the_system();
        self
    }

    /// Sets the client's certificate and its key, as PEM.
    ///
    /// ```
    /// use component_model::fetchers::vault::Vault;
    ///
    /// assert!(Vault::builder().client_pem("not a certificate", "not a key").build().is_err());
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
    /// use component_model::fetchers::vault::Vault;
    ///
    /// assert!(Vault::builder().build().is_ok());
    /// ```
    ///
    /// # Errors
    /// The first setting that is not valid: an address that is not a URL, a token with a line end, a login by certificate without one, a mount with an empty
    /// segment, text that is not PEM.
    pub fn build(self) -> Result<Vault, SourceError> {
        match self.problem {
            Some(problem) => Err(problem),
            None if self.config.lacks_certificate() => Err(misconfigured("the login has no certificate")
                .with_hint("give the certificate and its key with `client_pem`")),
            None => Ok(Vault::with(self.config)),
        }
    }

    pub(super) fn set(mut self, setting: impl FnOnce(&mut Config) -> Result<(), SourceError>) -> Self {
        let result = setting(&mut self.config);
        self.problem = self.problem.or(result.err());
        self
    }

    fn login(mut self, method: Method) -> Self {
        self.config.access = Access::Login(Login::new(method));
        self
    }
}
