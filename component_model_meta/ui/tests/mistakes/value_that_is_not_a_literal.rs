use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "env", key = KEY)]
    host: String,
    #[component(fetch_from = "database", query = "SELECT $1", params = [LIMIT, 5])]
    port: u16,
}

fn main() {}
