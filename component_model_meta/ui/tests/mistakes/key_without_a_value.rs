use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "env", fallback)]
    host: String,
    #[component(fetch_from("env"))]
    port: u16,
    #[component(fetch_from = "file", path)]
    name: String,
}

fn main() {}
