//! A struct with sources that derives only `ComponentModel`, and one without any derive.

use component_model::prelude::*;

#[derive(Default, ComponentModel)]
struct AppConfig {
    #[component(fetch_from = "env")]
    port: u16,
}

struct Plain {
    port: u16,
}

fn main() {
    let _ = AppConfig::fetch_all_components();
    let _ = Plain::fetch_with_resilience();
    let _ = AppConfig::default().port;
    let _ = Plain { port: 80 }.port;
}
