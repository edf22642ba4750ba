use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = [file(key = "host"), file(key = "name")], path = "app.toml")]
    host: String,
    #[component(fetch_from = ["flags", "settings"], path = "app.toml")]
    port: u16,
    #[component(fetch_from = ["flags", "file"], path = "app.toml")]
    only_one_is_built_in: u16,
}

fn main() {}
