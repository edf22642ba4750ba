use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = [])]
    host: String,
    #[component(fetch_from = "")]
    port: u16,
}

fn main() {}
