use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "file")]
    region: String,
    #[component(fetch_from = "file", key = "{region.port")]
    port: u16,
    #[component(fetch_from = "file", key = "region}.limit")]
    limit: u32,
    #[component(fetch_from = "file", path = "{the region}.toml")]
    size: u32,
    #[component(nested, prefix = "{region")]
    pool: Pool,
}

#[derive(AsyncAssign)]
#[component(fetch_from = "file")]
struct Pool {
    max: u32,
}

fn main() {}
