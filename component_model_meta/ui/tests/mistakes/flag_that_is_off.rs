use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(nested = false, timeout = "1s")]
    first: u8,
    #[component(skip = false, timeout = "1s")]
    second: u8,
}

fn main() {}
