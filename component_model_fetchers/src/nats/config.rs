//! What a [`Nats`] is set up with. Its `Debug` shows hosts and paths, and no user and no secret.

use std::{fmt, path::PathBuf};

use component_model_source::SourceError;

use super::{
    Nats,
    address::{self, Address},
    login::Login,
    misconfigured, query,
};
use crate::trust::{Identity, Trust};

/// Checked settings.
#[derive(Clone)]
pub(super) struct Config {
    /// Servers of one cluster; not empty.
    pub(super) servers: Vec<Address>,
    /// Whether a connection without TLS is refused. If not, the server decides it.
    pub(super) tls: bool,
    pub(super) trust: Trust,
    pub(super) login: Login,
    /// The bucket of components that name none.
    pub(super) bucket: Option<String>,
    pub(super) inbox_prefix: Option<String>,
}

impl Config {
    pub(super) fn of(urls: &str) -> Result<Self, SourceError> {
        let parsed = address::parse(urls)?;
        Ok(Self {
            servers: parsed.servers,
            tls: parsed.tls,
            trust: Trust::default(),
            login: parsed.login.unwrap_or_default(),
            bucket: None,
            inbox_prefix: None,
        })
    }

    /// Certificates are given so that they are used.
    pub(super) fn trust(&mut self) -> &mut Trust {
        self.tls = true;
        &mut self.trust
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("servers", &self.servers)
            .field("tls", &self.tls)
            .field("trust", &self.trust)
            .field("login", &self.login)
            .field("bucket", &self.bucket)
            .field("inbox_prefix", &self.inbox_prefix)
            .finish()
    }
}

/// Builds a [`Nats`]. [`build`](Self::build) reports settings that are not valid.
///
/// ```
/// use component_model::fetchers::nats::Nats;
///
/// let nats = Nats::builder("tls://nats-0.service,tls://nats-1.service,tls://nats-2.service")
///     .login("app", "a password")
///     .bucket("app")
///     .build()?;
/// assert!(!format!("{nats:?}").contains("a password"));
/// # Ok::<(), component_model::SourceError>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `build`"]
pub struct NatsBuilder(Result<Config, SourceError>);

impl NatsBuilder {
    pub(super) fn new(urls: &str) -> Self {
        Self(Config::of(urls))
    }

    /// Sets the bucket of all components without a `bucket`.
    ///
    /// ```
    /// use component_model::fetchers::nats::Nats;
    ///
    /// assert!(Nats::builder("nats://localhost").bucket("app").build().is_ok());
    /// assert!(Nats::builder("nats://localhost").bucket("no bucket").build().is_err());
    /// ```
    pub fn bucket(self, bucket: impl Into<String>) -> Self {
        self.set(|config| {
            let bucket = bucket.into();
            query::check_bucket(&bucket)?;
            config.bucket = Some(bucket);
            Ok(())
        })
    }

    /// Sets the user and its password, instead of those in the URL.
    ///
    /// ```
    /// use component_model::fetchers::nats::Nats;
    ///
    /// assert!(Nats::builder("nats://localhost").login("app", "a password").build().is_ok());
    /// ```
    pub fn login(self, user: &str, password: &str) -> Self {
        self.set(|config| {
            config.login = Login::user(user, password)?;
            Ok(())
        })
    }

    /// Sets the token that the server requires.
    ///
    /// ```
    /// use component_model::fetchers::nats::Nats;
    ///
    /// assert!(Nats::builder("nats://localhost").token("a token").build().is_ok());
    /// ```
    pub fn token(self, token: &str) -> Self {
        self.set(|config| {
            config.login = Login::token(token)?;
            Ok(())
        })
    }

    /// Sets the seed of the user's nkey, which signs what the server asks it to sign, and is not sent.
    ///
    /// ```
    /// use component_model::fetchers::nats::Nats;
    ///
    /// assert!(Nats::builder("nats://localhost").nkey("not a seed").build().is_err());
    /// ```
    pub fn nkey(self, seed: &str) -> Self {
        self.set(|config| {
            config.login = Login::seed(seed)?;
            Ok(())
        })
    }

    /// Sets the credentials of the user: the text of a `.creds` file, with a JWT and the seed of an nkey.
    ///
    /// ```
    /// use component_model::fetchers::nats::Nats;
    ///
    /// assert!(Nats::builder("nats://localhost").credentials("no credentials").build().is_err());
    /// ```
    pub fn credentials(self, text: &str) -> Self {
        self.set(|config| {
            config.login = Login::credentials(text)?;
            Ok(())
        })
    }

