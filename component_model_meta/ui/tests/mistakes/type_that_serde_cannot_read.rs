use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "env")]
    host: Host,
}

struct Host;

fn main() {}
