use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "database", params = [5])]
    host: String,
}

fn main() {}
