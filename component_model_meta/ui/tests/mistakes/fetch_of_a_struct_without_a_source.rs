use component_model::{AsyncAssign, Components};

#[derive(Default, AsyncAssign)]
struct Features {
    dark_mode: bool,
}

fn start<C: Components>() {}

fn main() {
    start::<Features>();
}
