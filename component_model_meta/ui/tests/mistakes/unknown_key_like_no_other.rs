use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "env", colour = "red")]
    host: String,
}

fn main() {}
