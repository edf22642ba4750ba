use component_model::AsyncAssign;

#[derive(AsyncAssign)]
#[component(fetch_from = "env")]
struct AppConfig {
    #[component(validate = positive)]
    limit: u64,
    #[component(validate = is_even)]
    size: u32,
}

fn positive(_: &u32) -> Result<(), &'static str> {
    Ok(())
}

fn is_even(size: &u32) -> bool {
    size.is_multiple_of(2)
}

fn main() {}
