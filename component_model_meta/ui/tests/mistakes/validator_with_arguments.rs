use component_model::AsyncAssign;

#[derive(AsyncAssign)]
#[component(fetch_from = "env")]
struct AppConfig {
    #[component(validate = in_range(1, 5))]
    limit: u32,
}

fn in_range(_: u32, _: u32) -> bool {
    true
}

fn main() {}
