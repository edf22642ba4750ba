use component_model::prelude::*;

#[derive(Default, AsyncAssign, ComponentModel)]
struct AppConfig {
    #[component(fetch_from = "env")]
    port: u16,
}

impl AppConfig {
    fn port_set(&mut self, port: u16) {
        self.port = port;
    }

    fn fetch_partial() {}

    fn fetch() {}
}

fn main() {}
