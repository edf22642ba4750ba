//! Several sources, or a source and a key, in one name.

use component_model::prelude::*;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "env, file")]
    host: String,
    #[component(fetch_from = "env:PORT")]
    port: u16,
    #[component(fetch_from = "consul://app/pool")]
    pool: u16,
}

fn main() {
    let _ = AppConfig::fetch_all_components();
}
