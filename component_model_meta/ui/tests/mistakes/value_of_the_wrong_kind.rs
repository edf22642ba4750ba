use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "env", key = 5)]
    host: String,
    #[component(fetch_from = 5)]
    port: u16,
    #[component(fetch_from = "mine", timeout = true, fallback = [1])]
    ratio: f64,
}

fn main() {}
