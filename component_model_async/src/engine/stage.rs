//! The engine's view of the stage of a struct.

use std::fmt;

use crate::{
    BoxError, ErrorKind, SourceError, Value,
    decode::{DecodeError, Slot},
    garde::GardeRules,
};

/// Holds the fetched values of a struct until all of them are present. Implemented by `#[derive(AsyncAssign)]`.
///
/// Slots are numbered: first those of the struct's own fetched fields, then those of each nested struct.
///
/// ```
/// use component_model::{Components, Stage, Value};
/// # use doc_examples::AppConfig;
///
/// let mut stage = AppConfig::stage();
/// stage.slot(1).unwrap().decode(&Value::text("8080"))?;
/// assert!(stage.slot(2).is_none(), "the struct has two components");
/// # Ok::<(), component_model::decode::DecodeError>(())
/// ```
pub trait Stage: Send {
    /// The slot of a fetched component.
    ///
    /// ```
    /// use component_model::{Components, Stage};
    /// # use doc_examples::AppConfig;
    ///
    /// assert!(AppConfig::stage().slot(0).is_some());
    /// ```
    fn slot(&mut self, index: usize) -> Option<&mut dyn Slot>;

    /// Fills a slot with the component's `default` expression, or the `Default` of its type; `false` if it has none.
    ///
    /// ```
    /// use component_model::{Components, Stage};
    /// # use doc_examples::AppConfig;
    ///
    /// assert!(!AppConfig::stage().default(0));
    /// ```
    fn default(&mut self, _index: usize) -> bool {
        false
    }

    /// Validates the value in a slot.
    ///
    /// ```
    /// use component_model::{Components, Stage, Violations};
    /// # use doc_examples::AppConfig;
    ///
    /// let mut violations = Violations::default();
    /// AppConfig::stage().validate(0, &mut violations);
    /// assert!(violations.is_empty());
    /// ```
    fn validate(&self, _index: usize, _violations: &mut Violations) {}

    /// Leaves out a nested struct that may be missing. They are numbered in the order of their declaration, each before
    /// those that are nested in it.
    ///
    /// ```
    /// use component_model::{Components, Stage};
    /// # use doc_examples::AppConfig;
    ///
    /// AppConfig::stage().omit(0);
    /// ```
    fn omit(&mut self, _optional: usize) {}
}

/// What is wrong with a value, as its validation says.
///
/// ```
/// use component_model::Violations;
///
/// fn positive(limit: &u32) -> Result<(), &'static str> {
///     if *limit > 0 { Ok(()) } else { Err("must be positive") }
/// }
///
/// let mut violations = Violations::default();
/// violations.check(&0, positive);
/// assert_eq!(violations.iter().map(ToString::to_string).collect::<Vec<_>>(), ["must be positive"]);
/// ```
#[derive(Default)]
pub struct Violations(Vec<BoxError>);

impl Violations {
    /// Calls a function that validates a value.
    ///
    /// ```
    /// use component_model::Violations;
    ///
    /// let mut violations = Violations::default();
    /// violations.check("", |name: &str| if name.is_empty() { Err("is empty") } else { Ok(()) });
    /// assert!(!violations.is_empty());
    /// ```
    pub fn check<T: ?Sized, E: Into<BoxError>>(&mut self, value: &T, valid: impl FnOnce(&T) -> Result<(), E>) {
        self.0.extend(valid(value).err().map(Into::into));
    }

    /// Applies the rules of the crate `garde`, with the feature `garde`.
    ///
    /// ```
    /// use component_model::Violations;
    ///
    /// #[derive(garde::Validate)]
    /// struct Limits {
    ///     #[garde(range(min = 1))]
    ///     max: u32,
    /// }
    ///
    /// let mut violations = Violations::default();
    /// violations.garde(&Limits { max: 0 });
    /// assert_eq!(violations.iter().map(ToString::to_string).collect::<Vec<_>>(), ["`max`: lower than 1"]);
    /// ```
    pub fn garde(&mut self, value: &impl GardeRules) {
        self.0.extend(value.broken_rules().into_iter().map(|(path, message)| match path.as_str() {
            "" => message,
            path => format!("`{path}`: {message}").into(),
        }));
    }

    /// Whether there are none.
    ///
    /// ```
    /// assert!(component_model::Violations::default().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them.
    ///
    /// ```
    /// assert_eq!(component_model::Violations::default().iter().count(), 0);
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = &BoxError> {
        self.0.iter()
    }

    pub(crate) fn add(&mut self, violation: BoxError) {
        self.0.push(violation);
    }

    /// The text of all of them.
    pub(crate) fn text(&self) -> String {
        self.0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    }
}

/// Shows their number: the text of one is not necessarily safe for a log.
impl fmt::Debug for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Violations").field(&self.0.len()).finish()
    }
}

/// Validates the value in a slot.
pub(crate) fn validate(stage: &dyn Stage, slot: usize, sensitive: bool) -> Result<(), SourceError> {
    let mut violations = Violations::default();
    stage.validate(slot, &mut violations);
    match violations.is_empty() {
        true => Ok(()),
        // The text may repeat the value.
        false if sensitive => Err(SourceError::new(ErrorKind::Invalid, "the value is not valid")),
        false => Err(SourceError::new(ErrorKind::Invalid, violations.text())),
    }
}

/// Replaces a slot that a stage does not have, so that its component fails.
pub(super) struct NoSlot;

impl Slot for NoSlot {
    fn decode(&mut self, _: &Value) -> Result<(), DecodeError> {
        Err(DecodeError::new("the stage has no slot for the component"))
    }

    fn accept_absence(&mut self) -> bool {
        false
    }

    fn clear(&mut self) {}

    fn is_sensitive(&self) -> bool {
        true
    }
}
