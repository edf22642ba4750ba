use component_model::AsyncAssign;

#[derive(AsyncAssign)]
#[component(prefix = "SHOP_", fetch_from = "env")]
struct ShopConfig {
    host: String,
    #[component(nested, prefix = "pool.")]
    pool: Pool,
    #[component(nested, prefix(env = "SPARE__POOL", file = "/spare"))]
    spare: Pool,
}

#[derive(AsyncAssign)]
#[component(prefix = "//", fetch_from = "env")]
struct Pool {
    max: u32,
}

#[derive(AsyncAssign)]
#[component(prefix(file = 5, "shop"), fetch_from = "env")]
struct Parts {
    max: u32,
}

#[derive(AsyncAssign)]
#[component(prefix, fetch_from = "env")]
struct Empty {
    max: u32,
}

fn main() {}
