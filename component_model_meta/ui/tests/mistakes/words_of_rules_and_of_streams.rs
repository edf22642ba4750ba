//! Keys for rules, formats and live values, as other crates have them.

use component_model::prelude::*;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "env", min = 1)]
    limit: u32,
    #[component(fetch_from = "file", format = "toml")]
    host: String,
    #[component(fetch_from = "env", watch)]
    region: String,
    #[component(fetch_from = "database", table = "settings")]
    pool: u32,
    #[component(fetch_from = "env", deserialize_with = "read")]
    names: Vec<String>,
}

fn main() {}
