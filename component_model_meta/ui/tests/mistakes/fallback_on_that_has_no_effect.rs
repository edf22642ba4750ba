use component_model::AsyncAssign;

#[derive(AsyncAssign)]
#[component(fetch_from = "env")]
struct AppConfig {
    #[component(default = 80, fallback = 81, fallback_on = ["absent", "timeout"])]
    port: u16,
    #[component(fallback = 81, fallback_on = ["timeout", "timeout"])]
    twice: u16,
    #[component(fallback = 81, fallback_on = ["timeout", "any"])]
    all: u16,
    // Each has one mistake.
    #[component(fallback = localhost, fallback_on = "denied")]
    host: String,
    #[component(fallback = 81, timeout = 0, fallback_on = [denied])]
    word: u16,
}

fn main() {}
