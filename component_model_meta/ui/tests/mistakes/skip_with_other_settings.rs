use component_model::AsyncAssign;

#[derive(AsyncAssign)]
#[component(fetch_from = "env")]
struct AppConfig {
    host: String,
    #[component(skip, default = 5, key = "REQUESTS")]
    requests: u64,
    #[component(skip, prefix = "shop")]
    with_a_prefix: u64,
}

fn main() {}
