use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = ["env", "consul", "env"])]
    host: String,
}

fn main() {}
