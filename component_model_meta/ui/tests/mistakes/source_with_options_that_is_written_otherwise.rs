use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = ["env", consul("app/port")])]
    port: u16,
    #[component(fetch_from = consul(key: "app/host"))]
    host: String,
}

#[derive(AsyncAssign)]
struct Names {
    #[component(fetch_from = my::consul(key = "app/port"))]
    path: u16,
    #[component(fetch_from = consul("key" = 5))]
    number: u16,
}

fn main() {}
