use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "flags", project = "shop")]
    dark_mode: bool,
}

fn main() {}
