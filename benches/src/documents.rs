//! A file of fifty values, and fifty variables: fetched, by hand, and with `config` and `figment`.
//!
//! What always holds: all ways fill the same struct, and all of them read the file or the variables each time.

use std::{fmt::Write, path::Path};

use component_model::prelude::*;
use seq_macro::seq;
use serde::Deserialize;

/// Whatever goes wrong.
pub type Problem = Box<dyn std::error::Error + Send + Sync>;

/// What the names of the variables begin with.
pub const PREFIX: &str = "BENCH_";

seq!(N in 0..25 {
    /// Fifty values of one file: as many numbers as texts.
    #[derive(Debug, AsyncAssign, Deserialize, PartialEq)]
    pub struct Values {
        #(
            #[component(fetch_from = "file")]
            a~N: u64,
            #[component(fetch_from = "file")]
            b~N: String,
        )*
    }

    /// Fifty variables: as many numbers as texts.
    #[derive(Debug, AsyncAssign, Deserialize, PartialEq)]
    #[component(prefix = "bench")]
    pub struct Variables {
        #(
            #[component(fetch_from = "env")]
            a~N: u64,
            #[component(fetch_from = "env")]
            b~N: String,
        )*
    }

    impl Variables {
        /// One variable after another.
        ///
        /// # Errors
        /// The first failure.
        pub fn by_hand() -> Result<Self, Problem> {
            Ok(Self {
                #(
                    a~N: std::env::var(concat!("BENCH_A", N))?.parse()?,
                    b~N: std::env::var(concat!("BENCH_B", N))?,
                )*
            })
        }
    }
});

/// The names and the values, as a document writes them.
fn contents() -> impl Iterator<Item = (String, String)> {
    (0..25).flat_map(|number| {
        [
            (format!("a{number}"), (number * 1_000_003).to_string()),
            (format!("b{number}"), format!("\"the text {number}\"")),
        ]
    })
}

/// The variables that [`Variables`] reads.
pub fn variables() -> impl Iterator<Item = (String, String)> {
    contents().map(|(name, value)| (format!("{PREFIX}{}", name.to_uppercase()), value.trim_matches('"').to_owned()))
}

/// A format of files: how a document is written, and how the others read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// TOML.
    Toml,
    /// JSON.
    Json,
    /// YAML.
    Yaml,
}

impl Format {
    /// The name in the table, which is the ending of the file as well.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Toml => "TOML",
            Self::Json => "JSON",
            Self::Yaml => "YAML",
        }
    }

    /// A document of the fifty values.
    #[must_use]
    pub fn document(self) -> String {
        let mut text = String::new();
        let (between, after) = match self {
            Self::Toml => (" = ", "\n"),
            Self::Json => (": ", ",\n"),
            Self::Yaml => (": ", "\n"),
        };
        for (name, value) in contents() {
            let name = if self == Self::Json { format!("\"{name}\"") } else { name };
            let _ = write!(text, "{name}{between}{value}{after}");
        }
        match self {
            Self::Json => format!("{{{}}}", text.trim_end_matches(",\n")),
            _ => text,
        }
    }

    /// The parser's own function.
    ///
    /// # Errors
    /// Where the text does not parse.
    pub fn parse(self, text: &str) -> Result<Values, Problem> {
        Ok(match self {
            Self::Toml => toml::from_str(text)?,
            Self::Json => serde_json::from_str(text)?,
            Self::Yaml => yaml_serde::from_str(text)?,
        })
    }

    /// Reads with `config`.
    ///
    /// # Errors
    /// Where the file cannot be read or does not parse.
    pub fn with_config(self, path: &Path) -> Result<Values, Problem> {
        let file = config::File::from(path);
        Ok(config::Config::builder().add_source(file).build()?.try_deserialize()?)
    }

    /// Reads with `figment`.
    ///
    /// # Errors
    /// Where the file cannot be read or does not parse.
    pub fn with_figment(self, path: &Path) -> Result<Values, Problem> {
        use figment::providers::{Format as _, Json, Toml, Yaml};

        let figment = figment::Figment::new();
        Ok(match self {
            Self::Toml => figment.merge(Toml::file_exact(path)),
            Self::Json => figment.merge(Json::file_exact(path)),
            Self::Yaml => figment.merge(Yaml::file_exact(path)),
        }
        .extract()
        .map_err(Box::new)?)
    }
}

/// Reads the variables with `config`.
///
/// # Errors
/// Where a variable does not parse.
pub fn variables_with_config() -> Result<Variables, Problem> {
    let variables = config::Environment::with_prefix(PREFIX.trim_end_matches('_'));
    Ok(config::Config::builder().add_source(variables).build()?.try_deserialize()?)
}

/// Reads the variables with `figment`.
///
/// # Errors
/// Where a variable does not parse.
pub fn variables_with_figment() -> Result<Variables, Problem> {
    let variables = figment::providers::Env::prefixed(PREFIX);
    Ok(figment::Figment::new().merge(variables).extract().map_err(Box::new)?)
}
