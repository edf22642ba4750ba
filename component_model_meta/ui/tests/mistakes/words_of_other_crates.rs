use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(source = "env")]
    host: String,
    #[component(fetch_from = "env", default = 8080)]
    port: u16,
    #[component(fetch_from = env)]
    word: String,
    #[component(fetch_from = ["env", file])]
    words: String,
}

fn main() {}
