use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = env(key = "A"), key = "B")]
    host: String,
    #[component(fetch_from = ["env", file(path = "a.toml")], path = "b.toml")]
    name: String,
}

fn main() {}
