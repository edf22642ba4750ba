use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "database", params = [5])]
    host: String,
    #[component(fetch_from = ["env", "database"], key = "PORT", params = [5])]
    port: u16,
}

fn main() {}
