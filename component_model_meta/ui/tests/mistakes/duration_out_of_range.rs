use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "env", timeout = 0)]
    host: String,
    #[component(fetch_from = "env", timeout = -5)]
    port: u16,
    #[component(fetch_from = "env", timeout = "99999999999999999999d")]
    ratio: f64,
}

fn main() {}
