use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "env", sensitive = 5)]
    token: String,
    #[component(skip = "yes")]
    requests: u64,
    #[component(nested("shop"))]
    pool: Pool,
}

#[derive(AsyncAssign)]
#[component(fetch_from = "env")]
struct Pool {
    max: u32,
}

fn main() {}
