use component_model::AsyncAssign;

#[derive(Default, AsyncAssign)]
struct Address {
    host: String,
    port: u16,
}

fn main() {
    let _ = Address::default().impute("localhost");
    let mut address = Address::default();
    address.assign(80u16);
}
