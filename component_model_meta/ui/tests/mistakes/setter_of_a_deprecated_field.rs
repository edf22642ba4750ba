#![deny(deprecated)]

use component_model::{AsyncAssign, ComponentModel};

#[derive(Default, AsyncAssign, ComponentModel)]
struct AppConfig {
    /// Where it listens.
    #[deprecated(note = "use `address`")]
    port: u16,
    address: String,
}

fn main() {
    let mut config = AppConfig::default().port_with(80u16);
    config.port_set(80u16);
    config.port_try_set("80").unwrap();
    drop(config.port_fetch(80u16));
    config.address_set("localhost:80");
}
