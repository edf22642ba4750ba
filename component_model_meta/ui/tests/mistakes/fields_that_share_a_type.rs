use component_model::prelude::*;

#[derive(Default, AsyncAssign)]
struct AppConfig {
    host: String,
    name: String,
    port: u16,
}

fn main() {
    let mut config = AppConfig::default();
    drop(config.async_assign("localhost"));
}
