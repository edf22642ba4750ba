#![allow(missing_docs)]
use component_model::{Memory, prelude::*};

#[derive(Debug, AsyncAssign, PartialEq)]
struct AppConfig {
    #[component(fetch_from = "settings")]
    host: std::net::IpAddr,
    #[component(fetch_from = ["other", "settings"], key = "p")]
    port: u16,
    #[component(fetch_from = "settings", fallback = "250ms")]
    timeout: std::time::Duration,
    nothing: Option<u8>,
}

#[tokio::test]
async fn fetches() {
    let sources = Sources::builder()
        .source("settings", Memory::new([("host", "::1"), ("p", "8080")]))
        .source("other", Memory::new([("port", "8080")]))
        .build();
    let config = AppConfig::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!(config.port, 8080);
    let sources = Sources::builder()
        .source("settings", Memory::new([("host", "::x"), ("p", "hunter2")]))
        .source("other", Memory::new([("port", "8080")]))
        .build();
    println!("{}", AppConfig::fetch_all_components_from(&sources).await.unwrap_err());
    println!("{}", AppConfig::fetch_all_components_from(&Sources::builder().constant("setings", 5).build()).await.unwrap_err());
    let mut c = config;
    c.async_assign(90u16).await.unwrap();
    assert_eq!(c.port, 90);
}
