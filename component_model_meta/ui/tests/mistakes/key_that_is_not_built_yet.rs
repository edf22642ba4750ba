use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct AppConfig {
    #[component(stream_from = "kafka", topic = "settings")]
    host: String,
}

fn main() {}
