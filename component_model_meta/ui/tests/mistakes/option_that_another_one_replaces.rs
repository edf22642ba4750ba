use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "database", query = "SELECT 1", key = "host")]
    host: String,
}

fn main() {}
