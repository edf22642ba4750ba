//! The value that a source has for a request, possibly a part of a document that other requests share, and its metadata.

mod held;
mod retained;

use std::{fmt, sync::Arc, time::Duration};

use self::held::{Held, Whole, is_small};
use super::{Lease, Version};
use crate::{
    Slot, SourceError, Value,
    decode::{Path, Step},
};

/// A value of a source and its metadata. Cheap to clone: large values are shared.
///
/// ```
/// use component_model::{Record, Value, Version};
///
/// let record = Record::from(Value::text("8080")).with_version(Version::new("42"));
/// assert_eq!(record.version().map(Version::as_str), Some("42"));
/// assert!(!format!("{record:?}").contains("8080"));
/// ```
#[derive(Clone)]
pub struct Record {
    value: Held,
    /// The position within each list or map on the path from the whole to this part of it.
    positions: Box<[usize]>,
    about: Option<Arc<About>>,
}

/// What is known about a value; the same for all parts of a document.
#[derive(Clone, Default)]
struct About {
    version: Option<Version>,
    good_for: Option<Duration>,
    lease: Option<Lease>,
    sensitive: bool,
    hidden_names: Box<[String]>,
    place: Option<PlaceOf>,
}

/// Finds where a part of a document is: `app.toml:12:8`.
type PlaceOf = Arc<dyn Fn(&[usize]) -> Option<String> + Send + Sync>;

impl Record {
    /// A value.
    ///
    /// ```
    /// use component_model::{Record, Value};
    ///
    /// assert_eq!(Record::new(Value::Bool(true)).value(), &Value::Bool(true));
    /// ```
    #[must_use]
    pub fn new(value: Value) -> Self {
        Self::from_held(Held::new(value))
    }

    /// A value that is cloned often, so that not even a short text is copied.
    ///
    /// ```
    /// use component_model::{Record, Value};
    ///
    /// let region = Record::shared(Value::text("eu-west-1"));
    /// assert!(std::ptr::eq(region.value(), region.clone().value()));
    /// ```
    #[must_use]
    pub fn shared(value: impl Into<Arc<Value>>) -> Self {
        Self::from_held(Held::Shared(Whole::Plain(value.into())))
    }

    /// The part that is at these positions, one within each list or map on the path to it; `None` if there is no such part.
    /// The part has the metadata of the whole.
    ///
    /// ```
    /// use component_model::{Record, Value};
    ///
    /// let document = Record::shared(Value::from_json(r#"{"host": "db", "ports": [80, 443]}"#)?);
    /// let ports = document.part(&[1]).unwrap();
    /// assert_eq!(ports.part(&[0]).unwrap().value(), &Value::Unsigned(80));
    /// assert!(ports.part(&[2]).is_none());
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn part(&self, positions: &[usize]) -> Option<Self> {
        let part = self.value().at(positions)?;
        let value = match &self.value {
            held if is_small(part) && !held.is_secret() => Held::Own(part.clone()),
            Held::Part(whole) => Held::Part(whole.clone()),
            Held::Shared(whole) if self.positions.is_empty() => Held::Part(whole.clone()),
            held if held.is_secret() => Held::secret(part.clone()),
            _ => Held::new(part.clone()),
        };
        let positions = [&self.positions, positions].concat().into();
        Some(Self { value, positions, about: self.about.clone() })
    }

    fn from_held(value: Held) -> Self {
        Self { value, positions: Box::default(), about: None }
    }

    /// Adds the version of the value, in the source's own terms.
    ///
    /// ```
    /// use component_model::{Record, Value, Version};
    ///
    /// assert!(Record::new(Value::Null).with_version(Version::new("42")).version().is_some());
    /// ```
    #[must_use]
    pub fn with_version(self, version: Version) -> Self {
        self.with(|about| about.version = Some(version))
    }

    /// Adds how long the value stays fresh, from the time of the answer (`Cache-Control: max-age`).
    ///
    /// ```
    /// use component_model::{Record, Value};
    /// use std::time::Duration;
    ///
    /// let minute = Duration::from_secs(60);
    /// assert_eq!(Record::new(Value::Null).with_good_for(minute).good_for(), Some(minute));
    /// ```
    #[must_use]
    pub fn with_good_for(self, good_for: Duration) -> Self {
        self.with(|about| about.good_for = Some(good_for))
    }

    /// Adds the lease of a value that its source revokes.
    ///
    /// ```
    /// use component_model::{Lease, Record, Value};
    /// use std::time::Duration;
    ///
    /// let lease = Lease::new("database/creds/shop/1", Duration::from_secs(3600));
    /// assert_eq!(Record::new(Value::Null).with_lease(lease.clone()).lease(), Some(&lease));
    /// ```
    #[must_use]
    pub fn with_lease(self, lease: Lease) -> Self {
        self.with(|about| about.lease = Some(lease))
    }

    /// Marks the value as one that must never be shown, whatever type it is read into. Its memory is overwritten when the
    /// last clone, and the last part that was taken afterwards, is dropped, unless the value was shared before.
    ///
    /// ```
    /// use component_model::{Record, Value};
    ///
    /// assert!(Record::new(Value::text("hunter2")).sensitive().is_sensitive());
    /// ```
    #[must_use]
    pub fn sensitive(self) -> Self {
        Self { value: self.value.into_secret(), ..self }.with(|about| about.sensitive = true)
    }

    /// Names within the value that no error may show, such as the name of a column that a server made of a literal in the
    /// query.
    ///
    /// ```
    /// use component_model::{Record, Value};
    ///
    /// let row = Value::rows(vec![vec![("hunter2".to_owned(), Value::text("x"))]]);
    /// let record = Record::new(row).with_hidden_names(vec!["hunter2".to_owned()]);
    /// let error = record.read_into(&mut None::<(u16,)>, false).unwrap_err();
    /// assert!(error.to_string().ends_with("found text that is not one, at …"));
    /// ```
    #[must_use]
    pub fn with_hidden_names(self, names: Vec<String>) -> Self {
        if names.is_empty() { self } else { self.with(|about| about.hidden_names = names.into()) }
    }

