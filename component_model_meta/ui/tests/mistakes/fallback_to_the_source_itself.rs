use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "consul", fallback_to = "consul")]
    same: String,
    #[component(fetch_from = ["env", "file"], fallback_to = file(key = "old.name"))]
    same_file: String,
    // Another place.
    #[component(fetch_from = "file", path = "shop.toml", fallback_to = file(path = "backup.toml"))]
    other_file: String,
    #[component(fetch_from = "flags", fallback_to = flags(key = "us/name"))]
    other_key: String,
}

fn main() {}
