use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(nested)]
    pool: Pool,
    #[component(fetch_from = "file", key = "{pool}.port")]
    port: u16,
    #[component(fetch_from = "file", key = "{port.zone}.limit")]
    limit: u32,
    #[component(fetch_from = "file", key = "{pool.max}.size", depends_on = "pool")]
    valid: u32,
}

#[derive(AsyncAssign)]
#[component(fetch_from = "file")]
struct Pool {
    max: u32,
}

fn main() {}
