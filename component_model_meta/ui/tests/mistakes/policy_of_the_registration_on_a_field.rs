use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "consul", limit = 4)]
    limit: String,
    #[component(fetch_from = "consul", hedge = "50ms", retry_budget = 10)]
    hedge: String,
}

fn main() {}
