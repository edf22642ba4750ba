//! The position of a part within a value.

use std::fmt;

/// The position of a part within a value: `limits[2].max`.
///
/// ```
/// use component_model::decode::{Path, Step};
///
/// let path: Path = [Step::Key("limits".to_owned()), Step::Index(2), Step::Key("max".to_owned())].into_iter().collect();
/// assert_eq!(path.to_string(), "limits[2].max");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Path(Vec<Step>);

/// One step of a [`Path`].
///
/// ```
/// use component_model::decode::{Path, Step};
///
/// assert_eq!(Path::from_iter([Step::Key("limits".to_owned()), Step::Index(0)]).to_string(), "limits[0]");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Into the member of a map.
    Key(String),
    /// Into the item of a list, counted from 0.
    Index(usize),
}

impl Path {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Puts a step in front: what failed is a part of this one.
    pub(super) fn within(&mut self, step: Step) {
        self.0.insert(0, step);
    }

    /// Replaces these names by `…`.
    pub(super) fn hide(&mut self, names: &[String]) {
        for step in &mut self.0 {
            if matches!(step, Step::Key(key) if names.contains(key)) {
                *step = Step::Key("…".to_owned());
            }
        }
    }

    /// The steps, outermost first.
    ///
    /// ```
    /// use component_model::{Value, decode};
    ///
    /// let error = decode::from_value::<Vec<u8>>(&Value::text("1,x")).unwrap_err();
    /// assert_eq!(error.path().steps(), [decode::Step::Index(1)]);
    /// ```
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.0
    }
}

impl FromIterator<Step> for Path {
    fn from_iter<I: IntoIterator<Item = Step>>(steps: I) -> Self {
        Self(steps.into_iter().collect())
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if position == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}
