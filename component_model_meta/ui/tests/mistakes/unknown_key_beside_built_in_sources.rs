use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "redis", hash = "shop", field = "port")]
    port: u16,
    #[component(fetch_from = "consul", datacenter = "dc2")]
    host: String,
    #[component(fetch_from = ["env", redis(key = "a")], hash = "shop")]
    name: String,
}

fn main() {}
