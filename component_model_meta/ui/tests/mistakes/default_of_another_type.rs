use component_model::AsyncAssign;

#[derive(AsyncAssign)]
#[component(fetch_from = "env")]
struct AppConfig {
    #[component(default = u64::MAX)]
    limit: u32,
    #[component(default)]
    host: Host,
}

#[derive(serde::Deserialize)]
struct Host;

fn main() {}
