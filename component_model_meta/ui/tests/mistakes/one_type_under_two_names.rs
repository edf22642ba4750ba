use component_model::AsyncAssign;

type Port = u16;

#[derive(AsyncAssign)]
struct AppConfig {
    http: u16,
    grpc: Port,
}

fn main() {}
