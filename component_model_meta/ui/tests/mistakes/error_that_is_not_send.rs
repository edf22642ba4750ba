//! A future whose error stays in one thread, and a text for a number.

use component_model::prelude::*;

#[derive(Default, AsyncAssign)]
struct AppConfig {
    host: String,
    port: u16,
}

async fn find_port() -> Result<u16, Box<dyn std::error::Error>> {
    Ok(8080)
}

fn main() {
    let mut config = AppConfig::default();
    let _ = config.port_fetch(find_port());
    let _ = config.port_fetch("80");
}
