use component_model::ComponentModel;

#[derive(Default, ComponentModel)]
#[component(prefx = "APP_")]
struct AppConfig {
    #[component(fetch_form = "env")]
    host: String,
    port: u16,
}

fn main() {
    let mut config = AppConfig::default().host_with("localhost");
    config.port_set(80u16);
    config.port_try_set("80").unwrap();
}
