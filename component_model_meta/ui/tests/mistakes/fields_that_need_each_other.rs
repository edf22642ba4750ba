use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "file", key = "{zone}.region")]
    region: String,
    #[component(fetch_from = "file", key = "{cluster}.zone")]
    zone: String,
    #[component(fetch_from = "file", depends_on = "region")]
    cluster: String,
}

#[derive(AsyncAssign)]
struct Alone {
    #[component(fetch_from = "file", key = "{port}.port")]
    port: u16,
}

fn main() {}
