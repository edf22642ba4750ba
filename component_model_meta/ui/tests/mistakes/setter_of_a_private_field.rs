mod config {
    use component_model::{AsyncAssign, ComponentModel};

    #[derive(Default, AsyncAssign, ComponentModel)]
    pub struct AppConfig {
        pub port: u16,
        host: String,
    }
}

fn main() {
    let mut config = config::AppConfig::default().port_with(80u16);
    config.host_set("localhost");
    config.host_try_set("localhost").unwrap();
    drop(config.host_fetch("localhost"));
    config.host_with("localhost");
}
