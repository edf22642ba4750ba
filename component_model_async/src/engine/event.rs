//! The events of a running fetch, for progress displays.

use std::{fmt, sync::Arc, time::Duration};

use crate::report::Outcome;

/// An event of one component in a running fetch.
///
/// ```
/// use component_model::{Event, Fetch};
/// # use doc_examples::{AppConfig, sources};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), component_model::ComponentErrors> {
/// let fetch = Fetch::<AppConfig>::new().sources(&sources()).observe(|event| match event {
///     Event::Started { component, source } => println!("{component} is asked of {source}"),
///     Event::Finished { component, outcome, elapsed, .. } => println!("{component}: {outcome:?} after {elapsed:?}"),
///     _ => {}
/// });
/// fetch.await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Event<'e> {
    /// The fetch of a component started.
    Started {
        /// The field's name.
        component: &'e str,
        /// The name of the first source to ask.
        source: &'e str,
    },
    /// The fetch of a component finished.
    Finished {
        /// The field's name.
        component: &'e str,
        /// How the component got its value, or that it failed.
        outcome: Outcome,
        /// How long it took.
        elapsed: Duration,
        /// Why it failed or fell back.
        problem: Option<&'e crate::ComponentError>,
    },
}

/// A function that is called with every [`Event`]. It runs in the task of the fetch: it must not block.
///
/// ```
/// use component_model::{Event, Observer};
///
/// let observer = Observer::new(|event| if let Event::Started { component, .. } = event { println!("{component}") });
/// let shared = observer.clone();
/// ```
#[derive(Clone)]
pub struct Observer(Arc<dyn Fn(&Event<'_>) + Send + Sync>);

impl Observer {
    /// An observer that calls a function.
    ///
    /// ```
    /// use component_model::Observer;
    ///
    /// let observer = Observer::new(|event| println!("{event:?}"));
    /// ```
    pub fn new(function: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(function))
    }

    pub(crate) fn tell(&self, event: &Event<'_>) {
        (self.0)(event);
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}
