use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "redis", ttl = "3600", retry_attempts = "3")]
    host: String,
}

fn main() {}
