//! The conversions from a value to the type of a field.
//!
//! What always holds: a pair of types has at most one conversion in [`IntoValue`] and at most one in [`TryIntoValue`], so
//! that the compiler infers it; no conversion panics; [`IntoValue`] cannot fail.
//!
//! | conversion | values | types of fields | used by |
//! | --- | --- | --- | --- |
//! | [`ByInto`] | any `Into<T>` | any `T` | `assign` |
//! | [`BySeconds`] | `u64`; `(u64, u32)` as seconds and nanoseconds | [`Duration`](std::time::Duration) | `assign` |
//! | [`ByItems`] | `[&str; N]`, `Vec<&str>`; `[(&str, &str); N]` | collections of `String` or `PathBuf`; maps of `String` | both |
//! | [`ByTryInto`] | any `TryInto<T>`, which includes `Into<T>` | any `T` | `try_assign` |
//! | [`BySeconds`] | `u32`, `i32`, `u64`, `i64`, `f32`, `f64`, `(u64, u32)` | [`Duration`](std::time::Duration) | `try_assign` |
//! | [`ByParse`] | `&str`, `String`; `(&str, u16)` as host and port | numbers, `bool`, `char`, addresses, durations | `try_assign` |
//!
//! A fraction or a signed number of seconds converts with `try_assign` only: it can be negative, too large or not a
//! number, and `assign` neither fails nor silently uses another value. With `assign` an integer literal is a `u64`, so
//! `timeout_set(30)` works.

use std::fmt::Display;

use crate::assign::Unambiguous;

mod items;
mod parse;
mod seconds;

/// A value that converts into a `T`; `Via` is the marker of the conversion.
///
/// ```
/// use component_model::convert::IntoValue;
/// use std::{path::PathBuf, time::Duration};
///
/// let host: String = "localhost".into_value();
/// let timeout: Duration = 30.into_value();
/// let roots: Vec<PathBuf> = ["/etc", "/opt"].into_value();
/// # assert_eq!((host.len(), timeout.as_secs(), roots.len()), (9, 30, 2));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not convert into `{T}`",
    label = "is not a `{T}`, nor converts into one",
    note = "a number literal may need its type, as in `8080u16`",
    note = "text is parsed, and numbers are checked, by `try_assign` and by the setters whose names end in `_try_set`"
)]
pub trait IntoValue<T, Via> {
    /// Converts the value into the field's type.
    ///
    /// ```
    /// use component_model::convert::IntoValue;
    ///
    /// let names: Vec<String> = ["a", "b"].into_value();
    /// assert_eq!(names, ["a", "b"]);
    /// ```
    fn into_value(self) -> T;
}

/// A value that may convert into a `T`; `Via` is the marker of the conversion.
///
/// ```
/// use component_model::convert::TryIntoValue;
/// use std::net::SocketAddr;
///
/// let address: SocketAddr = ("127.0.0.1", 80).try_into_value()?;
/// let port: Result<u16, _> = "http".try_into_value();
/// assert_eq!(port.unwrap_err().to_string(), "invalid digit found in string");
/// # assert_eq!(address.port(), 80);
/// # Ok::<(), component_model::convert::Reason>(())
/// ```
pub trait TryIntoValue<T, Via> {
    /// Converts the value into the field's type.
    ///
    /// ```
    /// use component_model::convert::TryIntoValue;
    ///
    /// let debug: bool = "true".try_into_value()?;
    /// assert!(debug);
    /// # Ok::<(), component_model::convert::Reason>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the value does not convert; the reason does not repeat it.
    fn try_into_value(self) -> Result<T, Reason>;
}

/// Why a value does not convert: the message of the conversion's own error.
///
/// ```
/// use component_model::convert::Reason;
///
/// assert_eq!(Reason::new("too large").to_string(), "too large");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(String);

impl Reason {
    /// A reason as text, which should not repeat the value.
    ///
    /// ```
    /// use component_model::convert::Reason;
    ///
    /// let reason = Reason::new("invalid digit".parse::<u8>().unwrap_err());
    /// assert_eq!(reason.to_string(), "invalid digit found in string");
    /// ```
    #[must_use]
    pub fn new(reason: impl Display) -> Self {
        Self(reason.to_string())
    }
}

impl Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Reason {}

/// The marker of conversions with [`Into`].
///
/// ```
/// use component_model::convert::{ByInto, IntoValue};
///
/// let host = IntoValue::<String, ByInto>::into_value("localhost");
/// assert_eq!(host, "localhost");
/// ```
#[derive(Debug)]
pub struct ByInto(());

/// The marker of conversions with [`TryInto`].
///
/// ```
/// use component_model::convert::{ByTryInto, TryIntoValue};
///
/// let port = TryIntoValue::<u16, ByTryInto>::try_into_value(8080i64)?;
/// assert_eq!(port, 8080);
/// # Ok::<(), component_model::convert::Reason>(())
/// ```
#[derive(Debug)]
pub struct ByTryInto(());

/// The marker of conversions from numbers of seconds to durations.
///
/// ```
/// use component_model::convert::{BySeconds, IntoValue};
/// use std::time::Duration;
///
/// let timeout = IntoValue::<Duration, BySeconds>::into_value(30u64);
/// assert_eq!(timeout, Duration::from_secs(30));
/// ```
#[derive(Debug)]
pub struct BySeconds(());

/// The marker of conversions from lists of string slices to collections of owned strings and paths.
///
/// ```
/// use component_model::convert::{ByItems, IntoValue};
/// use std::collections::BTreeMap;
///
/// let labels = IntoValue::<BTreeMap<String, String>, ByItems>::into_value([("tier", "web")]);
/// assert_eq!(labels["tier"], "web");
/// ```
#[derive(Debug)]
pub struct ByItems(());

/// The marker of conversions that parse text.
///
/// ```
/// use component_model::convert::{ByParse, TryIntoValue};
/// use std::net::IpAddr;
///
/// let host = TryIntoValue::<IpAddr, ByParse>::try_into_value("::1")?;
/// assert!(host.is_loopback());
/// # Ok::<(), component_model::convert::Reason>(())
/// ```
#[derive(Debug)]
pub struct ByParse(());

impl Unambiguous for ByInto {}
impl Unambiguous for ByTryInto {}
impl Unambiguous for BySeconds {}
impl Unambiguous for ByItems {}
impl Unambiguous for ByParse {}

// The message of `IntoValue` says more than the list of what implements `From`.
#[diagnostic::do_not_recommend]
impl<T, V: Into<T>> IntoValue<T, ByInto> for V {
    #[inline]
    fn into_value(self) -> T {
        self.into()
    }
}

impl<T, V: TryInto<T, Error: Display>> TryIntoValue<T, ByTryInto> for V {
    #[inline]
    fn try_into_value(self) -> Result<T, Reason> {
        self.try_into().map_err(Reason::new)
    }
}
