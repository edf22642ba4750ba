use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "env")]
    first: Pool,
    second: Pool,
}

#[derive(AsyncAssign)]
#[component(fetch_from = "env")]
struct Pool {
    max: u32,
}

fn main() {}
