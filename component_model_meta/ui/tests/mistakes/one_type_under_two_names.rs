use component_model::{ComponentModel, prelude::*};

type Port = u16;

#[derive(Default, AsyncAssign, ComponentModel)]
struct AppConfig {
    http: u16,
    grpc: Port,
    host: String,
}

fn main() {
    let mut config = AppConfig::default();
    config.assign(8080u16);
    drop(config.async_assign(8080u16));
}
