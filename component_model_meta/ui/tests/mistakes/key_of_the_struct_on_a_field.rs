use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "file", deny_unknown, crate = "x")]
    host: String,
}

fn main() {}
