use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component]
    host: String,
    #[component = "env"]
    port: u16,
}

fn main() {}
