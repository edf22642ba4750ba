//! Which values are sensitive: those of `secrecy`'s types.
//!
//! The plan says it of each component, found at compile time by [`Probe`], which sees through an alias. Where the type
//! is a parameter of the struct, or a list of secrets, the place of the value says it:
//! [`Slot::is_sensitive`](super::Slot::is_sensitive).

use std::marker::PhantomData;

use secrecy::{SecretBox, zeroize::Zeroize};

/// Asks whether a type is sensitive: `Probe::<T>::SENSITIVE`, with [`NotSensitive`] in scope.
#[doc(hidden)]
#[derive(Debug)]
pub struct Probe<T>(PhantomData<T>);

/// What is true of the types that have no constant of their own, which the compiler would take first.
#[doc(hidden)]
pub trait NotSensitive {
    /// Whether the value may be shown nowhere.
    const SENSITIVE: bool = false;
}

impl<T> NotSensitive for Probe<T> {}

impl<S: Zeroize + ?Sized> Probe<SecretBox<S>> {
    /// Whether the value may be shown nowhere.
    pub const SENSITIVE: bool = true;
}

impl<S: Zeroize + ?Sized> Probe<Option<SecretBox<S>>> {
    /// Whether the value may be shown nowhere.
    pub const SENSITIVE: bool = true;
}

/// Whether a type of this name holds a secret of `secrecy`, in whatever depth.
///
/// By its name, since neither `TypeId` nor a trait sees `Vec<SecretBox<T>>` for every `T`. The compiler does not
/// promise how it writes names, so a test holds it to that, and nothing rests on this alone: no message that could hold
/// a value is ever shown.
pub(super) fn names_a_secret(name: &str) -> bool {
    name.contains("secrecy::SecretBox<")
}
