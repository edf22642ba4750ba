use component_model::AsyncAssign;

#[derive(AsyncAssign)]
#[component(prefix("shop", fil = "", vault = "teams"), fetch_from = ["env", "file"])]
struct AppConfig {
    host: String,
}

fn main() {}
