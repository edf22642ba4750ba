use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = ["env", "file"], url = "/prices")]
    host: String,
}

fn main() {}
