//! One value from each store whose variable is set.
//!
//! ```sh
//! CONSUL_HTTP_ADDR=127.0.0.1:8500 cargo run -p examples --features stores --bin stores_example
//! ```
//!
//! The variables are those of each store's own client: `CONSUL_HTTP_ADDR`, `ETCD_ENDPOINTS`, `NATS_URL` with `NATS_BUCKET`,
//! `REDIS_URL`, and `VAULT_ADDR` with `VAULT_TOKEN`. The key is `shop/greeting` (`shop.greeting` in NATS, `shop:greeting` in
//! Redis; in Vault a secret with one entry). A store that is not set up, or does not answer, is shown with the reason.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use component_model::{Fetched, prelude::*};

/// The same key in every store: each source writes the path of a field in its own way.
#[derive(Debug, AsyncAssign)]
#[component(prefix = "shop")]
struct Shop {
    #[component(nested, prefix = "")]
    consul: Consul,
    #[component(nested, prefix = "")]
    etcd: Etcd,
    #[component(nested, prefix = "")]
    nats: Nats,
    #[component(nested, prefix = "")]
    redis: Redis,
    #[component(nested, prefix = "")]
    vault: Vault,
}

macro_rules! store {
    ($store:ident $name:literal) => {
        #[derive(Debug, AsyncAssign)]
        #[component(fetch_from = $name)]
        struct $store {
            /// The fallback covers a store that is not set up or does not answer, the default a key that is not there.
            #[component(default = "no such key", fallback = "not available")]
            greeting: String,
        }
    };
}

store!(Consul "consul");
store!(Etcd "etcd");
store!(Nats "nats");
store!(Redis "redis");
store!(Vault "vault");

#[tokio::main]
async fn main() -> Result<(), ComponentErrors> {
    let sources = Sources::from_env();
    let Fetched { value, report, .. } = Shop::fetch().sources(&sources).report().await?;
    let Shop { consul, etcd, nats, redis, vault } = value;
    println!("consul: {}\netcd: {}\nnats: {}", consul.greeting, etcd.greeting, nats.greeting);
    println!("redis: {}\nvault: {}\n", redis.greeting, vault.greeting);
    println!("{report}");
    sources.shutdown().await;
    Ok(())
}
