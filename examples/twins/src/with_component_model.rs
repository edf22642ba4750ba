//! With `component_model`.

use std::{collections::BTreeMap, net::SocketAddr, path::Path, time::Duration};

use component_model::{
    KeyQuery,
    fetchers::{Api, Database, Env, File},
    prelude::*,
};

use crate::fleet;

#[derive(Debug, AsyncAssign)]
#[component(prefix("shop", file = ""), fetch_from = ["env", "file"])]
pub struct Config {
    #[component(default = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    pub region: String,
    #[component(default = 4, validate = positive)]
    pub workers: u32,
    #[component(default = "30s")]
    pub timeout: Duration,
    #[component(fetch_from = "secrets", key = "")]
    pub token: SecretString,
    #[component(fetch_from = "database", query = "SELECT amount FROM limits WHERE region = ?", params = ["{region}"], validate = positive)]
    pub limit: u32,
    #[component(fetch_from = "api", retry_attempts = 3, fallback = "usd=1.0")]
    pub rates: BTreeMap<String, f64>,
    #[component(fetch_from = fleet(key = "{region}"))]
    pub leader: Option<String>,
}

fn positive(number: &u32) -> Result<(), &'static str> {
    if *number > 0 { Ok(()) } else { Err("must be positive") }
}

pub fn sources(folder: &Path, database_url: &str, api_url: &str) -> Result<Sources, SourceError> {
    Ok(Sources::builder()
        .source("env", Env::new())
        .source("file", File::new(folder.join("shop.toml")))
        .source("secrets", File::new(folder.join("token")))
        .source("database", Database::from_url(database_url)?)
        .source("api", Api::builder().base(api_url)?.build()?)
        .closure("fleet", |query: KeyQuery| async move { fleet::leader(query.key()).await })
        .build())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fakes(limit: &str) -> Sources {
        let settings =
            [("region", "eu"), ("workers", "8"), ("", "hunter2"), ("shop.limit", limit), ("shop.rates", "usd=1.1")];
        let memory = Memory::new(settings);
        ["env", "file", "secrets", "database", "api"]
            .iter()
            .fold(Sources::builder(), |sources, name| sources.source(*name, memory.clone()))
            .constant("fleet", "eu-7")
            .build()
    }

    #[tokio::test]
    async fn the_sources_are_put_together() {
        let config = Config::fetch_all_components_from(&fakes("100")).await.unwrap();
        assert_eq!((config.workers, config.limit, config.leader.as_deref()), (8, 100, Some("eu-7")));
        assert_eq!(config.rates["usd"], 1.1);
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    #[tokio::test]
    async fn what_is_wrong_is_named() {
        let errors = Config::fetch_all_components_from(&fakes("0")).await.unwrap_err();
        assert_eq!(errors.of("limit").unwrap().kind(), ErrorKind::Invalid);
    }
}
