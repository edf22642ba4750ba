//! A value whose type is erased.

use std::{
    any::{Any, type_name},
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

/// A value whose type is erased, with that type's equality and hash: a query, or the key of its group. Cheap to clone.
///
/// ```
/// use component_model::Opaque;
///
/// let file = Opaque::new("app.toml".to_owned());
/// assert_eq!(file, Opaque::new("app.toml".to_owned()));
/// assert_ne!(file, Opaque::new(7));
/// assert_eq!(file.get::<String>().map(String::as_str), Some("app.toml"));
/// ```
#[derive(Clone)]
pub struct Opaque(Arc<dyn Erased>);

impl Opaque {
    /// Erases the type.
    ///
    /// ```
    /// use component_model::Opaque;
    ///
    /// assert_eq!(Opaque::new(7).get::<i32>(), Some(&7));
    /// ```
    pub fn new<T: Eq + Hash + Send + Sync + 'static>(value: T) -> Self {
        Self(Arc::new(value))
    }

    /// The value, if it is of this type.
    ///
    /// ```
    /// use component_model::Opaque;
    ///
    /// assert_eq!(Opaque::new(7).get::<u8>(), None);
    /// ```
    #[must_use]
    pub fn get<T: 'static>(&self) -> Option<&T> {
        let value: &dyn Any = &*self.0;
        value.downcast_ref()
    }
}

/// The operations of a value whose type is erased.
trait Erased: Any + Send + Sync {
    fn is_equal(&self, other: &dyn Any) -> bool;
    fn hash(&self, state: &mut dyn Hasher);
    fn type_name(&self) -> &'static str;
}

impl<T: Eq + Hash + Send + Sync + 'static> Erased for T {
    fn is_equal(&self, other: &dyn Any) -> bool {
        other.downcast_ref() == Some(self)
    }

    fn hash(&self, mut state: &mut dyn Hasher) {
        Hash::hash(self, &mut state);
    }

    fn type_name(&self) -> &'static str {
        type_name::<T>()
    }
}

impl PartialEq for Opaque {
    fn eq(&self, other: &Self) -> bool {
        self.0.is_equal(&*other.0)
    }
}

impl Eq for Opaque {}

impl Hash for Opaque {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Erased::hash(&*self.0, state);
    }
}

/// Shows only the type: a query may contain secrets.
impl fmt::Debug for Opaque {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Opaque").field(&format_args!("{}", Erased::type_name(&*self.0))).finish()
    }
}
