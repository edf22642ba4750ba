use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    region: String,
    #[component(fetch_from = "file", key = "{region}.port")]
    port: u16,
    #[component(fetch_from = "file", depends_on = "region")]
    limit: u32,
}

fn main() {}
