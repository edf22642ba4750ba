use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "env", fallbck = "localhost")]
    host: String,
}

fn main() {}
