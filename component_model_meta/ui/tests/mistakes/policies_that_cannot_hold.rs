use component_model::AsyncAssign;

#[derive(AsyncAssign)]
#[component(fetch_from = "env")]
struct AppConfig {
    #[component(retry_attempts = 0)]
    never: String,
    #[component(retry_attempts = "many", circuit_breaker = "yes")]
    words: String,
    #[component(retry_backoff = "2s", retry_max_backoff = "1s")]
    shorter: String,
    #[component(timeout = "3s", deadline = "1s")]
    longer: String,
    #[component(ttl = 60, cache_for = 60)]
    twice: String,
    #[component(ttl = "1m", refresh_ahead = "2m")]
    ahead: String,
    #[component(fallback_to = ["local_cache", "file"])]
    both: String,
    #[component(fallback_to)]
    nowhere: String,
}

fn main() {}
