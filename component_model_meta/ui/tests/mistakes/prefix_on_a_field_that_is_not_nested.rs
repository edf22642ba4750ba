use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct ShopConfig {
    #[component(fetch_from = "env", prefix = "shop")]
    host: String,
}

fn main() {}
