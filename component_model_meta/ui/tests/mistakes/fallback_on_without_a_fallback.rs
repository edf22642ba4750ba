use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "env", fallback_on = "any")]
    host: String,
    #[component(fetch_from = "env", default = 80, fallback_on = ["denied"])]
    port: u16,
}

fn main() {}
