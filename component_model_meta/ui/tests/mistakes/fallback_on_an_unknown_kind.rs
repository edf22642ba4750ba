use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "env", fallback = "localhost", fallback_on = ["absent", "unreachble"])]
    host: String,
    #[component(fetch_from = "env", fallback = 80, fallback_on = "everything")]
    port: u16,
    #[component(fetch_from = "env", fallback = 80, fallback_on = denied)]
    word: u16,
    #[component(fetch_from = "env", fallback = 80, fallback_on = [])]
    none: u16,
}

fn main() {}
