use component_model::prelude::*;

#[derive(AsyncAssign)]
struct AppConfig<T: Default> {
    #[component(fetch_from = "env", fallbck = "localhost")]
    host: Host,
    #[component(fetch_from)]
    port: u16,
    rest: Vec<T>,
}

struct Host;

async fn fetch(sources: &Sources) {
    let config: AppConfig<u8> = AppConfig::fetch().sources(sources).await.unwrap();
    let _ = AppConfig::<u8>::fetch_all_components_from(sources).await.unwrap();
    let _ = AppConfig::<u8>::fetch_with_report().await.unwrap().value;
    let mut config = AppConfig::<u8>::fetch_partial().await.or(config);
    config.port_fetch(80u16).await.unwrap();
    config.async_assign(80u16).await.unwrap();
}

/// Nests the struct with the mistakes.
#[derive(AsyncAssign)]
struct Outer {
    #[component(nested)]
    inner: AppConfig<u8>,
}

fn main() {}
