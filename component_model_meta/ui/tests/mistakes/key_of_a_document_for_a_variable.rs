use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = ["env", "file"], key = "server.port")]
    port: u16,
    #[component(fetch_from = ["file", "env"], key = "servers[0]")]
    server: String,
    #[component(fetch_from = ["database", "env"], key = "app/port")]
    stored: u16,
    #[component(fetch_from = "env", key = "app.port")]
    only: u16,
}

fn main() {}
