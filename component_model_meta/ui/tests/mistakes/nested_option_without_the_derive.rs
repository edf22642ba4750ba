use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct ShopConfig {
    #[component(nested)]
    port: Option<u16>,
}

fn main() {}