    /// Adds a function that finds the place of a part of the value, from the position within each list or map on the path to
    /// it. Called only for errors and reports.
    ///
    /// ```
    /// use component_model::{Record, Value, decode::Path};
    ///
    /// let lines = Value::List(vec![Value::text("1"), Value::text("x")]);
    /// let record = Record::new(lines).with_places(|positions| Some(format!("numbers.txt:{}", positions.first()? + 1)));
    /// assert_eq!(record.part(&[1]).unwrap().place(&Path::default()).as_deref(), Some("numbers.txt:2"));
    /// ```
    #[must_use]
    pub fn with_places(self, place: impl Fn(&[usize]) -> Option<String> + Send + Sync + 'static) -> Self {
        self.with(|about| about.place = Some(Arc::new(place)))
    }

    fn with(mut self, change: impl FnOnce(&mut About)) -> Self {
        change(Arc::make_mut(self.about.get_or_insert_default()));
        self
    }

    /// The value.
    ///
    /// ```
    /// use component_model::{Record, Value};
    ///
    /// assert_eq!(Record::new(Value::Bool(true)).value(), &Value::Bool(true));
    /// ```
    #[must_use]
    pub fn value(&self) -> &Value {
        match &self.value {
            Held::Own(value) => value,
            Held::Shared(value) => value,
            Held::Part(whole) => whole.at(&self.positions).unwrap_or(whole),
        }
    }

    /// The version of the value, in the source's own terms.
    ///
    /// ```
    /// use component_model::{Record, Value};
    ///
    /// assert!(Record::new(Value::Null).version().is_none());
    /// ```
    #[must_use]
    pub fn version(&self) -> Option<&Version> {
        self.about.as_ref()?.version.as_ref()
    }

    /// How long the value stays fresh, from the time of the answer.
    ///
    /// ```
    /// use component_model::{Record, Value};
    ///
    /// assert!(Record::new(Value::Null).good_for().is_none());
    /// ```
    #[must_use]
    pub fn good_for(&self) -> Option<Duration> {
        self.about.as_ref()?.good_for
    }

    /// The lease of a value that its source revokes.
    ///
    /// ```
    /// use component_model::{Record, Value};
    ///
    /// assert!(Record::new(Value::Null).lease().is_none());
    /// ```
    #[must_use]
    pub fn lease(&self) -> Option<&Lease> {
        self.about.as_ref()?.lease.as_ref()
    }

    /// Whether the value must never be shown.
    ///
    /// ```
    /// use component_model::{Record, Value};
    ///
    /// assert!(!Record::new(Value::Null).is_sensitive());
    /// ```
    #[must_use]
    pub fn is_sensitive(&self) -> bool {
        self.about.as_ref().is_some_and(|about| about.sensitive)
    }

    /// The place of the part at a path, as precisely as the source knows it.
    ///
    /// ```
    /// use component_model::{Record, Value, decode::Path};
    ///
    /// let record = Record::new(Value::text("8080")).with_places(|_| Some("app.toml:12:8".to_owned()));
    /// assert_eq!(record.place(&Path::default()).as_deref(), Some("app.toml:12:8"));
    /// ```
    #[must_use]
    pub fn place(&self, path: &Path) -> Option<String> {
        let place = self.about.as_ref()?.place.as_ref()?;
        let mut positions = self.positions.to_vec();
        positions.extend(positions_of(self.value(), path));
        place(&positions)
    }

    /// Decodes the value into a slot. An error contains the place within the source; for a sensitive value it has no message
    /// of the type's own.
    ///
    /// ```
    /// use component_model::{Record, Slot, Value};
    ///
    /// let (mut port, mut host) = (None::<u16>, None::<u16>);
    /// let record = Record::new(Value::text("8080"));
    /// record.read_into(&mut port, false)?;
    /// assert_eq!(port, Some(8080));
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    ///
    /// # Errors
    /// If the value is not valid for the type; of kind [`Absent`](crate::ErrorKind::Absent) if there is no value, such as for
    /// a query without rows.
    pub fn read_into(&self, slot: &mut dyn Slot, sensitive: bool) -> Result<(), SourceError> {
        let Err(error) = slot.decode(self.value()) else { return Ok(()) };
        let sensitive = sensitive || self.is_sensitive() || slot.is_sensitive();
        // Without the keys of the value, which the path names, and a place may too.
        let error = if sensitive { error.redacted() } else { error };
        let place = self.place(error.path());
        let hidden = self.about.as_ref().map_or(&[][..], |about| &about.hidden_names);
        let error = SourceError::from(error.hiding(hidden));
        Err(match place {
            Some(place) => error.at(place),
            None => error,
        })
    }
}

/// The positions that a path leads through; as far as it leads through lists and maps.
fn positions_of<'v>(mut value: &'v Value, path: &'v Path) -> impl Iterator<Item = usize> + use<'v> {
    path.steps().iter().map_while(move |step| {
        let position = match (step, value) {
            (Step::Index(index), Value::List(_)) => *index,
            (Step::Key(key), Value::Map(_)) => value.position(key)?,
            _ => return None,
        };
        value = value.at(&[position])?;
        Some(position)
    })
}

impl From<Value> for Record {
    fn from(value: Value) -> Self {
        Self::new(value)
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = self.version().filter(|_| !self.is_sensitive());
        f.debug_struct("Record").field("value", self.value()).field("version", &version).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
