use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "env", fallback = None)]
    host: Option<String>,
    #[component(fetch_from = "env", fallback = Some(80))]
    port: Option<u16>,
    #[component(fetch_from = "env", fallback = default_name())]
    name: String,
    #[component(fetch_from = "env", default = None)]
    fine: Option<u16>,
}

fn default_name() -> String {
    String::new()
}

fn main() {}
