use component_model::AsyncAssign;

#[derive(AsyncAssign)]
#[component(prefix(), fetch_from = "env")]
struct AppConfig {
    host: String,
    #[component(nested, prefix("pool", env = "a", file = "b", env = "c"))]
    pool: Pool,
}

#[derive(AsyncAssign)]
#[component(fetch_from = ["env", "file"])]
struct Pool {
    max: u32,
}

fn main() {}
