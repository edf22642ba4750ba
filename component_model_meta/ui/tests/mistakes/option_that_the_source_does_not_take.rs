use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "env", query = "SELECT 1")]
    host: String,
    #[component(fetch_from = "api", path = "/etc/app.toml")]
    port: u16,
}

fn main() {}
