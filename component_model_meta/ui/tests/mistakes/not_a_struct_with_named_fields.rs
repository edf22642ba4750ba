use component_model::{AsyncAssign, ComponentModel};

#[derive(AsyncAssign, ComponentModel)]
enum Enum {
    One,
}

#[derive(AsyncAssign)]
union Union {
    one: u8,
}

#[derive(AsyncAssign)]
struct Tuple(u8);

#[derive(AsyncAssign)]
struct Unit;

fn main() {}
