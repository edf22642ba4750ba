use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "env", timeout = "soon")]
    host: String,
    #[component(fetch_from = "env", timeout = "5 weeks")]
    port: u16,
    #[component(fetch_from = "env", timeout = "30m1h")]
    ratio: f64,
}

fn main() {}
