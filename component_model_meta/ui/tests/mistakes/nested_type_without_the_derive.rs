use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct ShopConfig {
    #[component(nested)]
    pool: Pool,
}

struct Pool {
    max: u32,
}

fn main() {}
