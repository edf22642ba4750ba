//! The built-in sources: their options, their notation, and what absent, denied and malformed mean for each of them.
//!
//! | name | cargo feature | type | set up by the environment |
//! | --- | --- | --- | --- |
//! | `env` | `env` | [`Env`](crate::fetchers::env::Env) | is the environment |
//! | `file` | `file` | [`File`](crate::fetchers::file::File) | `CONFIG_FILE` |
//! | `database` | `sqlite`, `postgres`, `mysql` | [`Database`](crate::fetchers::database::Database) | `DATABASE_URL` |
//! | `api` | `api` | [`Api`](crate::fetchers::api::Api) | `API_URL`, `API_TOKEN` |
//! | `consul` | `consul` | [`Consul`](crate::fetchers::consul::Consul) | `CONSUL_HTTP_ADDR`, `CONSUL_HTTP_TOKEN` and others |
//! | `etcd` | `etcd` | [`Etcd`](crate::fetchers::etcd::Etcd) | `ETCD_ENDPOINTS`, `ETCDCTL_USER` and others |
//! | `redis` | `redis` | [`Redis`](crate::fetchers::redis::Redis) | `REDIS_URL` |
//! | `nats` | `nats` | [`Nats`](crate::fetchers::nats::Nats) | `NATS_URL`, `NATS_BUCKET`, `NATS_CREDS` and others |
//! | `vault` | `vault` | [`Vault`](crate::fetchers::vault::Vault) | `VAULT_ADDR`, `VAULT_TOKEN` and others |
//! | yours | `async` | [`Sources::builder`](crate::Sources::builder) | - |
//!
//! A variable that sets up a source and is empty counts as unset.
//!
//! These are only names: register a second `Database` as `"billing"`, and `fetch_from = "billing"` uses it. A name that
//! is not registered is an error before any I/O; the error lists the registered names and suggests the nearest.
//!
//! # Rules for all sources
//!
//! - Nothing is connected or read before the first fetch that needs it.
//! - An attempt ends after 2 s, or after the component's `timeout`.
//! - Without a `key`, the key is the [path of the field](super::structure#keys-by-convention), in the source's
//!   convention. Keys and most options may be [templates](super::templates).
//! - An answer of more than 16 MiB is an error, and so is a document of more than a million values
//!   ([limits](super::values#limits)).
//! - Equal requests are sent once. Requests that fit into one round trip share one: the components that read one file,
//!   all `.env` files, all keys of a database's table, all pointers into one URL, 64 keys of Consul, 128 of etcd, all
//!   keys of Redis, all keys of a bucket of NATS, all fields of a secret of Vault. This is so even if the timeouts of
//!   the components differ; each component has its own timeout.
//! - No error, report or `Debug` shows a value, a password or a token.
//! - [`Sources::state`](crate::Sources::state) lists the registered sources with their policies, and why a source
//!   cannot be used; [`Sources::shutdown`](crate::Sources::shutdown) closes the connections.
//! - A component with several sources asks them one after another. **If the value is absent, the next source is asked;
//!   after a failure it is not**, because a denied read does not mean that the value is absent:
//!
//! ```
//! use component_model::{Memory, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! struct AppConfig {
//!     #[component(fetch_from = [overrides(key = "app/port"), settings(key = "app/port")])]
//!     port: u16,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), ComponentErrors> {
//! let settings = Memory::new([("app/port", "8080")]);
//! let sources = Sources::builder().source("overrides", Memory::default()).source("settings", settings.clone()).build();
//! assert_eq!(AppConfig::fetch_all_components_from(&sources).await?.port, 8080);
//!
//! let broken = |_| async { Err::<Option<u16>, _>("the disk is on fire") };
//! let sources = Sources::builder().closure("overrides", broken).source("settings", settings).build();
//! let errors = AppConfig::fetch_all_components_from(&sources).await.unwrap_err();
//! assert_eq!(errors[0].source_name(), Some("overrides"));
//! # Ok(())
//! # }
//! ```
//!
//! # A source whose setup may fail
//!
//! `build` of a builder checks the settings, such as a certificate authority, without any I/O. With `?` a mistake ends
//! the program. [`try_source`](crate::SourcesBuilder::try_source) takes the result instead: then only the components
//! that need this source fail, with the reason, and those with a `fallback` or another source do not. `ca_pem` trusts
//! an authority besides those of the system; it is the same for `api`, `consul`, `etcd`, `nats`, `redis` and `vault`.
//!
//! ```
//! use component_model::{ErrorKind, fetchers::consul::Consul, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! struct AppConfig {
//!     #[component(fetch_from = "consul")]
//!     port: u16,
//!     #[component(skip)]
//!     requests: u64,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! // The content of a file such as `/etc/ssl/company.pem`.
//! let authority = "not a certificate";
//! let consul = Consul::builder().address("https://consul.service:8501").ca_pem(authority).build();
//! let sources = Sources::builder().try_source("consul", consul).build();
//! let errors = AppConfig::fetch_all_components_from(&sources).await.unwrap_err();
//! assert_eq!(errors.of("port").unwrap().kind(), ErrorKind::Misconfigured);
//! # }
//! ```
//!
//! # Variables over a file over a database
//!
//! The order of the list is the order of precedence: a variable wins over the file, and the file over the database. The
//! guide [structure](super::structure) has the details.
//!
//! ```
//! use component_model::{fetchers::{database::Database, env::Env, file::File}, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(prefix("shop", file = ""), fetch_from = ["env", "file", "database"])]
//! struct ShopConfig {
//!     // The variable `SHOP_HOST`, then `host` in the file, then the row `shop.host` of the table `config`.
//!     host: String,
//!     port: u16,
//!     region: String,
//!     // Another key in one of the sources.
//!     #[component(fetch_from = ["env", file(key = "logging.level")], default = "info")]
//!     log: String,
//!     #[component(skip)]
//!     requests: u64,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let path = "shop.toml";
//! # let folder = tempfile::tempdir()?;
//! # let path = &folder.path().join(path);
//! std::fs::write(path, "host = 'example.org'\nport = 8080\n")?;
//! let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await?;
//! sqlx::query("CREATE TABLE config (key TEXT PRIMARY KEY, value TEXT)").execute(&pool).await?;
//! sqlx::query("INSERT INTO config VALUES ('shop.port', '80'), ('shop.region', 'eu-west-1')").execute(&pool).await?;
//! let sources = Sources::builder()
//!     .source("env", Env::of([("SHOP_HOST", "localhost")]))
//!     .source("file", File::new(path))
//!     .source("database", Database::new(pool))
//!     .build();
//! let config = ShopConfig::fetch_all_components_from(&sources).await?;
//! assert_eq!((config.host.as_str(), config.port, config.region.as_str()), ("localhost", 8080, "eu-west-1"));
//! # Ok(())
//! # }
//! ```
//!
//! A written key is never changed. If a field has several sources, a key belongs in the parentheses of its source. An
//! option beside `fetch_from` that only one of the sources takes, such as `path` or `query`, applies to that source.
//!
//! # `env`
//!
//! | option | meaning |
//! | --- | --- |
//! | `key` | the variable, exactly as it is written; without it the path of the field, such as `SHOP_POOL_MAX` |
//!
//! Notation in errors: `env:SHOP_HOST`. *Absent*: the variable is set neither in the environment nor in the `.env`
//! files. *Denied*: a `.env` file cannot be read for lack of permission. *Malformed*: the variable is not UTF-8, or the
//! field's type rejects its text. A variable that is set to an empty string is present and empty. A misspelt variable
//! is never found, since the environment has variables of other programs too:
//! [`deny_unknown`](#keys-that-no-field-reads) is for documents.
//!
//! ```
//! use component_model::{fetchers::env::Env, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(prefix = "shop")]
//! struct ShopConfig {
//!     #[component(fetch_from = "env")]
//!     port: u16,
//!     #[component(fetch_from = "env", key = "http_proxy")]
//!     proxy: Option<String>,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), ComponentErrors> {
//! let sources = Sources::builder().source("env", Env::of([("SHOP_PORT", "8080")])).build();
//! let config = ShopConfig::fetch_all_components_from(&sources).await?;
//! assert_eq!((config.port, config.proxy), (8080, None));
//! # Ok(())
//! # }
//! ```
//!
//! `Env::new().dotenv("service.env")` reads a `.env` file at each fetch, and changes no variable of the process. The
//! environment takes precedence over the file. A missing file is an error, except with `dotenv_if_present`. Values are
//! read as written: `pa$$word` is `pa$$word`, and `${NAME}` inserts a variable only after `interpolate()`.
//! [`fetchers::env`](crate::fetchers::env#env-files) documents the grammar, and how it differs from that of docker
//! compose, Node and Python.
//!
//! # `file`
//!
//! | option | meaning |
//! | --- | --- |
//! | `path` | the file; by default the one that the source was created with, or that `CONFIG_FILE` names |
//! | `key` | the path within the document: `server.port`, `servers[0].host`, `"a.b".c`; `""` for the whole document; without it the path of the field, such as `shop.pool.max` |
//!
//! The extension of the file determines the format: `.toml`, `.json`, `.yaml`, `.yml`. Any other file is plain text,
//! without the newline at its end, and has no keys: the field names it with `path`, or has `key = ""`. Notation:
//! `file:shop.toml#server.port`, or `file:shop.toml:2:8` in errors that have a position. *Absent*: there is no such
//! file, or no such key in it. *Denied*: no permission to read it. *Malformed*: the document does not parse, the key
//! leads through a value that has no keys, or the field's type rejects the value. *Misconfigured*: the path is not that
//! of a regular file (a directory, a pipe, a device, an endless file such as `/proc/kmsg`, a name that is too long, a
//! loop of symbolic links), or it starts with `~/`, which is not expanded, and there is no such folder. *Unavailable*:
//! the file system failed, perhaps only temporarily.
//!
//! ```
//! use component_model::{fetchers::file::File, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! struct ShopConfig {
//!     #[component(fetch_from = "file", key = "server.port")]
//!     port: u16,
//!     #[component(fetch_from = "file", key = "payment.methods")]
//!     methods: Vec<String>,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let path = "shop.toml";
//! # let folder = tempfile::tempdir()?;
//! # let path = &folder.path().join(path);
//! std::fs::write(path, "[server]\nport = 8080\n\n[payment]\nmethods = [\"card\", \"invoice\"]\n")?;
//!
//! let sources = Sources::builder().source("file", File::new(path)).build();
//! let config = ShopConfig::fetch_all_components_from(&sources).await?;
//! assert_eq!((config.port, config.methods.len()), (8080, 2));
//! # Ok(())
//! # }
//! ```
//!
//! ## Keys that no field reads
//!
//! With `deny_unknown` on the struct, a misspelt key of a document is an error: every key below the struct's prefix must be read
//! by one of its fields, nested ones included. The error names all others at once, each with its place and the nearest key that
//! is read, and never a value. A field that is a map or a struct reads everything below its key.
//!
//! ```
//! use component_model::{fetchers::file::File, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(prefix = "shop", fetch_from = "file", deny_unknown)]
//! struct ShopConfig {
//!     #[component(default = 8080)]
//!     port: u16,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let path = "shop.toml";
//! # let folder = tempfile::tempdir()?;
//! # let path = &folder.path().join(path);
//! std::fs::write(path, "[shop]\nprot = 80\n\n[payment]\nmethods = [\"card\"]\n")?;
//!
//! let sources = Sources::builder().source("file", File::new(path)).build();
//! let errors = ShopConfig::fetch_all_components_from(&sources).await.unwrap_err();
//! assert!(errors[0].to_string().contains("`shop.prot` is read by no field"));
//! assert!(errors[0].locator().unwrap().ends_with("shop.toml:2:8"));
//! assert_eq!(errors[0].hint(), Some("did you mean `shop.port`?"));
//! # Ok(())
//! # }
//! ```
//!
//! The check is part of the requests for the values: the file is read and parsed once. It is read even if variables
//! have all values. A file that is missing has no keys, and a file that cannot be read is not checked: neither is an
//! error of its own. `deny_unknown` alone means `file`; `deny_unknown = ["file", "flags"]` names the sources, of which
//! your own have to [support it](crate::Source::deny_unknown). A [`Memory`](crate::Memory) does, so that a test can
//! register one as `file`. `deny_unknown` needs to know all keys before the fetch, so it cannot be combined with a key,
//! a `path` or a prefix that is a template.
//!
//! A struct knows its own keys only. If several structs are fetched from one file, either give each a prefix, so that it looks
//! at its own table, or nest them in one struct that has `deny_unknown`, which then also finds a misspelt table:
//!
//! ```
//! use component_model::{Memory, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(prefix = "shop", fetch_from = "file", deny_unknown)]
//! struct ShopConfig {
//!     port: u16,
//! }
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(prefix = "payment", fetch_from = "file", deny_unknown)]
//! struct PaymentConfig {
//!     currency: String,
//! }
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(fetch_from = "file", deny_unknown)]
//! struct Everything {
//!     #[component(nested)]
//!     shop: ShopConfig,
//!     #[component(nested)]
//!     payment: PaymentConfig,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), ComponentErrors> {
//! let file = Memory::new([("shop.port", "80"), ("payment.currency", "EUR")]);
//! let sources = Sources::builder().source("file", file.clone()).build();
//! assert_eq!(ShopConfig::fetch_all_components_from(&sources).await?.port, 80);
//! assert_eq!(PaymentConfig::fetch_all_components_from(&sources).await?.currency, "EUR");
//! let everything = Everything::fetch_all_components_from(&sources).await?;
//! assert_eq!((everything.shop.port, everything.payment.currency.as_str()), (80, "EUR"));
//!
//! file.set("paymnet.methods", "card");
//! let errors = Everything::fetch_all_components_from(&sources).await.unwrap_err();
//! assert!(errors[0].to_string().contains("is read by no field"));
//! # Ok(())
//! # }
//! ```
//!
//! # `database`
//!
//! | option | meaning |
//! | --- | --- |
//! | `key` | the key in the source's table (`config` with `key` and `value`, unless [`table`](crate::fetchers::database::Database::table) sets another); without it the path of the field, such as `shop.pool.max` |
//! | `query` | an SQL query, instead of a `key`; never a template. It should read: one that does not is sent once by a fetch, neither retried nor hedged |
//! | `params` | the values for the placeholders of the `query`, as a list of literals; they are bound, never inserted into the SQL text. `"{tenant}"` is the value of another field |
//! | `url` | another database than that of the source; it may insert other fields, also sensitive ones, and is never shown |
//!
//! Notation: `database:config[region]` for a key, the query itself otherwise. *Absent*: no row, unless the field is a
//! list or a map, which is then empty. *Denied*: a wrong password, a missing permission. *Malformed*: a key that is in
//! two rows, two columns with one name, a value that the type rejects. `NULL` is `None` for an `Option` and an error
//! for any other type. A mistake in the query is *misconfigured*, and so is a rejected certificate of the server. A
//! SQLite file that does not exist is *not set up*, and what does not follow the server's protocol *unreachable*. The
//! URL sets whether the certificate is verified, and by which authority (`sslmode=verify-full&sslrootcert=…` for
//! PostgreSQL, `ssl-mode=VERIFY_IDENTITY&ssl-ca=…` for MySQL and MariaDB).
//!
//! ```
//! use component_model::{fetchers::database::Database, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! struct ShopConfig {
//!     #[component(fetch_from = "database")]
//!     region: String,
//!     #[component(fetch_from = "database", query = "SELECT usd, gbp FROM rates WHERE day = ?", params = ["monday"])]
//!     rates: Rates,
//! }
//!
//! #[derive(Debug, serde::Deserialize)]
//! struct Rates {
//!     usd: f64,
//!     gbp: f64,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await?;
//! sqlx::query("CREATE TABLE config (key TEXT PRIMARY KEY, value TEXT)").execute(&pool).await?;
//! sqlx::query("INSERT INTO config VALUES ('region', 'eu-west-1')").execute(&pool).await?;
//! sqlx::query("CREATE TABLE rates (day TEXT, usd REAL, gbp REAL)").execute(&pool).await?;
//! sqlx::query("INSERT INTO rates VALUES ('monday', 1.09, 0.86)").execute(&pool).await?;
//! let sources = Sources::builder().source("database", Database::new(pool)).build();
//! let config = ShopConfig::fetch_all_components_from(&sources).await?;
//! assert_eq!((config.region.as_str(), config.rates.usd, config.rates.gbp), ("eu-west-1", 1.09, 0.86));
//! # Ok(())
//! # }
//! ```
//!
//! [`fetchers::database`](crate::fetchers::database) lists all types of columns and what they become.
//!
//! ## A database whose URL is fetched first
//!
//! With `url`, a component is read from another database than that of the source. The URL may be the value of another
//! component, which is fetched first, from wherever it comes, and may be a `SecretString`. The source needs no database of its
//! own then: `DATABASE_URL` need not be set.
//!
//! ```
//! use component_model::{Memory, fetchers::database::Database, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! struct ShopConfig {
//!     #[component(fetch_from = "vault")]
//!     database_url: SecretString,
//!     #[component(fetch_from = "database", url = "{database_url}")]
//!     region: String,
//!     #[component(fetch_from = "database", url = "{database_url}", query = "SELECT count(*) FROM config")]
//!     settings: u32,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // A database that exists, with the row ('region', 'eu-west-1') in its table `config`.
//! let url = "sqlite:shop.db";
//! # let folder = tempfile::tempdir()?;
//! # let url = format!("sqlite:{}", folder.path().join("shop.db").display());
//! # let url = url.as_str();
//! # let pool = sqlx::SqlitePool::connect(&format!("{url}?mode=rwc")).await?;
//! # sqlx::query("CREATE TABLE config (key TEXT PRIMARY KEY, value TEXT)").execute(&pool).await?;
//! # sqlx::query("INSERT INTO config VALUES ('region', 'eu-west-1')").execute(&pool).await?;
//! let vault = Memory::new([("database_url", url)]); // stands in for a store of secrets
//! let sources = Sources::builder().source("vault", vault).source("database", Database::default()).build();
//! let config = ShopConfig::fetch_all_components_from(&sources).await?;
//! assert_eq!((config.region.as_str(), config.settings), ("eu-west-1", 1));
//! # Ok(())
//! # }
//! ```
//!
//! A component can also be a part of the URL: in `url = "postgres://shop:{password}@db/shop"` the password is percent-encoded.
//!
//! The connections of at most 16 URLs are kept: for a further one, those of the URL that was used the longest time ago are
//! closed. A URL that does not parse is *misconfigured* if it is written in the attribute, and *invalid* if it comes from a
//! value. No error, report or event shows the URL, and if a value is inserted, none shows the name of the server either.
//!
//! ## SQL with parameters known at run time
//!
//! The `params` of an attribute are literals, or [values of other fields](super::templates#parameters-of-a-query). If a
//! parameter is known only to your program, such as the tenant of a request, use a
//! [`DatabaseFetcher`](crate::fetchers::database::DatabaseFetcher) with your own pool. It can be assigned, alone or in
//! a chain, or registered as the source of a component:
//!
//! ```
//! use component_model::{fetchers::database::DatabaseFetcher, prelude::*};
//!
//! #[derive(Debug, Default, AsyncAssign)]
//! struct Tenant {
//!     #[component(fetch_from = "quota")]
//!     quota: u32,
//!     #[component(fetch_from = "region")]
//!     region: String,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await?;
//! sqlx::query("CREATE TABLE tenants (id INTEGER, quota INTEGER, region TEXT)").execute(&pool).await?;
//! sqlx::query("INSERT INTO tenants VALUES (7, 100, 'eu-west-1')").execute(&pool).await?;
//! let id = 7;
//! let quota = DatabaseFetcher::new(pool.clone(), "SELECT quota FROM tenants WHERE id = ?").bind(id);
//! let region = DatabaseFetcher::new(pool, "SELECT region FROM tenants WHERE id = ?").bind(id);
//!
//! // In a chain, which runs concurrently. A fetcher fits every type, so name the fields.
//! let mut tenant = Tenant::default();
//! tenant.quota_fetch(quota.clone()).assign_with(region.clone(), |tenant, region| tenant.region = region).await?;
//! assert_eq!((tenant.quota, tenant.region.as_str()), (100, "eu-west-1"));
//!
//! // As sources, with timeout, fallback, error and report of a fetch.
//! let sources = Sources::builder().fetcher::<u32, _>("quota", quota).fetcher::<String, _>("region", region).build();
//! let tenant = Tenant::fetch_all_components_from(&sources).await?;
//! assert_eq!((tenant.quota, tenant.region.as_str()), (100, "eu-west-1"));
//! # Ok(())
//! # }
//! ```
//!
//! [`RowFetcher`](crate::fetchers::database::RowFetcher) does the same for types with sqlx's `FromRow`.
//!
//! # `api`
//!
//! | option | meaning |
//! | --- | --- |
//! | `url` | an absolute URL, or one relative to the base |
//! | `key` | path segments below the base; the source percent-encodes them; excludes `url`. Without both the path of the field, such as `shop/pool/max` |
//! | `pointer` | selects a part of the JSON document, as an RFC 6901 pointer: `/limits/0/max` |
//!
//! Notation: `api:https://host/path#/pointer`, without user name, password and the values of the query. *Absent*: 404,
//! 410, 204, or a pointer to a part that does not exist. *Denied*: 401, 403, 407, 451, 511. *Throttled*: 429.
//! *Unavailable*: 408, 425 and 5xx, except 501 and 505, which are *misconfigured*. *Malformed*: a body that does not
//! match its content type, or does not decompress. What is not HTTP is *unreachable*. A JSON body is a typed document;
//! the field's type reads any other text.
//!
//! ```
//! use component_model::{fetchers::api::Api, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! struct Flags {
//!     #[component(fetch_from = "api", url = "flags", pointer = "/dark_mode")]
//!     dark_mode: bool,
//!     #[component(fetch_from = "api", url = "flags", pointer = "/beta_share")]
//!     beta_share: f64,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use wiremock::{Mock, MockServer, ResponseTemplate, matchers};
//! # let server = MockServer::start().await;
//! # let body = serde_json::json!({"dark_mode": true, "beta_share": 0.05});
//! # Mock::given(matchers::path("/v1/flags"))
//! #     .and(matchers::header("authorization", "Bearer a-token"))
//! #     .respond_with(ResponseTemplate::new(200).set_body_json(body))
//! #     .expect(1)
//! #     .mount(&server)
//! #     .await;
//! // Its document `flags` is {"dark_mode": true, "beta_share": 0.05}.
//! let base = "https://config.service/v1";
//! # let base = format!("{}/v1", server.uri());
//! let api = Api::builder().base(base)?.bearer("a-token").build()?;
//! let sources = Sources::builder().source("api", api).build();
//! let flags = Flags::fetch_all_components_from(&sources).await?; // one `GET`
//! assert_eq!((flags.dark_mode, flags.beta_share), (true, 0.05));
//! # Ok(())
//! # }
//! ```
//!
//! [`fetchers::api`](crate::fetchers::api) documents redirects, credentials, conditional requests, proxies and
//! certificates. [`ApiFetcher`](crate::fetchers::api::ApiFetcher) fetches one component from one URL.
//!
//! # `consul`
//!
//! | option | meaning |
//! | --- | --- |
//! | `key` | the key, exactly as written; otherwise the path of the field, such as `shop/pool/max` |
//! | `prefix` | all keys below it, for a struct or a map; excludes `key` |
//! | `dc`, `namespace` | the datacenter and, with Consul Enterprise, the namespace |
//! | `token` | the ACL token; usually a sensitive component, `"{consul_token}"` |
//! | `consistency` | `default`, `consistent` or `stale` |
//!
//! Notation: `consul:app/port?dc=dc2`, and `consul:app/?recurse` for a prefix. *Absent*: no such key, or no key below the
//! prefix. *Denied*: what the token may not read, whether it is there or not, and an unknown token. *Throttled*: 429.
//! *Unavailable*: no leader, no path to the datacenter, other 5xx. *Misconfigured*: a key with an empty or dotted segment, a
//! namespace without Consul Enterprise. *Malformed*: an answer that is not one of Consul.
//!
//! ```
//! use component_model::{fetchers::consul::Consul, prelude::*};
//! use serde::Deserialize;
//!
//! #[derive(Debug, Deserialize, PartialEq)]
//! struct Limits {
//!     requests: u32,
//! }
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(prefix = "shop", fetch_from = "consul")]
//! struct Shop {
//!     port: u16, // shop/port
//!     #[component(prefix = "limits/shop")]
//!     limits: Limits, // limits/shop/requests
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use wiremock::{Mock, MockServer, ResponseTemplate, matchers};
//! # let server = MockServer::start().await;
//! # let entry = |key: &str, value: &str| serde_json::json!([{"Key": key, "Value": value, "ModifyIndex": 7}]);
//! # let found = |body| ResponseTemplate::new(200).insert_header("x-consul-index", "7").set_body_json(body);
//! # let port = Mock::given(matchers::path("/v1/kv/shop/port")).respond_with(found(entry("shop/port", "ODA4MA==")));
//! # port.mount(&server).await;
//! # let limits = found(entry("limits/shop/requests", "NQ=="));
//! # Mock::given(matchers::path("/v1/kv/limits/shop/")).respond_with(limits).mount(&server).await;
//! // An agent, with the keys shop/port = 8080 and limits/shop/requests = 5.
//! let address = "http://127.0.0.1:8500";
//! # let address = server.uri();
//! let consul = Consul::builder().address(address).build()?;
//! let sources = Sources::builder().source("consul", consul).build();
//! let shop = Shop::fetch_all_components_from(&sources).await?;
//! assert_eq!((shop.port, shop.limits), (8080, Limits { requests: 5 }));
//! # Ok(())
//! # }
//! ```
//!
//! [`fetchers::consul`](crate::fetchers::consul) has the least permissions, the variables, what a fetch costs, and how it is
//! watched. [`ConsulFetcher`](crate::fetchers::consul::ConsulFetcher) fetches one component from one key or prefix.
//!
//! # `redis`
//!
//! | option | meaning |
//! | --- | --- |
//! | `key` | the key, exactly as it is written; without it the path of the field, such as `shop:pool:max` |
//! | `field` | a field of the hash at the key; without it the whole value |
//! | `db` | the number of another database than that of the URL |
//!
//! Notation: `redis:shop:port`, `redis:user:17#plan` for a field, `redis:shop:port (db 3)`. A string is text, which the
//! field's type reads, also as a JSON document; a hash is a map or a struct; lists, sets and sorted sets are lists. *Absent*: no
//! such key, or no such field. *Denied*: a wrong password, a key or a command that the user may not read. *Malformed*: a value
//! that the type rejects, a `field` of what is not a hash. *Unavailable*: the server is loading its data, or the cluster is not
//! complete.
//!
//! ```
//! use component_model::{fetchers::{env::Env, redis::Redis}, prelude::*};
//! use std::collections::BTreeMap;
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(prefix = "shop", fetch_from = "redis")]
//! struct ShopConfig {
//!     /// The string `shop:port`.
//!     port: u16,
//!     /// The list `shop:hosts`.
//!     hosts: Vec<String>,
//!     /// A hash.
//!     #[component(key = "rates")]
//!     rates: BTreeMap<String, f64>,
//!     /// One field of a hash.
//!     #[component(key = "tenant:{id}", field = "plan")]
//!     plan: String,
//!     #[component(fetch_from = "env")]
//!     id: u32,
//! }
//!
//! let redis = Redis::builder("rediss://cache.service/2").login("app", "a password").build()?;
//! let sources = Sources::builder().source("redis", redis).source("env", Env::new()).build();
//! // Nothing is connected before the first fetch.
//! ShopConfig::check(&sources)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! One `Redis` is one server, a cluster (`redis+cluster://a,b`), or the master that Sentinels name
//! (`redis+sentinel://a,b/mymaster`). [`fetchers::redis`](crate::fetchers::redis) documents URLs, permissions and watching.
//! [`RedisFetcher`](crate::fetchers::redis::RedisFetcher) fetches one component from one key.
//!
//! # `nats`
//!
//! | option | meaning |
//! | --- | --- |
//! | `key` | the key, exactly as it is written; without it the path of the field, such as `shop.pool.max` |
//! | `bucket` | the bucket that the key is in; without it the bucket of the source |
//!
//! Notation: `nats:app/shop.port`, the bucket and the key. A value is text without one newline at its end, which the
//! field's type reads, also as a JSON document. *Absent*: no such key, or one that was deleted. *Denied*: a user or a
//! password, token or signature that the server refuses, a key that the user may not read. *Malformed*: a value that
//! the type rejects. *Misconfigured*: no such bucket, an invalid key. *Not set up*: a server without JetStream.
//!
//! ```
//! use component_model::{fetchers::nats::Nats, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(prefix = "shop", fetch_from = "nats")]
//! struct ShopConfig {
//!     /// The key `shop.port` of the bucket `app`.
//!     port: u16,
//!     /// A key of another bucket.
//!     #[component(key = "dark_mode", bucket = "flags", default = false)]
//!     dark_mode: bool,
//! }
//!
//! let nats = Nats::builder("tls://nats-0.service,tls://nats-1.service")
//!     .credentials_file("/etc/app/user.creds")
//!     .bucket("app")
//!     .build()?;
//! let sources = Sources::builder().source("nats", nats).build();
//! // Nothing is connected before the first fetch.
//! ShopConfig::check(&sources)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`fetchers::nats`](crate::fetchers::nats) has the URLs, the variables, the least permissions, and how a bucket is watched.
//! [`NatsFetcher`](crate::fetchers::nats::NatsFetcher) fetches one component from one key.
//!
//! # `etcd`
//!
//! | option | meaning |
//! | --- | --- |
//! | `key` | the key, exactly as written; otherwise the path of the field, such as `shop/pool/max` |
//! | `prefix` | all keys below it, for a struct or a map; excludes `key` |
//! | `consistency` | `linearizable` (the default) or `serializable`, which any member answers, also without a leader |
//!
//! Notation: `etcd:app/port`, and `etcd:app/ (prefix)` for a prefix. *Absent*: no such key, or no key below the prefix.
//! *Denied*: what the user may not read, whether it is there or not, and a wrong user or password. *Unavailable*: no leader, other
//! 5xx. *Throttled*: too many requests. *Malformed*: an answer that is not one of etcd.
//!
//! ```
//! use component_model::{fetchers::etcd::Etcd, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(prefix = "shop", fetch_from = "etcd")]
//! struct Shop {
//!     port: u16, // shop/port
//!     #[component(key = "/regions/shop")]
//!     region: Option<String>,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use wiremock::{Mock, MockServer, ResponseTemplate, matchers};
//! # let server = MockServer::start().await;
//! # let port = serde_json::json!({"kvs": [{"key": "c2hvcC9wb3J0", "value": "ODA4MA==", "mod_revision": "7"}], "count": "1"});
//! # let found = [serde_json::json!({"response_range": port}), serde_json::json!({"response_range": {}})];
//! # let answer = serde_json::json!({"header": {"cluster_id": "1", "revision": "7"}, "responses": found});
//! # let transaction = Mock::given(matchers::path("/v3/kv/txn")).respond_with(ResponseTemplate::new(200).set_body_json(answer));
//! # transaction.mount(&server).await;
//! // A member, with the key shop/port = 8080.
//! let address = "http://127.0.0.1:2379";
//! # let address = &server.uri();
//! // Both keys travel in one transaction.
//! let etcd = Etcd::builder().endpoints([address]).build()?;
//! let sources = Sources::builder().source("etcd", etcd).build();
//! let shop = Shop::fetch_all_components_from(&sources).await?;
//! assert_eq!((shop.port, shop.region), (8080, None));
//! # Ok(())
//! # }
//! ```
//!
//! [`fetchers::etcd`](crate::fetchers::etcd) has the least permissions, the variables, what a fetch costs, and how it is
//! watched. [`EtcdFetcher`](crate::fetchers::etcd::EtcdFetcher) fetches one component from one key or prefix.
//!
//! # `vault`
//!
//! | option | meaning |
//! | --- | --- |
//! | `secret`, `key` | the path of the secret within its mount; otherwise the path of the field, such as `shop/pool/max` |
//! | `field` | one field; otherwise the whole secret, or the value of its only field |
//! | `mount` | the mount of the engine, `secret` by default |
//! | `version` | one version, not the latest |
//! | `namespace` | with Vault Enterprise, the namespace |
//!
//! Notation: `vault:secret/app/database?version=3#password`. Every value is sensitive. *Absent*: no such secret, field or version,
//! or one that was deleted or destroyed. *Denied*: what the token may not read, an unknown token, a login that is refused.
//! *Throttled*: 429. *Unavailable*: sealed, a standby that does not forward, other 5xx. *Misconfigured*: a path with an empty or
//! dotted segment, a `version` of a mount without versions. *Malformed*: an answer that is not one of Vault.
//!
//! ```
//! use component_model::{ExposeSecret, fetchers::vault::Vault, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(fetch_from = "vault")]
//! struct Shop {
//!     #[component(secret = "shop/database", field = "user")]
//!     user: String,
//!     #[component(secret = "shop/database", field = "password")]
//!     password: SecretString, // in the same request
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use wiremock::{Mock, MockServer, ResponseTemplate, matchers};
//! # let server = MockServer::start().await;
//! # let answer = |body| ResponseTemplate::new(200).set_body_json(body);
//! # let mount = answer(serde_json::json!({"data": {"type": "kv", "options": {"version": "2"}}}));
//! # Mock::given(matchers::path("/v1/sys/internal/ui/mounts/secret")).respond_with(mount).mount(&server).await;
//! # let data = serde_json::json!({"user": "shop", "password": "hunter2"});
//! # let secret = answer(serde_json::json!({"data": {"data": data, "metadata": {"version": 1}}}));
//! # Mock::given(matchers::path("/v1/secret/data/shop/database")).respond_with(secret).mount(&server).await;
//! // A server, with the fields `user` and `password` in the secret shop/database.
//! let address = "https://vault.service:8200";
//! # let address = server.uri();
//! let vault = Vault::builder().address(address).token("a-token").build()?;
//! let sources = Sources::builder().source("vault", vault).build();
//! let shop = Shop::fetch_all_components_from(&sources).await?;
//! assert_eq!((shop.user.as_str(), shop.password.expose_secret()), ("shop", "hunter2"));
//! # Ok(())
//! # }
//! ```
//!
//! ## A database login from Vault
//!
//! The engine `database` of Vault creates a user of a database for each request of `creds/…`. The secret has the fields
//! `username` and `password`; both are read with one request, and so belong to one user. They are inserted into the
//! `url` of the database, which waits for them:
//!
//! ```no_run
//! use component_model::{SourcesBuilder, fetchers::{database::Database, vault::Vault}, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! struct Stock {
//!     #[component(fetch_from = "vault", mount = "database", secret = "creds/shop", field = "username")]
//!     user: SecretString,
//!     #[component(fetch_from = "vault", mount = "database", secret = "creds/shop", field = "password")]
//!     password: SecretString,
//!     #[component(fetch_from = "env", key = "DB_HOST", default = "localhost")]
//!     host: String,
//!     #[component(
//!         fetch_from = "database",
//!         url = "postgres://{user}:{password}@{host}/shop",
//!         query = "SELECT count(*) FROM items WHERE region = $1",
//!         params = ["eu"]
//!     )]
//!     items: i64,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let vault = Vault::builder().address("https://vault.service:8200").kubernetes("shop").build()?;
//! let sources = SourcesBuilder::from_env().source("vault", vault).source("database", Database::default()).build();
//! let stock = Stock::fetch_all_components_from(&sources).await?;
//! # let _ = stock;
//! sources.shutdown().await; // revokes the user
//! # Ok(())
//! # }
//! ```
//!
//! Later fetches use the same user, and the same connections, until two thirds of its lease are over; then the fetch
//! renews it ([leases](crate::fetchers::vault#leases)). If Vault creates another user instead, the URL changes: the
//! fetch connects with it, and the connections of the old user idle until they are closed. A `ttl` on `user` or
//! `password` ends with the lease; they need the same `ttl`, so that they do not come from two users. A component with
//! such a `url` cannot be stored in the [local cache](super::caching#on-disk).
//!
//! [`fetchers::vault`](crate::fetchers::vault) has the logins, the leases, the least permissions, the variables and what a fetch
//! costs. [`VaultFetcher`](crate::fetchers::vault::VaultFetcher) fetches one component from one secret.
//!
//! # What needs no server
//!
//! ```
//! use component_model::{KeyQuery, Memory, Value, prelude::*};
//!
//! let sources = Sources::builder()
//!     .source("settings", Memory::new([("port", "8080")]).with("debug", Value::Bool(true)))
//!     .constant("region", "eu-west-1")
//!     .closure("length", |query: KeyQuery| async move { Ok::<_, std::io::Error>(Some(query.key().len())) })
//!     .build();
//! assert_eq!(sources.names(), ["length", "region", "settings"]);
//! ```
//!
//! A [`ComponentFetcher`](crate::ComponentFetcher) can be registered too ([`fetcher`](crate::SourcesBuilder::fetcher));
//! every caller gets the same value. For more, implement a [`Source`](super::own_source).
