//! By hand, with `figment` for variables and the file, and the clients of the other sources.

use std::{collections::BTreeMap, fmt::Display, net::SocketAddr, path::Path, time::Duration};

use figment::{
    Figment,
    providers::{Env, Format, Serialized, Toml},
};
use futures_util::{FutureExt, future::BoxFuture};
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use sqlx::SqlitePool;
use tokio::time::{sleep, timeout};

use crate::fleet;

const ATTEMPT: Duration = Duration::from_secs(2);
const ATTEMPTS: u32 = 3;

#[derive(Debug)]
pub struct Config {
    pub listen: SocketAddr,
    pub region: String,
    pub workers: u32,
    pub timeout: Duration,
    pub token: SecretString,
    pub limit: u32,
    pub rates: BTreeMap<String, f64>,
    pub leader: Option<String>,
}

/// What is in the variables and in the file.
#[derive(Debug, Deserialize)]
struct Settings {
    listen: SocketAddr,
    region: String,
    workers: u32,
    #[serde(deserialize_with = "duration")]
    timeout: Duration,
}

#[derive(Serialize)]
struct Defaults {
    listen: &'static str,
    workers: u32,
    timeout: &'static str,
}

/// All that went wrong, a line for each field.
#[derive(Debug)]
pub struct Errors(Vec<String>);

impl Display for Errors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for Errors {}

type Asks<T> = Box<dyn Fn(&str) -> BoxFuture<'static, Result<T, String>> + Send + Sync>;

/// What is asked, so that tests can replace it.
pub struct Sources {
    settings: Figment,
    token: Box<dyn Fn() -> BoxFuture<'static, Result<String, String>> + Send + Sync>,
    limit: Asks<Option<u32>>,
    rates: Asks<BTreeMap<String, f64>>,
    leader: Asks<Option<String>>,
}

impl Sources {
    pub fn new(folder: &Path, database_url: &str, api_url: &str) -> Self {
        let (file, token) = (folder.join("shop.toml"), folder.join("token"));
        let pool = SqlitePool::connect_lazy(database_url).map_err(|error| error.to_string());
        let (client, url) = (reqwest::Client::new(), format!("{api_url}/rates"));
        Self {
            settings: Figment::new().merge(Toml::file(file)).merge(Env::prefixed("SHOP_")),
            token: Box::new(move || {
                let path = token.clone();
                async move {
                    tokio::task::spawn_blocking(|| std::fs::read_to_string(path)).await.map_err(text)?.map_err(text)
                }
                .boxed()
            }),
            limit: Box::new(move |region| {
                let (pool, region) = (pool.clone(), region.to_owned());
                async move {
                    let query = sqlx::query_scalar("SELECT amount FROM limits WHERE region = ?").bind(region);
                    query.fetch_optional(&pool?).await.map_err(text)
                }
                .boxed()
            }),
            rates: Box::new(move |_| {
                let request = client.get(&url);
                async move {
                    let response = request.send().await.map_err(text)?.error_for_status().map_err(text)?;
                    response.json().await.map_err(text)
                }
                .boxed()
            }),
            leader: Box::new(|region| {
                let region = region.to_owned();
                async move { fleet::leader(&region).await.map_err(text) }.boxed()
            }),
        }
    }
}

