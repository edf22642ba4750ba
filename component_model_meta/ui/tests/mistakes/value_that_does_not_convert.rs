use component_model::{Assign, AsyncAssign, ComponentModel};

#[derive(Default, AsyncAssign)]
struct Address {
    host: String,
    port: u16,
}
#[derive(Default, ComponentModel)]
struct Plain {
    host: String,
    port: u16,
}

async fn start() {
    let _ = Address::default().async_assign(8080).build().await;
    let mut plain = Plain::default();
    plain.port_set("80");
    plain.assign(8080);
}

fn main() {
    let _ = start();
}
