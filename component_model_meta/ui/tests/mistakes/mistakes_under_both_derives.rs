use component_model::{ComponentModel, prelude::*};

#[derive(Default, AsyncAssign, ComponentModel)]
#[component(prefx = "APP_")]
struct AppConfig {
    #[component(fetch_form = "env", timeout = true)]
    host: String,
    #[component(fetch_from)]
    port: u16,
    #[component]
    dark: bool,
}

async fn run() {
    let mut config = AppConfig::fetch_all_components().await.unwrap().host_with("localhost");
    config.port_set(80u16);
    config.port_fetch(80u16).await.unwrap();
    config.dark_set(true);
}

fn main() {}
