use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "env")]
    host: &'static str,
    #[component(fetch_from = "file")]
    path: &'static std::path::Path,
    #[component(fetch_from = "file")]
    ports: &'static [u16],
}

fn main() {}
