use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "env", query = "SELECT 1")]
    host: String,
    #[component(fetch_from = "api", path = "/etc/app.toml")]
    port: u16,
    #[component(fetch_from = ["env", file(pth = "app.toml")])]
    misspelt: String,
    #[component(fetch_from = [env(url = "/"), "file"])]
    inside: String,
    #[component(fetch_from = ["env", file(key = "name", timeout = 5)])]
    of_the_field: String,
}

fn main() {}
