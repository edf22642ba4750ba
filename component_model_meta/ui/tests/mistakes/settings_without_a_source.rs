use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(key = "HOST", fallback = "localhost", timeout = 5)]
    host: String,
}

fn main() {}
