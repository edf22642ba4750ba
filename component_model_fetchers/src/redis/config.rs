//! What a [`Redis`] is set up with. Its `Debug` shows hosts, and no user and no password.

use std::{ffi::OsString, fmt, time::Duration};

use component_model_source::{ErrorKind, SourceError};

use super::{
    Redis,
    address::{self, Login, Topology},
    misconfigured,
};
use crate::trust::{Identity, Trust};

const VARIABLE: &str = "REDIS_URL";

/// How often a watch reads all its keys besides what it is told.
const POLLING: Duration = Duration::from_secs(30);

/// The longest pause, which no process sees the end of.
const LONGEST_POLLING: Duration = Duration::from_secs(100 * 365 * 86_400);

/// Checked settings.
#[derive(Clone)]
pub(super) struct Config {
    pub(super) topology: Topology,
    /// None: without TLS.
    pub(super) tls: Option<Trust>,
    pub(super) login: Option<Login>,
    pub(super) sentinel_login: Option<Login>,
    pub(super) db: u32,
    pub(super) channels: Vec<String>,
    pub(super) polling: Duration,
}

impl Config {
    fn of(url: &str) -> Result<Self, SourceError> {
        let parsed = address::parse(url)?;
        Ok(Self {
            topology: parsed.topology,
            tls: parsed.tls.then(Trust::default),
            login: parsed.login,
            sentinel_login: None,
            db: parsed.db,
            channels: Vec::new(),
            polling: POLLING,
        })
    }

    pub(super) fn is_single(&self) -> bool {
        matches!(self.topology, Topology::Single(_))
    }

    pub(super) fn is_cluster(&self) -> bool {
        matches!(self.topology, Topology::Cluster(_))
    }

    fn tls(&mut self) -> Result<&mut Trust, SourceError> {
        let error = misconfigured("certificates are given for a connection without TLS");
        self.tls.as_mut().ok_or_else(|| error.with_hint("write `rediss://` instead of `redis://`"))
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("topology", &self.topology)
            .field("tls", &self.tls.is_some())
            .field("login", &self.login.is_some())
            .field("db", &self.db)
            .field("channels", &self.channels)
            .field("polling", &self.polling)
            .finish_non_exhaustive()
    }
}

/// Builds a [`Redis`]. [`build`](Self::build) reports settings that are not valid.
///
/// ```
/// use component_model::fetchers::redis::Redis;
/// use std::time::Duration;
///
/// let redis = Redis::builder("redis://cache.service/2")
///     .login("app", "a password")
///     .channel("shop:changed")
///     .poll_every(Duration::from_secs(60))
///     .build()?;
/// assert!(!format!("{redis:?}").contains("a password"));
/// # Ok::<(), component_model::SourceError>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `build`"]
pub struct RedisBuilder(Result<Config, SourceError>);

impl RedisBuilder {
    pub(super) fn new(url: &str) -> Self {
        Self(Config::of(url))
    }

    /// Sets the user and the password, instead of those in the URL. An empty user is the default one.
    ///
    /// ```
    /// use component_model::fetchers::redis::Redis;
    ///
    /// assert!(Redis::builder("redis://localhost").login("app", "a password").build().is_ok());
    /// ```
    pub fn login(self, user: &str, password: &str) -> Self {
        self.set(|config| {
            config.login = Some(login(user, password));
            Ok(())
        })
    }

    /// Sets the user and the password for the Sentinels, which have their own.
    ///
    /// ```
    /// use component_model::fetchers::redis::Redis;
    ///
    /// let redis = Redis::builder("redis+sentinel://a,b,c/mymaster").sentinel_login("", "a password").build();
    /// assert!(redis.is_ok());
    /// ```
    pub fn sentinel_login(self, user: &str, password: &str) -> Self {
        self.set(|config| {
            config.sentinel_login = Some(login(user, password));
            Ok(())
        })
    }

    /// Adds certificate authorities to trust besides the system's, as PEM.
    ///
    /// ```
    /// use component_model::fetchers::redis::Redis;
    ///
    /// assert!(Redis::builder("rediss://localhost").ca_pem("not a certificate").build().is_err());
    /// ```
    pub fn ca_pem(self, pem: impl AsRef<[u8]>) -> Self {
        self.set(|config| config.tls()?.add_pem(pem.as_ref()))
    }

    /// Trusts only the authorities of [`ca_pem`](Self::ca_pem).
    ///
    /// ```
    /// use component_model::fetchers::redis::Redis;
    ///
    /// assert!(Redis::builder("rediss://localhost").without_system_roots().build().is_ok());
    /// ```
    pub fn without_system_roots(self) -> Self {
        self.set(|config| {
            config.tls()?.forget_the_system();
            Ok(())
        })
    }

