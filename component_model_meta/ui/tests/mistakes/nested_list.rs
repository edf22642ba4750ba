use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct ShopConfig {
    #[component(nested)]
    pools: Vec<Pool>,
}

#[derive(AsyncAssign)]
#[component(fetch_from = "env")]
struct Pool {
    max: u32,
}

fn main() {}
