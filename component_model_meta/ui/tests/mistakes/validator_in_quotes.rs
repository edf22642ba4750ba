use component_model::AsyncAssign;

#[derive(AsyncAssign)]
#[component(fetch_from = "env", validate)]
struct AppConfig {
    #[component(validate = "positive")]
    limit: u32,
    #[component(validate = [positive, positive()])]
    size: u32,
}

fn positive(_: &u32) -> Result<(), &'static str> {
    Ok(())
}

fn main() {}
