use component_model::AsyncAssign;

#[derive(AsyncAssign)]
#[component(validate = garde)]
struct AppConfig {
    #[component(fetch_from = "env", validate = garde)]
    host: String,
}

fn main() {}
