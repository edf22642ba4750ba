use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "env")]
    key: [u8; 40],
    #[component(fetch_from = "env")]
    started: std::time::Instant,
}

fn main() {}
