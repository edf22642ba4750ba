use component_model::AsyncAssign;

#[derive(AsyncAssign)]
#[component(fetch_from = ["env", "file"])]
struct AppConfig {
    #[component(fetch_from = ["database", "env"], key = "server.port")]
    port: u16,
    #[component(key = "server.host")]
    of_the_struct: String,
    #[component(fetch_from = "env", key = "PORT")]
    only: u16,
}

fn main() {}
