//! A plan that was created at run time: its values, by path.

use std::{collections::BTreeMap, fmt, sync::Arc};

use super::{Filled, Settings, fill};
use crate::{
    ComponentErrors, Report, Slot, SourceError, Sources, Value, bind::Bound, decode::DecodeError, engine::Stage,
};

/// A plan that is bound against sources, and can be fetched any number of times; from [`Sources::bind`].
///
/// No type reads the values: they are what the sources returned, by the path of the component. A value that a nested struct
/// lacks is missing.
///
/// ```
/// use component_model::{Memory, Sources, Value, plan::Planned};
/// # use doc_examples::AppConfig;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), component_model::ComponentErrors> {
/// let sources = Sources::builder().source("settings", Memory::new([("host", "localhost"), ("port", "8080")])).build();
/// let plan = sources.bind(AppConfig::PLAN)?;
/// assert_eq!(plan.fetch().await?["host"], Value::text("localhost"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct BoundPlan {
    sources: Sources,
    bound: Arc<Bound>,
}

impl BoundPlan {
    pub(crate) fn new(sources: Sources, bound: Bound) -> Self {
        Self { sources, bound: Arc::new(bound) }
    }

    /// Fetches all components concurrently.
    ///
    /// ```
    /// use component_model::{Memory, Sources, plan::Planned};
    /// # use doc_examples::AppConfig;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let sources = Sources::builder().source("settings", Memory::new([("host", "localhost")])).build();
    /// let errors = sources.bind(AppConfig::PLAN).unwrap().fetch().await.unwrap_err();
    /// assert!(errors.of("port").unwrap().is_absent());
    /// # }
    /// ```
    ///
    /// # Errors
    /// All components that could not be fetched.
    ///
    /// # Cancel safety
    /// Dropping the future drops all requests.
    pub async fn fetch(&self) -> Result<BTreeMap<String, Value>, ComponentErrors> {
        self.run(false).await.map(|(values, _)| values)
    }

    /// Fetches all components concurrently, and reports what happened to each.
    ///
    /// ```
    /// use component_model::{Memory, Sources, plan::Planned};
    /// # use doc_examples::AppConfig;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), component_model::ComponentErrors> {
    /// let sources = Sources::builder().source("settings", Memory::new([("host", "localhost"), ("port", "8080")])).build();
    /// let (values, report) = sources.bind(AppConfig::PLAN)?.fetch_with_report().await?;
    /// assert_eq!((values.len(), report.entries().len()), (2, 2));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// All components that could not be fetched.
    ///
    /// # Cancel safety
    /// Dropping the future drops all requests.
    pub async fn fetch_with_report(&self) -> Result<(BTreeMap<String, Value>, Report), ComponentErrors> {
        let (values, report) = self.run(true).await?;
        report.map(|report| (values, report)).ok_or_else(|| self.bound.errors(Vec::new()))
    }

    async fn run(&self, detailed: bool) -> Result<(BTreeMap<String, Value>, Option<Report>), ComponentErrors> {
        if self.sources.is_shut_down() {
            return Err(self.bound.refuse(&SourceError::shut_down()));
        }
        let mut slots = Slots(self.bound.fetched().map(|_| RawSlot(None)).collect());
        let settings = Settings { detailed, ..Settings::default() };
        let filled = fill(self.sources.clone(), Arc::clone(&self.bound), &mut slots, settings).await;
        let Filled { errors, report, good } = filled;
        if let Some(errors) = errors {
            return Err(errors);
        }
        if let Some(storing) = good.storing(true) {
            storing.await;
        }
        let mut values = BTreeMap::new();
        for component in self.bound.fetched() {
            if let Some(value) = slots.0[component.slot].0.take() {
                values.insert(component.about.path.to_string(), value);
            }
        }
        Ok((values, report))
    }
}

impl fmt::Debug for BoundPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BoundPlan").field(&self.bound.name).finish()
    }
}

/// A stage for values of any type.
struct Slots(Vec<RawSlot>);

impl Stage for Slots {
    fn slot(&mut self, index: usize) -> Option<&mut dyn Slot> {
        self.0.get_mut(index).map(|slot| slot as &mut dyn Slot)
    }
}

struct RawSlot(Option<Value>);

impl Slot for RawSlot {
    fn decode(&mut self, value: &Value) -> Result<(), DecodeError> {
        self.0 = Some(value.clone());
        Ok(())
    }

    fn accept_absence(&mut self) -> bool {
        false
    }

    fn clear(&mut self) {
        self.0 = None;
    }

    fn is_sensitive(&self) -> bool {
        false
    }
}
