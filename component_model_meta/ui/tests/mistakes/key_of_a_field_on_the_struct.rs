use component_model::AsyncAssign;

#[derive(AsyncAssign)]
#[component(timeout = 5, prefix = 5, crate = "not a path")]
struct AppConfig {
    host: String,
}

fn main() {}
