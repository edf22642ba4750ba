use component_model::AsyncAssign;

#[derive(AsyncAssign)]
#[component(fetch_from = "env")]
struct Node {
    name: String,
    #[component(nested)]
    next: Option<Box<Node>>,
}

fn main() {}
