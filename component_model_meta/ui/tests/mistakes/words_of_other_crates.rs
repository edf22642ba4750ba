use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(source = "env")]
    host: String,
    #[component(fetch_from = "env", default_value = 8080)]
    port: u16,
    #[component(fetch_from = "env", rename = "HOST_NAME")]
    name: String,
    #[component(flatten)]
    pool: Pool,
    #[component(fetch_from = env)]
    word: String,
    #[component(fetch_from = ["env", file])]
    words: String,
    #[component(fetch_from = "consul", retries = 3)]
    retried: String,
}

#[derive(AsyncAssign)]
#[component(fetch_from = "env")]
struct Pool {
    max: u32,
}

fn main() {}
