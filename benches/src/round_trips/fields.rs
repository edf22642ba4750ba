//! The structs, and how they are filled when each value is asked for alone.

use std::collections::BTreeMap;

use component_model::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Problem;

macro_rules! fields {
    ($($number:ident $number_at:literal $text:ident $text_at:literal)*) => {
        /// Fifty rows of the default table: as many numbers as texts.
        #[derive(Debug, AsyncAssign, Deserialize, PartialEq)]
        pub struct Rows {
            $(
                #[component(fetch_from = "database")]
                $number: u64,
                #[component(fetch_from = "database")]
                $text: String,
            )*
        }

        /// Fifty values of one document: as many numbers as texts.
        #[derive(Debug, AsyncAssign, Deserialize, PartialEq)]
        pub struct Values {
            $(
                #[component(fetch_from = "api", url = "settings", pointer = $number_at)]
                $number: u64,
                #[component(fetch_from = "api", url = "settings", pointer = $text_at)]
                $text: String,
            )*
        }

        impl Rows {
            /// One `await` after another, each with the key of one row.
            ///
            /// # Errors
            /// The first failure.
            pub async fn one_after_another(
                mut ask: impl AsyncFnMut(&'static str) -> Result<String, Problem>,
            ) -> Result<Self, Problem> {
                Ok(Self {
                    $($number: ask(stringify!($number)).await?.parse()?, $text: ask(stringify!($text)).await?,)*
                })
            }
        }

        impl Values {
            /// One `await` after another, each with the pointer to one value.
            ///
            /// # Errors
            /// The first failure.
            pub async fn one_after_another(
                ask: impl AsyncFn(&'static str) -> Result<Value, Problem>,
            ) -> Result<Self, Problem> {
                Ok(Self {
                    $(
                        $number: serde_json::from_value(ask($number_at).await?)?,
                        $text: serde_json::from_value(ask($text_at).await?)?,
                    )*
                })
            }
        }

        /// What table and document hold, by the names of the fields.
        #[must_use]
        pub fn contents() -> BTreeMap<&'static str, Value> {
            let numbers = [$(stringify!($number)),*].into_iter().zip((0..).map(|n| json!(n * 1_000_003)));
            let texts = [$(stringify!($text)),*].into_iter().zip((0..).map(|n| json!(format!("the text {n}"))));
            numbers.chain(texts).collect()
        }
    };
}

fields! {
    a0 "/a0" b0 "/b0" a1 "/a1" b1 "/b1" a2 "/a2" b2 "/b2" a3 "/a3" b3 "/b3" a4 "/a4" b4 "/b4"
    a5 "/a5" b5 "/b5" a6 "/a6" b6 "/b6" a7 "/a7" b7 "/b7" a8 "/a8" b8 "/b8" a9 "/a9" b9 "/b9"
    a10 "/a10" b10 "/b10" a11 "/a11" b11 "/b11" a12 "/a12" b12 "/b12" a13 "/a13" b13 "/b13" a14 "/a14" b14 "/b14"
    a15 "/a15" b15 "/b15" a16 "/a16" b16 "/b16" a17 "/a17" b17 "/b17" a18 "/a18" b18 "/b18" a19 "/a19" b19 "/b19"
    a20 "/a20" b20 "/b20" a21 "/a21" b21 "/b21" a22 "/a22" b22 "/b22" a23 "/a23" b23 "/b23" a24 "/a24" b24 "/b24"
}