pub async fn fetch(sources: &Sources) -> Result<Config, Errors> {
    let defaults = Defaults { listen: "127.0.0.1:8080", workers: 4, timeout: "30s" };
    let settings = Figment::from(Serialized::defaults(defaults)).merge(&sources.settings).extract::<Settings>();
    let settings = settings.map_err(|error| Errors(error.into_iter().map(text).collect()));
    // Without the region, most of the others cannot be asked.
    let region = settings.as_ref().map(|settings| settings.region.clone()).unwrap_or_default();
    let (token, limit, rates, leader) = tokio::join!(
        in_time((sources.token)()),
        in_time((sources.limit)(&region)),
        retried(|| in_time((sources.rates)(&region))),
        in_time((sources.leader)(&region)),
    );
    let mut errors = Vec::new();
    let settings = settings.map_err(|error| errors.extend(error.0)).ok();
    let token = kept("token", "the file", token, &mut errors);
    let limit = limit.and_then(|limit| limit.ok_or_else(|| "no row has it".to_owned()));
    let limit = kept("limit", "the database", limit, &mut errors);
    let rates = rates.unwrap_or_else(|error| {
        tracing::warn!("rates: the API: {error}; the fallback is used");
        BTreeMap::from([("usd".to_owned(), 1.0)])
    });
    let leader = kept("leader", "the fleet", leader, &mut errors);
    for (name, number) in [("workers", settings.as_ref().map(|settings| settings.workers)), ("limit", limit)] {
        if number == Some(0) {
            errors.push(format!("{name}: must be positive"));
        }
    }
    match (settings, token, limit, leader) {
        (Some(settings), Some(token), Some(limit), Some(leader)) if errors.is_empty() => {
            let Settings { listen, region, workers, timeout } = settings;
            let token = SecretString::from(token.trim_end_matches(['\r', '\n']));
            Ok(Config { listen, region, workers, timeout, token, limit, rates, leader })
        }
        _ => Err(Errors(errors)),
    }
}

fn kept<T>(field: &str, source: &str, value: Result<T, String>, errors: &mut Vec<String>) -> Option<T> {
    value.map_err(|error| errors.push(format!("{field}: {source}: {error}"))).ok()
}

async fn in_time<T>(asks: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    timeout(ATTEMPT, asks).await.unwrap_or_else(|_| Err(format!("no answer within {ATTEMPT:?}")))
}

async fn retried<T, F: Future<Output = Result<T, String>>>(asks: impl Fn() -> F) -> Result<T, String> {
    let mut pause = Duration::from_millis(100);
    for _ in 1..ATTEMPTS {
        if let Ok(value) = asks().await {
            return Ok(value);
        }
        sleep(pause).await;
        pause *= 2;
    }
    asks().await
}

/// A number of seconds, or text such as `1m30s`.
fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    let (mut total, mut number) = (Duration::ZERO, String::new());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter.is_ascii_digit() {
            number.push(letter);
            continue;
        }
        let unit = match (letter, letters.peek()) {
            ('m', Some('s')) => {
                letters.next();
                Duration::from_millis(1)
            }
            ('s', _) => Duration::from_secs(1),
            ('m', _) => Duration::from_secs(60),
            ('h', _) => Duration::from_secs(3600),
            _ => return Err(D::Error::custom("expected a duration such as `1m30s`")),
        };
        total += unit * number.parse::<u32>().map_err(D::Error::custom)?;
        number.clear();
    }
    if number.is_empty() { Ok(total) } else { Err(D::Error::custom("a duration needs a unit, as in `30s`")) }
}

fn text(error: impl Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::ready;

    fn fakes(limit: u32) -> Sources {
        let settings = Figment::new().merge(("region", "eu")).merge(("workers", 8));
        Sources {
            settings,
            token: Box::new(|| ready(Ok("hunter2".to_owned())).boxed()),
            limit: Box::new(move |_| ready(Ok(Some(limit))).boxed()),
            rates: Box::new(|_| ready(Ok(BTreeMap::from([("usd".to_owned(), 1.1)]))).boxed()),
            leader: Box::new(|_| ready(Ok(Some("eu-7".to_owned()))).boxed()),
        }
    }

    #[tokio::test]
    async fn the_sources_are_put_together() {
        let config = fetch(&fakes(100)).await.unwrap();
        assert_eq!((config.workers, config.limit, config.leader.as_deref()), (8, 100, Some("eu-7")));
        assert_eq!(config.rates["usd"], 1.1);
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    #[tokio::test]
    async fn what_is_wrong_is_named() {
        let errors = fetch(&fakes(0)).await.unwrap_err();
        assert!(errors.to_string().contains("limit: must be positive"));
    }
}
