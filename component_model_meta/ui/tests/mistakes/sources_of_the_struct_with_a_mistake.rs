use component_model::AsyncAssign;

#[derive(AsyncAssign)]
#[component(fetch_from = ["env", "env"])]
struct AppConfig {
    host: String,
    port: u16,
    #[component(fetch_from = "file")]
    name: String,
}

fn main() {}
