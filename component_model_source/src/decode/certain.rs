//! Literals of attributes that the compiler checks, since the type of the field has a notation that is certain.
//!
//! What always holds: a literal that a fetch would read is not refused here. What is not certain is left to the fetch.

use super::sensitive::Probe;

/// How a type reads text.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum Notation {
    /// Not known here.
    Any,
    /// A whole number within bounds.
    Integer { min: i128, max: u128 },
    /// A word for a boolean.
    Boolean,
}

/// The notation of the types that have none of their own, which the compiler would take first.
#[doc(hidden)]
pub trait AnyNotation {
    /// How the type reads text.
    const NOTATION: Notation = Notation::Any;
}

impl<T> AnyNotation for Probe<T> {}

macro_rules! integers {
    ($($ty:ident)*) => {
        $(
            impl Probe<$ty> {
                /// How the type reads text.
                pub const NOTATION: Notation = Notation::Integer { min: $ty::MIN as i128, max: $ty::MAX as u128 };
            }
        )*
    };
}

integers! { u8 u16 u32 u64 u128 usize i8 i16 i32 i64 isize }

impl Probe<bool> {
    /// How the type reads text.
    pub const NOTATION: Notation = Notation::Boolean;
}

impl Notation {
    /// Whether a text may be read; `true` if that is not certain.
    #[must_use]
    pub const fn accepts(self, text: &str) -> bool {
        // White space that is not ASCII is dropped by the fetch.
        if !text.is_ascii() {
            return true;
        }
        let text = text.trim_ascii();
        match self {
            Self::Any => true,
            Self::Integer { min, max } => match (i128::from_str_radix(text, 10), u128::from_str_radix(text, 10)) {
                (_, Ok(number)) => number <= max,
                (Ok(number), Err(_)) => min <= number,
                (Err(_), Err(_)) => false,
            },
            Self::Boolean => is_word(text),
        }
    }
}

const fn is_word(text: &str) -> bool {
    const WORDS: [&str; 8] = ["true", "1", "yes", "on", "false", "0", "no", "off"];
    let mut index = 0;
    while index < WORDS.len() {
        if text.eq_ignore_ascii_case(WORDS[index]) {
            return true;
        }
        index += 1;
    }
    false
}

/// Checks the literal of an attribute, which the type of the field is to read.
///
/// # Panics
/// If it certainly does not; at compile time, since it is only called in constants.
#[doc(hidden)]
#[track_caller]
pub const fn check_literal(notation: Notation, text: &str, mistake: &'static str) {
    assert!(notation.accepts(text), "{}", mistake);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Value, decode};

    fn reads<T: serde::de::DeserializeOwned + Send + 'static>(text: &str) -> bool {
        decode::from_value::<T>(&Value::text(text)).is_ok()
    }

    proptest! {
        #[test]
        fn what_a_fetch_reads_is_accepted(text in "[ \\t\u{a0}]?[-+]?[0-9]{0,22}[ \\n]?|true|YES|on|Off|[a-z0-9]{0,4}") {
            prop_assert!(!reads::<u8>(&text) || Probe::<u8>::NOTATION.accepts(&text));
            prop_assert!(!reads::<i64>(&text) || Probe::<i64>::NOTATION.accepts(&text));
            prop_assert!(!reads::<u64>(&text) || Probe::<u64>::NOTATION.accepts(&text));
            prop_assert!(!reads::<bool>(&text) || Probe::<bool>::NOTATION.accepts(&text));
            prop_assert!(Probe::<String>::NOTATION.accepts(&text));
        }
    }

    #[test]
    fn what_certainly_is_none_is_refused() {
        for text in ["80800", "-1", "", "port", "1.5", "0x50", "8 080"] {
            assert!(!Probe::<u16>::NOTATION.accepts(text) && !reads::<u16>(text), "{text}");
        }
        for text in ["", "ja", "2", "truefalse"] {
            assert!(!Probe::<bool>::NOTATION.accepts(text) && !reads::<bool>(text), "{text}");
        }
        assert!(!Probe::<i8>::NOTATION.accepts("-129") && Probe::<i8>::NOTATION.accepts("-128"));
        assert!(Probe::<u128>::NOTATION.accepts(&u128::MAX.to_string()));
    }

    #[test]
    fn an_alias_is_seen_through_and_a_type_of_ones_own_is_not_judged() {
        type Port = u16;
        struct Own;
        assert!(!Probe::<Port>::NOTATION.accepts("x") && Probe::<Own>::NOTATION.accepts("x"));
    }
}
