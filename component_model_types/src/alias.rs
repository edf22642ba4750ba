//! What the derives ask the compiler about types that could be one type under two names; not part of the public API.
//!
//! A derive sees only the names. With this module the generated code compares the types themselves, and implements
//! assignment by type for those that differ from all others.

use std::marker::PhantomData;

/// Compares two types; [`Differ`] has the answer for different ones.
#[derive(Debug)]
pub struct Same<A: ?Sized, B: ?Sized>(PhantomData<A>, PhantomData<B>);

impl<T: ?Sized> Same<T, T> {
    /// They are the same. An inherent constant takes precedence over that of a trait.
    pub const SAME: bool = true;
}

/// The answer for types that are not the same.
pub trait Differ {
    /// They are not the same.
    const SAME: bool = false;
}

impl<A: ?Sized, B: ?Sized> Differ for Same<A, B> {}

/// The type that an implementation is for: a type under a condition.
///
/// The derives implement it for a type of their own. The compiler takes into account that other crates could implement it
/// for a type from here, and then would not rely on the result.
pub trait Choice {
    /// The type under the condition.
    type Wanted;
    /// The type if the condition holds, otherwise [`Unassignable`].
    type Type;

    /// The value, which exists only if the condition holds.
    fn wanted(value: Self::Type) -> Self::Wanted;
}

/// Implemented if the condition holds.
pub trait Holds {}

/// Stands for the type of an implementation that is not used. `PLACE` tells those of one trait apart.
#[derive(Debug)]
pub enum Unassignable<const PLACE: usize> {}

#[cfg(test)]
mod tests {
    use super::*;

    type Port = u16;

    #[test]
    fn a_type_and_its_alias_are_the_same() {
        const { assert!(Same::<u16, Port>::SAME) };
        const { assert!(Same::<Vec<Port>, Vec<u16>>::SAME) };
        const { assert!(!Same::<u16, u32>::SAME) };
        const { assert!(!Same::<Option<Port>, Option<u8>>::SAME) };
    }
}