    /// Sets the certificate that the client shows, and its key, both as PEM.
    ///
    /// ```
    /// use component_model::fetchers::redis::Redis;
    ///
    /// assert!(Redis::builder("rediss://localhost").client_pem("no certificate", "no key").build().is_err());
    /// ```
    pub fn client_pem(self, certificate: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Self {
        self.set(|config| {
            config.tls()?.identify(Identity::from_pem(certificate.as_ref(), key.as_ref())?);
            Ok(())
        })
    }

    /// Adds a channel on which writers publish what they change: a message is the name of the key, and an empty one means
    /// all keys. A watch then needs no keyspace notifications.
    ///
    /// ```
    /// use component_model::fetchers::redis::Redis;
    ///
    /// assert!(Redis::builder("redis://localhost").channel("shop:changed").build().is_ok());
    /// ```
    pub fn channel(self, name: impl Into<String>) -> Self {
        self.set(|config| {
            config.channels.push(name.into());
            Ok(())
        })
    }

    /// Sets how often a watch reads all its keys, besides what the server tells it; the default is 30 s. A change that the
    /// server does not announce, such as `FLUSHALL`, is seen by then.
    ///
    /// ```
    /// use component_model::fetchers::redis::Redis;
    /// use std::time::Duration;
    ///
    /// assert!(Redis::builder("redis://localhost").poll_every(Duration::ZERO).build().is_err());
    /// ```
    pub fn poll_every(self, pause: Duration) -> Self {
        self.set(|config| {
            if pause < Duration::from_millis(100) {
                return Err(misconfigured("the keys cannot be read more often than every 100 ms"));
            }
            config.polling = pause.min(LONGEST_POLLING);
            Ok(())
        })
    }

    /// Builds the source. No I/O.
    ///
    /// ```
    /// use component_model::fetchers::redis::Redis;
    ///
    /// assert!(Redis::builder("redis+cluster://a:7000,b:7000").build().is_ok());
    /// assert!(Redis::builder("localhost:6379").build().is_err());
    /// ```
    ///
    /// # Errors
    /// The first setting that is not valid: the URL, text that is not PEM, certificates for a URL without TLS.
    pub fn build(self) -> Result<Redis, SourceError> {
        self.0.map(Redis::new)
    }

    fn set(mut self, setting: impl FnOnce(&mut Config) -> Result<(), SourceError>) -> Self {
        if let Ok(config) = &mut self.0
            && let Err(problem) = setting(config)
        {
            self.0 = Err(problem);
        }
        self
    }
}

fn login(user: &str, password: &str) -> Login {
    Login { user: Some(user.to_owned()).filter(|user| !user.is_empty()), password: password.to_owned() }
}

/// The source that the variable describes; an empty one counts as unset.
pub(super) fn from_variables(read: impl Fn(&str) -> Option<OsString>) -> Result<Redis, SourceError> {
    let Some(url) = read(VARIABLE).filter(|url| !url.is_empty()) else {
        let error = SourceError::new(ErrorKind::NotSetUp, "the server is not known");
        return Err(error.with_hint("set REDIS_URL, such as `redis://localhost:6379`"));
    };
    let url = url.into_string().map_err(|_| misconfigured("the URL is not UTF-8").at(VARIABLE))?;
    RedisBuilder::new(&url).build().map_err(|error| error.at(VARIABLE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_sets_it_up_and_without_it_the_error_names_it() {
        let read = |value: &'static str| from_variables(move |name| (name == "REDIS_URL").then(|| value.into()));
        assert!(read("redis://localhost").is_ok());
        let error = read("").unwrap_err();
        assert!(error.kind() == ErrorKind::NotSetUp && error.hint().unwrap().contains("REDIS_URL"));
        let error = read("redis://u:hunter2@").unwrap_err();
        assert_eq!((error.kind(), error.place()), (ErrorKind::Misconfigured, Some("REDIS_URL")));
        assert!(!format!("{error:?}{error}").contains("hunter2"));
    }

    #[test]
    fn no_password_and_no_user_is_in_its_debug() {
        let redis = RedisBuilder::new("redis://hunter2:hunter2@h")
            .login("hunter2", "hunter2")
            .sentinel_login("hunter2", "hunter2");
        assert!(!format!("{redis:?} {:?}", redis.clone().build()).contains("hunter2"));
    }
}
