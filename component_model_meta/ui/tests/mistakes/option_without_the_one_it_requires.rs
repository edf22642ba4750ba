use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "database", params = [5])]
    host: String,
    #[component(fetch_from = [env(key = "PORT"), "database"], params = [5])]
    port: u16,
    #[component(fetch_from = ["env", database(params = [5])])]
    inside: u16,
}

fn main() {}
