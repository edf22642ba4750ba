use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct Config {
    #[component(fetch_from = "env")]
    port: u16,
    #[component(fetch_from = "env", default = self.port + 1)]
    admin_port: u16,
}

fn main() {}
