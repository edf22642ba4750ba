use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "file", key = "region")]
    region: String,
    #[component(fetch_from = "file", key = "{regoin}.port")]
    port: u16,
    #[component(fetch_from = "api", url = "/{tenant}/limit")]
    limit: u32,
    #[component(fetch_from = "database", query = "SELECT {1}", params = ["{zone}"])]
    size: u32,
    #[component(fetch_from = "file", depends_on = ["region", "tennant"])]
    ordered: u32,
    #[component(nested, prefix = "{regoin}")]
    pool: Pool,
}

#[derive(AsyncAssign)]
#[component(fetch_from = "file", prefix = "{region}")]
struct Pool {
    max: u32,
}

fn main() {}
