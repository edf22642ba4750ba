//! Events while a fetch runs, to show its progress.

use std::{fmt, sync::Arc, time::Duration};

use crate::report::Outcome;

/// Something that happened to one component while a fetch runs.
///
/// ```
/// # use component_model_async::doctest::{AppConfig, sources};
/// use component_model_async::{Event, Fetch};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), component_model_async::ComponentErrors> {
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
    /// A component begins.
    Started {
        /// The field's name.
        component: &'e str,
        /// The name of the first source that is asked.
        source: &'e str,
    },
    /// A component has its outcome.
    Finished {
        /// The field's name.
        component: &'e str,
        /// The outcome.
        outcome: Outcome,
        /// How long it took.
        elapsed: Duration,
        /// Why it failed, or why it fell back.
        problem: Option<&'e crate::ComponentError>,
    },
}

/// A function that is called for every [`Event`]. It runs on the task that fetches: it must not block.
///
/// ```
/// use component_model_async::{Event, Observer};
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
    /// use component_model_async::Observer;
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
