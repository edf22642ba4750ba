use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "api", url = "/port", key = "port")]
    port: u16,
    #[component(fetch_from = ["env", api(key = "host")], url = "/host")]
    host: String,
}

fn main() {}
