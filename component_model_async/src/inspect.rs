//! [`Inspect`]: what can be known about a fetch before it runs.

use crate::{Checked, ComponentErrors, Components, Description, Fetch, Sources};

/// What can be known about a struct's fetch without I/O. Every struct that is fetched has it; the `prelude` imports it.
///
/// These are methods of a trait, so that methods of your own with the same names win.
///
/// ```
/// use component_model::prelude::*;
/// # use doc_examples::{AppConfig, sources};
///
/// AppConfig::check(&sources())?;
/// println!("{}", AppConfig::describe(&sources()));
/// # Ok::<(), ComponentErrors>(())
/// ```
pub trait Inspect: Components {
    /// Checks everything that can be known without I/O: that names, options, keys and templates are right, that no components
    /// need each other, that the literals of `default` and `fallback` are read by their types and pass validation, and that
    /// the sources are set up.
    ///
    /// A `default` that is an expression, or the `Default` of the type, is not evaluated.
    ///
    /// ```
    /// use component_model::{Memory, prelude::*};
    ///
    /// #[derive(AsyncAssign)]
    /// struct AppConfig {
    ///     #[component(fetch_from = "settings", default = "127.0.0.1:80800")]
    ///     listen: std::net::SocketAddr,
    ///     #[component(fetch_from = "setings")]
    ///     host: String,
    /// }
    ///
    /// let sources = Sources::builder().source("settings", Memory::default()).build();
    /// let errors = AppConfig::check(&sources).unwrap_err();
    /// assert_eq!(errors.len(), 2);
    /// assert_eq!(errors.of("host").unwrap().hint(), Some("did you mean `settings`?"));
    /// ```
    ///
    /// # Errors
    /// All mistakes of all components. A source that is not set up is an error for the first layer of a component without
    /// a `fallback` or a `fallback_to` another source that can be used; the others are [listed](Checked::not_set_up), and so is a
    /// `fallback_to` whose source is not set up.
    fn check(sources: &Sources) -> Result<Checked, ComponentErrors> {
        sources.check_with(Self::PLAN, Some(&mut Self::stage()))
    }

    /// Lists what the struct reads: for each component its type and documentation, its layers, policies and substitutes.
    ///
    /// It also works if a component cannot be fetched from these sources, and then says why.
    ///
    /// ```
    /// use component_model::prelude::*;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// let description = AppConfig::describe(&sources());
    /// let port = description.component("port").unwrap();
    /// assert_eq!((port.ty(), port.docs()), ("u16", "From the key `port`."));
    /// ```
    #[must_use]
    fn describe(sources: &Sources) -> Description {
        sources.describe_with(Self::PLAN, Some(&mut Self::stage()))
    }
}

impl<C: Components> Inspect for C {}

impl<C: Components> Fetch<C> {
    /// Checks everything about the fetch that can be known without I/O, like [`Inspect::check`].
    ///
    /// ```
    /// use component_model::Fetch;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// assert!(Fetch::<AppConfig>::new().sources(&sources()).check().is_ok());
    /// ```
    ///
    /// # Errors
    /// As for [`Inspect::check`].
    pub fn check(&self) -> Result<Checked, ComponentErrors> {
        <C as Inspect>::check(&self.its_sources())
    }

    /// Lists what the struct reads, like [`Inspect::describe`].
    ///
    /// ```
    /// use component_model::Fetch;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// let description = Fetch::<AppConfig>::new().sources(&sources()).describe();
    /// assert_eq!(description.name(), "AppConfig");
    /// ```
    #[must_use]
    pub fn describe(&self) -> Description {
        <C as Inspect>::describe(&self.its_sources())
    }
}