    /// Reads the same from a file, for each new connection, so that it may be replaced.
    ///
    /// ```
    /// use component_model::fetchers::nats::Nats;
    ///
    /// assert!(Nats::builder("nats://localhost").credentials_file("/etc/app/user.creds").build().is_ok());
    /// ```
    pub fn credentials_file(self, path: impl Into<PathBuf>) -> Self {
        self.set(|config| {
            config.login = Login::CredentialsFile(path.into());
            Ok(())
        })
    }

    /// Adds certificate authorities to trust besides the system's, as PEM. A connection without TLS is refused then.
    ///
    /// ```
    /// use component_model::fetchers::nats::Nats;
    ///
    /// assert!(Nats::builder("tls://localhost").ca_pem("not a certificate").build().is_err());
    /// ```
    pub fn ca_pem(self, pem: impl AsRef<[u8]>) -> Self {
        self.set(|config| config.trust().add_pem(pem.as_ref()))
    }

    /// Trusts only the authorities of [`ca_pem`](Self::ca_pem).
    ///
    /// ```
    /// use component_model::fetchers::nats::Nats;
    ///
    /// assert!(Nats::builder("tls://localhost").without_system_roots().build().is_ok());
    /// ```
    pub fn without_system_roots(self) -> Self {
        self.set(|config| {
            config.trust().forget_the_system();
            Ok(())
        })
    }

    /// Sets the certificate that the client shows, and its key, both as PEM. A connection without TLS is refused then.
    ///
    /// ```
    /// use component_model::fetchers::nats::Nats;
    ///
    /// assert!(Nats::builder("tls://localhost").client_pem("no certificate", "no key").build().is_err());
    /// ```
    pub fn client_pem(self, certificate: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Self {
        self.set(|config| {
            config.trust().identify(Identity::from_pem(certificate.as_ref(), key.as_ref())?);
            Ok(())
        })
    }

    /// Sets the beginning of the subjects on which answers come; the default is `_INBOX`. For a user that may not subscribe to
    /// those of all users.
    ///
    /// ```
    /// use component_model::fetchers::nats::Nats;
    ///
    /// assert!(Nats::builder("nats://localhost").inbox_prefix("_INBOX_app").build().is_ok());
    /// assert!(Nats::builder("nats://localhost").inbox_prefix("_INBOX.>").build().is_err());
    /// ```
    pub fn inbox_prefix(self, prefix: &str) -> Self {
        self.set(|config| {
            let is_valid = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'*' | b'>');
            if !prefix.split('.').all(|token| !token.is_empty() && token.bytes().all(is_valid)) {
                return Err(misconfigured("the prefix of inboxes is not a subject, or is a pattern"));
            }
            config.inbox_prefix = Some(prefix.to_owned());
            Ok(())
        })
    }

    /// Builds the source. No I/O.
    ///
    /// ```
    /// use component_model::fetchers::nats::Nats;
    ///
    /// assert!(Nats::builder("nats://a,b:4223").build().is_ok());
    /// assert!(Nats::builder("http://localhost").build().is_err());
    /// ```
    ///
    /// # Errors
    /// The first setting that is not valid: a URL, a bucket, an empty password, credentials or certificates that do not parse.
    pub fn build(self) -> Result<Nats, SourceError> {
        self.0.map(Nats::with)
    }

    pub(super) fn set(mut self, setting: impl FnOnce(&mut Config) -> Result<(), SourceError>) -> Self {
        if let Ok(config) = &mut self.0
            && let Err(problem) = setting(config)
        {
            self.0 = Err(problem);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_is_in_its_debug() {
        let seed = "SUAIO3FHUX5PNV2LQIIP7TZ3N4L7TX3W53MQGEIVYFIGA635OZCKEYHFLM";
        let builder = || NatsBuilder::new("nats://hunter2:hunter2@h");
        for builder in
            [builder(), builder().login("hunter2", "hunter2"), builder().token("hunter2"), builder().nkey(seed)]
        {
            let shown = format!("{builder:?} {:?}", builder.clone().build().unwrap());
            assert!(!shown.contains("hunter2") && !shown.contains(seed), "{shown}");
        }
    }

    #[test]
    fn certificates_are_not_given_in_vain() {
        let Ok(config) = NatsBuilder::new("nats://h").without_system_roots().0 else { panic!("it is valid") };
        assert!(config.tls);
    }
}
