use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "env")]
    name: String,
    host: Host,
}

struct Host;

fn main() {}
