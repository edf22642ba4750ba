//! Assignment of a struct's fields by type.
//!
//! What always holds: an assignment touches exactly one field, and a failed one touches none.
//!
//! `#[derive(ComponentModel)]` implements these traits for every type that exactly one field has. The third parameter
//! of the traits, `Via`, is the conversion from the value to the field's type; it is inferred, since each pair of types
//! has only one (see [`convert`](crate::convert)).
//!
//! # Limits
//!
//! - An integer literal is an `i32` if several fields could take an integer: write `8080u16`.
//! - If a value converts into the types of two fields, or if two fields have the same type, the compiler reports an
//!   ambiguity: use the field's own setter.
//! - A trait has no private methods: where the struct is visible, private fields can be assigned by type, while their
//!   own setters are private.

use std::{error::Error, fmt};

use crate::convert::{ByInto, ByTryInto, TryIntoValue};

/// Sets the field of the type `T`; implemented by `#[derive(ComponentModel)]`.
///
/// ```
/// use component_model::prelude::*;
///
/// #[derive(Default, ComponentModel)]
/// struct AppConfig { host: String, port: u16 }
///
/// let config = AppConfig::default().impute("localhost").impute(8080u16);
/// assert_eq!((config.host.as_str(), config.port), ("localhost", 8080));
/// ```
pub trait Assign<T, IntoT, Via = ByInto> {
    /// Sets the field.
    ///
    /// ```
    /// use component_model::prelude::*;
    /// # use doc_examples::AppConfig;
    ///
    /// let mut config = AppConfig::default();
    /// config.assign(8080u16);
    /// assert_eq!(config.port, 8080);
    /// ```
    fn assign(&mut self, component: IntoT)
    where
        Via: Unambiguous;

    /// Sets the field and returns the struct, for chains.
    ///
    /// ```
    /// use component_model::prelude::*;
    /// # use doc_examples::AppConfig;
    ///
    /// let config = AppConfig::default().impute("localhost").impute(8080u16);
    /// assert_eq!((config.host.as_str(), config.port), ("localhost", 8080));
    /// ```
    #[must_use = "the struct is moved into the call and returned changed"]
    #[inline]
    fn impute(mut self, component: IntoT) -> Self
    where
        Self: Sized,
        Via: Unambiguous,
    {
        self.assign(component);
        self
    }
}

/// Sets the field of a type that is named in the call; implemented for every struct.
///
/// ```
/// use component_model::prelude::*;
/// # use doc_examples::AppConfig;
///
/// let mut config = AppConfig::default();
/// config.assign_with_type::<u16, _>(80u8);
/// assert_eq!(config.port, 80);
/// ```
pub trait AssignWithType<Via = ByInto> {
    /// Sets the field of the type `T`.
    ///
    /// ```
    /// use component_model::prelude::*;
    /// # use doc_examples::AppConfig;
    ///
    /// let mut config = AppConfig::default();
    /// config.assign_with_type::<String, _>("localhost");
    /// assert_eq!(config.host, "localhost");
    /// ```
    #[inline]
    fn assign_with_type<T, IntoT>(&mut self, component: IntoT)
    where
        Self: Assign<T, IntoT, Via>,
        Via: Unambiguous,
    {
        self.assign(component);
    }
}

impl<S: ?Sized, Via> AssignWithType<Via> for S {}

/// Sets the field of the type `T` from a value that may not convert; implemented by `#[derive(ComponentModel)]`.
///
/// ```
/// use component_model::prelude::*;
///
/// #[derive(ComponentModel)]
/// struct AppConfig { host: String, port: u16 }
///
/// let mut config = AppConfig { host: "localhost".to_owned(), port: 80 };
/// let error = config.try_assign(-1).unwrap_err();
/// assert_eq!(error.component(), "AppConfig.port");
/// assert_eq!(config.port, 80);
/// ```
pub trait TryAssign<T, IntoT, Via = ByTryInto> {
    /// Sets the field, or leaves the struct unchanged.
    ///
    /// ```
    /// use component_model::prelude::*;
    /// # use doc_examples::AppConfig;
    ///
    /// let mut config = AppConfig::default();
    /// assert!(config.try_assign(70_000).is_err());
    /// assert_eq!(config.port, 0);
    /// config.try_assign(8080)?;
    /// assert_eq!(config.port, 8080);
    /// # Ok::<(), AssignError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the value does not convert into the field's type.
    fn try_assign(&mut self, component: IntoT) -> Result<(), AssignError>
    where
        Via: Unambiguous;

