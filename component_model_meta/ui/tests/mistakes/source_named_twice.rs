use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = ["env", "consul", "env"])]
    host: String,
    #[component(fetch_from = [env(key = "HOST"), env(key = "HOST")])]
    with_the_same_key: String,
    #[component(fetch_from = [env(key = "HOST"), "env"])]
    with_another_key: String,
}

fn main() {}
