use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "database", query = "SELECT 1", key = "host")]
    host: String,
    #[component(fetch_from = "api", url = "/port", key = "port")]
    port: u16,
}

fn main() {}
