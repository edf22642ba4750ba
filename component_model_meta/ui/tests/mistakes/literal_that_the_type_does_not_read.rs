use component_model::AsyncAssign;

type Port = u16;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "env", fallback = 80800)]
    port: u16,
    #[component(fetch_from = "env", default = "-1")]
    alias: Port,
    #[component(fetch_from = "env", default = "ja")]
    flag: bool,
    // The fetch reads these.
    #[component(fetch_from = "env", default = " 8080 ")]
    spaces: u16,
    #[component(fetch_from = "env", fallback = "anything")]
    own: String,
}

fn main() {}
