use component_model::ComponentModel;

#[derive(Default, ComponentModel)]
struct AppConfig {
    port: u16,
    port_try: u16,
}

fn main() {
    AppConfig::default().port_try_set("80");
}
