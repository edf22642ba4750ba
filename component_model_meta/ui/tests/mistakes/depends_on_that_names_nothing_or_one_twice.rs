use component_model::AsyncAssign;

#[derive(AsyncAssign)]
#[component(fetch_from = "env")]
struct AppConfig {
    host: String,
    #[component(depends_on = [])]
    port: u16,
    #[component(depends_on = ["host", "port", "host"])]
    user: String,
}

fn main() {}
