use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "env", prefix = "app", crate = "x")]
    host: String,
}

fn main() {}
