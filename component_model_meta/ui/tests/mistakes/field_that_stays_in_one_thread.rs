use std::rc::Rc;

use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "env")]
    name: Option<Rc<str>>,
    #[component(skip)]
    shared: std::rc::Rc<u8>,
}

fn main() {}
