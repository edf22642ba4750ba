//! Structs of 1, 10, 100 and 1000 components, and hand-written functions that fill them: `join!` where a person would
//! still write it, `join_all` beyond.

use std::collections::HashMap;

use component_model::{Memory, Sources, prelude::*};
use futures_util::{future::join_all, join};
use seq_macro::seq;

use crate::by_hand::{self, Failure, MemoryStore, Store, keep, keep_all};

/// One number.
#[derive(Debug, AsyncAssign, PartialEq)]
pub struct One {
    /// A number.
    #[component(fetch_from = "memory")]
    pub a0: u64,
}

/// A struct of `$half` numbers and as many texts.
macro_rules! half_numbers_half_texts {
    ($name:ident, $half:tt) => {
        seq!(N in 0..$half {
            /// As many numbers as texts.
            #[derive(Debug, AsyncAssign, PartialEq)]
            pub struct $name {
                #(
                    /// A number.
                    #[component(fetch_from = "memory")]
                    pub a~N: u64,
                    /// A text.
                    #[component(fetch_from = "memory")]
                    pub b~N: String,
                )*
            }
        });
    };
}

half_numbers_half_texts!(Ten, 5);
half_numbers_half_texts!(Hundred, 50);
half_numbers_half_texts!(Thousand, 500);

/// The hand-written functions, once for each way to look a component up.
macro_rules! hand_written {
    ($(#[$doc:meta])* $module:ident, $component:path) => {
        $(#[$doc])*
        pub mod $module {
            use super::*;
            use $component as component;

            /// Fills [`One`].
            ///
            /// # Errors
            /// All failures.
            pub async fn one(store: &dyn Store) -> Result<One, Vec<Failure>> {
                component(store, "a0").await.map(|a0| One { a0 }).map_err(|failure| vec![failure])
            }

            seq!(N in 0..5 {
                /// Fills [`Ten`].
                ///
                /// # Errors
                /// All failures.
                pub async fn ten(store: &dyn Store) -> Result<Ten, Vec<Failure>> {
                    let (#(a~N, b~N,)*) = join!(#(component(store, stringify!(a~N)), component(store, stringify!(b~N)),)*);
                    let mut failures = Vec::new();
                    #(
                        let a~N = keep(a~N, &mut failures);
                        let b~N = keep(b~N, &mut failures);
                    )*
                    match (#(a~N, b~N,)*) {
                        (#(Some(a~N), Some(b~N),)*) => Ok(Ten { #(a~N, b~N,)* }),
                        _ => Err(failures),
                    }
                }
            });

            joined_all!(Hundred, hundred, 50);
            joined_all!(Thousand, thousand, 500);
        }
    };
}

macro_rules! joined_all {
    ($name:ident, $function:ident, $half:tt) => {
        seq!(N in 0..$half {
            /// Fills the struct.
            ///
            /// # Errors
            /// All failures.
            pub async fn $function(store: &dyn Store) -> Result<$name, Vec<Failure>> {
                let numbers = [#(stringify!(a~N),)*].map(|key| component::<u64>(store, key));
                let texts = [#(stringify!(b~N),)*].map(|key| component::<String>(store, key));
                let (numbers, texts) = join!(join_all(numbers), join_all(texts));
                let mut failures = Vec::new();
                let (numbers, texts) = (keep_all(numbers, &mut failures), keep_all(texts, &mut failures));
                match (<[u64; $half]>::try_from(numbers), <[String; $half]>::try_from(texts)) {
                    (Ok([#(a~N,)*]), Ok([#(b~N,)*])) => Ok($name { #(a~N, b~N,)* }),
                    _ => Err(failures),
                }
            }
        });
    };
}

hand_written! {
    /// Without a limit on the time that the store takes.
    plain, by_hand::component
}

hand_written! {
    /// Each look-up within two seconds.
    in_time, by_hand::component_in_time
}

/// The values of all components.
pub(crate) fn values() -> impl Iterator<Item = (String, String)> {
    (0..500).flat_map(|n| [(format!("a{n}"), format!("{}", n * 1_000_003)), (format!("b{n}"), format!("the text {n}"))])
}

/// The values of all components, as the library takes them.
#[must_use]
pub fn memory() -> Memory {
    Memory::new(values())
}

/// [`memory`] under the name that the structs ask for.
#[must_use]
pub fn sources() -> Sources {
    Sources::builder().source("memory", memory()).build()
}

/// The values of all components, as the hand-written code takes them.
#[must_use]
pub fn store() -> Box<dyn Store> {
    Box::new(MemoryStore(values().collect::<HashMap<_, _>>()))
}
