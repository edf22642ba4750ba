use component_model::AsyncAssign;

#[derive(AsyncAssign)]
#[component(fetch_from = "consul")]
struct AppConfig {
    region: String,
    #[component(nested)]
    pool: Pool,
}

#[derive(AsyncAssign)]
struct Pool {
    #[component(fetch_from = "consul", key = "{region}/max")]
    max: u32,
    #[component(fetch_from = "consul", default)]
    min: u32,
}

fn main() {}
