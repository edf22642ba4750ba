//! The policies of a registration.

use std::time::Duration;

use serde::Serialize;

/// How components are fetched from one registered name, unless their attributes set another policy.
///
/// ```
/// use component_model::{Memory, Policies, Sources};
/// use std::time::Duration;
///
/// let sources = Sources::builder()
///     .source("consul", Memory::new([("port", "8080")]))
///     .policies("consul", Policies::new().timeout(Duration::from_millis(500)))
///     .build();
/// assert_eq!(sources.state().source("consul").unwrap().policies().attempt_timeout(), Some(Duration::from_millis(500)));
/// ```
///
/// A component's attribute overrides the policies of its source, which override the defaults.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policies {
    timeout: Option<Duration>,
    root: Option<String>,
}

impl Policies {
    /// The defaults.
    ///
    /// ```
    /// use component_model::Policies;
    ///
    /// assert_eq!(Policies::new().attempt_timeout(), None);
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how long one attempt may take. The default is 2 seconds. A timeout of zero makes the source unusable, as
    /// misconfigured.
    ///
    /// ```
    /// use component_model::Policies;
    /// use std::time::Duration;
    ///
    /// let policies = Policies::new().timeout(Duration::from_secs(5));
    /// assert_eq!(policies.attempt_timeout(), Some(Duration::from_secs(5)));
    /// ```
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout: Some(timeout), ..self }
    }

    /// Puts a path before every derived key, such as `teams/shop`; a written key is not changed. A root that is not a path
    /// makes the source unusable, as misconfigured.
    ///
    /// ```
    /// use component_model::{Memory, Policies, prelude::*};
    ///
    /// #[derive(AsyncAssign)]
    /// struct AppConfig {
    ///     #[component(fetch_from = "consul")]
    ///     port: u16,
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), ComponentErrors> {
    /// let sources = Sources::builder()
    ///     .source("consul", Memory::new([("teams.shop.port", "8080")]))
    ///     .policies("consul", Policies::new().root("teams/shop"))
    ///     .build();
    /// assert_eq!(AppConfig::fetch_all_components_from(&sources).await?.port, 8080);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn root(self, path: impl Into<String>) -> Self {
        Self { root: Some(path.into()), ..self }
    }

    /// What precedes every derived key; empty if it is not set.
    ///
    /// ```
    /// use component_model::Policies;
    ///
    /// assert_eq!(Policies::new().root("teams").root_path(), "teams");
    /// ```
    #[must_use]
    pub fn root_path(&self) -> &str {
        self.root.as_deref().unwrap_or_default()
    }

    /// How long one attempt may take, if it is set.
    ///
    /// ```
    /// use component_model::Policies;
    ///
    /// assert!(Policies::new().attempt_timeout().is_none());
    /// ```
    #[must_use]
    pub fn attempt_timeout(&self) -> Option<Duration> {
        self.timeout
    }
}

impl Serialize for Policies {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shape<'s> {
            #[serde(skip_serializing_if = "Option::is_none")]
            timeout_us: Option<u64>,
            #[serde(skip_serializing_if = "Option::is_none")]
            root: Option<&'s str>,
        }
        let micros = |duration: Duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        Shape { timeout_us: self.timeout.map(micros), root: self.root.as_deref() }.serialize(serializer)
    }
}
