use component_model::prelude::*;

#[derive(Default, ComponentModel)]
struct AppConfig {
    host: String,
    name: String,
    port: u16,
}

fn main() {
    AppConfig::default().assign("localhost");
}
