use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct ShopConfig {
    #[component(nested, fetch_from = "env")]
    pool: Pool,
    #[component(nested, default, timeout = 5)]
    spare: Pool,
    #[component(nested, key = "reserve")]
    reserve: Option<Pool>,
    #[component(nested, skip)]
    skipped: Pool,
    #[component(nested, validate = ordered)]
    valid: Pool,
}

#[derive(AsyncAssign)]
#[component(fetch_from = "env")]
struct Pool {
    max: u32,
}

fn ordered(_: &Pool) -> Result<(), &'static str> {
    Ok(())
}

fn main() {}
