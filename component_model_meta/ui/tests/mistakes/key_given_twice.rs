use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "env", key = "A")]
    #[component(key = "B")]
    host: String,
    #[component(fetch_from = env(key = "A", key = "B"))]
    name: String,
}

fn main() {}
