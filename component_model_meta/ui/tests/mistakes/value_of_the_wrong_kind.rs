use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "env", key = 5)]
    host: String,
    #[component(fetch_from = 5)]
    port: u16,
    #[component(fetch_from = "mine", timeout = true, fallback = f(1))]
    ratio: f64,
    #[component(fetch_from = ["env", file(path = 5)])]
    path: String,
    #[component(fetch_from = mine(limit = MAX))]
    limit: u32,
    #[component(fetch_from = "env", depends_on = host)]
    word: u32,
}

fn main() {}
