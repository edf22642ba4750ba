use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = ["env", "env"])]
    host: String,
    #[component(fetch_from = "env", fallbck = 5, timeout = "soon")]
    port: u16,
    #[component(key = "RATIO")]
    ratio: f64,
    #[component(fetch_from = "env", url = "/")]
    url: String,
}

fn main() {}