    /// Sets the field and returns the struct, for chains.
    ///
    /// ```
    /// use component_model::prelude::*;
    /// # use doc_examples::AppConfig;
    ///
    /// let config = AppConfig::default().impute("localhost").try_impute(8080)?;
    /// assert_eq!((config.host.as_str(), config.port), ("localhost", 8080));
    /// # Ok::<(), AssignError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the value does not convert into the field's type.
    #[inline]
    fn try_impute(mut self, component: IntoT) -> Result<Self, AssignError>
    where
        Self: Sized,
        Via: Unambiguous,
    {
        self.try_assign(component)?;
        Ok(self)
    }
}

/// The marker of a conversion whose type only one field has.
///
/// If several fields have the type, the derives use a marker that is not `Unambiguous`, and the compiler's error names
/// the fields. Implement this for the marker of a conversion of your own.
///
/// ```
/// use component_model::{assign::Unambiguous, convert::IntoValue};
/// use std::time::Duration;
///
/// struct Minutes(u64);
/// struct ByMinutes;
/// impl Unambiguous for ByMinutes {}
/// impl IntoValue<Duration, ByMinutes> for Minutes {
///     fn into_value(self) -> Duration { Duration::from_secs(self.0 * 60) }
/// }
/// let timeout: Duration = Minutes(2).into_value();
/// assert_eq!(timeout.as_secs(), 120);
/// ```
pub trait Unambiguous {}

/// Why a value was not assigned. It names the component and the expected type, never the value.
///
/// ```
/// use component_model::AssignError;
///
/// let error = AssignError::new("AppConfig.port", "u16", "number too large");
/// assert_eq!(error.to_string(), "cannot assign `AppConfig.port: u16`: number too large");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssignError {
    component: &'static str,
    expected: &'static str,
    reason: String,
}

impl AssignError {
    /// An error for a component, such as `AppConfig.port`, of the type `expected`.
    ///
    /// The reason is shown to users: it should not repeat the value.
    ///
    /// ```
    /// use component_model::AssignError;
    ///
    /// let error = AssignError::new("AppConfig.port", "u16", "it is negative");
    /// assert_eq!(error.to_string(), "cannot assign `AppConfig.port: u16`: it is negative");
    /// ```
    #[must_use]
    pub fn new(component: &'static str, expected: &'static str, reason: impl fmt::Display) -> Self {
        Self { component, expected, reason: reason.to_string() }
    }

    /// The struct and the field, such as `AppConfig.port`.
    ///
    /// ```
    /// use component_model::AssignError;
    ///
    /// let error = AssignError::new("AppConfig.port", "u16", "it is negative");
    /// assert_eq!(error.component(), "AppConfig.port");
    /// ```
    #[must_use]
    pub fn component(&self) -> &'static str {
        self.component
    }

    /// The type of the field, as written in the struct.
    ///
    /// ```
    /// use component_model::AssignError;
    ///
    /// let error = AssignError::new("AppConfig.port", "u16", "it is negative");
    /// assert_eq!(error.expected(), "u16");
    /// ```
    #[must_use]
    pub fn expected(&self) -> &'static str {
        self.expected
    }

    /// Why the value does not convert.
    ///
    /// ```
    /// use component_model::AssignError;
    ///
    /// let error = AssignError::new("AppConfig.port", "u16", "it is negative");
    /// assert_eq!(error.reason(), "it is negative");
    /// ```
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

/// Sets a field, or returns why its value does not convert; what the derived setters do.
///
/// # Errors
///
/// If the value does not convert into the field's type.
#[doc(hidden)]
#[inline]
pub fn try_set<T, V, Via>(
    field: &mut T,
    value: V,
    component: &'static str,
    expected: &'static str,
) -> Result<(), AssignError>
where
    V: TryIntoValue<T, Via>,
{
    *field = value.try_into_value().map_err(|reason| AssignError::new(component, expected, reason))?;
    Ok(())
}

impl fmt::Display for AssignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { component, expected, reason } = self;
        write!(f, "cannot assign `{component}: {expected}`: {reason}")
    }
}

impl Error for AssignError {}
