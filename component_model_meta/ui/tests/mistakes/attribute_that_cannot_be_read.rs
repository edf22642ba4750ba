use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "env" key = "HOST", fallbck = "localhost")]
    host: String,
    #[component(fetch_from = , timeout = 0)]
    port: u16,
    #[component("env", fetch_from = "env", fallback = 1 +)]
    size: u16,
    #[component(fetch_from: "env")]
    name: String,
}

async fn fetch() -> AppConfig {
    AppConfig::fetch_all_components().await.unwrap()
}

fn main() {}
