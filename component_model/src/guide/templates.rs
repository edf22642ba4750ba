//! Templates: keys, URLs, paths and parameters that contain the values of other components.
//!
//! # A component in braces
//!
//! `{region}` in a key inserts the component `region` of the same struct. The field is fetched as soon as the value is
//! there. All other fields are fetched concurrently, as always: there is no barrier, so the whole fetch takes as long
//! as the longest chain. The order of the declaration does not matter.
//!
//! ```
//! use component_model::{Memory, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(fetch_from = "store")]
//! struct AppConfig {
//!     #[component(key = "{zone}/port")]
//!     port: u16,
//!     region: String,
//!     #[component(key = "{region}/zone")]
//!     zone: String,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), ComponentErrors> {
//! let store = Memory::new([("region", "eu"), ("eu/zone", "eu-1"), ("eu-1/port", "8080")]);
//! let sources = Sources::builder().source("store", store).build();
//! let fetched = AppConfig::fetch().sources(&sources).report().await?;
//! assert_eq!((fetched.value.zone.as_str(), fetched.value.port), ("eu-1", 8080));
//! // Reports and errors have the text with the inserted values.
//! assert_eq!(fetched.report.entry("port").unwrap().locator(), "eu-1/port");
//! # assert_eq!(fetched.value.region, "eu");
//! # Ok(())
//! # }
//! ```
//!
//! | may be a template | inserted values are |
//! | --- | --- |
//! | `key` of every source | a part of one segment, which may be quoted: `hosts."{host}".port` |
//! | `path` of `file` | a part of one segment |
//! | `url` of `api` | percent-encoded |
//! | `pointer` of `api` | escaped, as a part of one segment |
//! | `field` of `redis` | a part of one segment between colons |
//! | `bucket` of `nats` | letters, digits, `-` and `_` only |
//! | `params` of `database` | bound, with their type |
//! | `url` of `database` | percent-encoded, also sensitive ones; a name alone, `"{database_url}"`, is the whole URL |
//! | `prefix` of `consul` and `etcd` | a part of one segment |
//! | `dc` and `namespace` of `consul` | letters, digits, `-`, `_` and `.` only |
//! | `token` of `consul` | as they are, also sensitive ones |
//! | `secret`, `mount` and `namespace` of `vault` | a part of one segment |
//! | `field` of `vault` | as they are |
//! | `prefix` | a part of one segment |
//! | options of your own source, if it declares them as [templates](crate::OptionSpec::template) | as the source encodes them |
//!
//! The `query` of `database`, the `consistency` of `consul` and `etcd`, and the `version` of `vault` are **never** templates, and
//! neither is `default` or `fallback`: braces in them are text.
//! Values for SQL are bound as parameters.
//!
//! `{{` and `}}` are braces: `key = "{{shop}}:port"` is the key `{shop}:port`.
//!
//! # Which name is meant
//!
//! A name is a path from the struct that contains the template: `{region}` is its own field, `{pool.name}` a field of
//! its nested field `pool`. A struct does not know in which other one it is nested, so it cannot name fields of that.
//! The struct around it passes a value in a prefix:
//!
//! ```
//! use component_model::{Memory, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(fetch_from = "store")]
//! struct AppConfig {
//!     region: String,
//!     // `eu.name`, `eu.limit`
//!     #[component(nested, prefix = "{region}")]
//!     regional: Regional,
//!     #[component(key = "owners.{regional.name}")]
//!     owner: String,
//! }
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(fetch_from = "store")]
//! struct Regional {
//!     name: String,
//!     limit: u32,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), ComponentErrors> {
//! let store =
//!     Memory::new([("region", "eu"), ("eu.name", "europe"), ("eu.limit", "100"), ("owners.europe", "platform")]);
//! let config = AppConfig::fetch_all_components_from(&Sources::builder().source("store", store).build()).await?;
//! assert_eq!((config.regional.limit, config.owner.as_str()), (100, "platform"));
//! # assert_eq!((config.region.as_str(), config.regional.name.as_str()), ("eu", "europe"));
//! # Ok(())
//! # }
//! ```
//!
//! A name that no field has, a template that is not closed and fields that need each other are errors of the compiler,
//! for the templates of built-in sources. What the compiler cannot know (a field of a nested struct, a cycle through
//! several structs, a template of your own source) is an error before any I/O.
//!
//! # What may be inserted
//!
//! The value is inserted as it was fetched, if it is a scalar: text, a number or a boolean, also the only column of a
//! row. It is inserted after the field's type has read and validated it. A `default` or a `fallback` is inserted too,
//! if it is a literal. A list or a map of a document, an absent value and a default that is an expression cannot be
//! inserted: the component that needs it fails. A variable `a,b` is text and is inserted as it stands, even if the
//! field is a list.
//!
//! Inserted text never leaves its place. A value that is empty, that contains a separator of the key or of the path, or
//! that would make a segment `.` or `..` is an error of the kind `Invalid`, which does not show it:
//!
//! ```
//! use component_model::{ErrorKind, Memory, fetchers::file::File, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! struct AppConfig {
//!     #[component(fetch_from = "store")]
//!     tenant: String,
//!     #[component(fetch_from = "file", path = "tenants/{tenant}.toml", key = "limit")]
//!     limit: u32,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let store = Memory::new([("tenant", "../secrets")]);
//! let sources = Sources::builder().source("store", store).source("file", File::default()).build();
//! let errors = AppConfig::fetch_all_components_from(&sources).await.unwrap_err();
//! assert_eq!(errors.of("limit").unwrap().kind(), ErrorKind::Invalid);
//! # }
//! ```
//!
//! A key with dots has quoted segments too, so between dots a value has no `[`, `]` or `"` either; in a quoted segment it may
//! have everything but `"`.
//!
//! Other mistakes in the same attribute, such as an invalid `pointer` or a wrong number of `params`, are found before
//! anything is asked. The same holds for a layer that only waits because of `depends_on`.
//!
//! A **sensitive** component can only be bound as a parameter of a query, or be used to connect. It can never become a
//! part of a key, a URL or a path, since these are shown.
//!
//! # Parameters of a query
//!
//! A parameter that consists only of a name in braces keeps the type of the value, such as a number:
//!
//! ```
//! use component_model::{Memory, Value, fetchers::database::Database, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! struct AppConfig {
//!     #[component(fetch_from = "store")]
//!     tenant: u32,
//!     #[component(fetch_from = "database", query = "SELECT quota FROM tenants WHERE id = ?", params = ["{tenant}"])]
//!     quota: u32,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await?;
//! sqlx::query("CREATE TABLE tenants (id INTEGER, quota INTEGER)").execute(&pool).await?;
//! sqlx::query("INSERT INTO tenants VALUES (7, 100)").execute(&pool).await?;
//! let sources = Sources::builder()
//!     .source("store", Memory::default().with("tenant", Value::Unsigned(7)))
//!     .source("database", Database::new(pool))
//!     .build();
//! assert_eq!(AppConfig::fetch_all_components_from(&sources).await?.quota, 100);
//! # Ok(())
//! # }
//! ```
//!
//! Text from a variable or a file without types is bound as text, even if the field is a number, because the value is
//! inserted as it was fetched.
//!
//! # Order without a value
//!
//! `depends_on` makes a field wait for others without inserting them: `depends_on = "migrations"`,
//! `depends_on = ["region", "pool"]`. A nested struct stands for all its components.
//!
//! # What the failure of a component means for those that need it
//!
//! A component that cannot be fetched because another one failed has an error of the kind `Dependency`, which names the
//! other one. Its own `default` and `fallback` apply as if it had failed for the same reason. So if `region` is absent,
//! a `default` of its dependants is used; if the source of `region` cannot answer, only a `fallback` is; if `region` is
//! denied or wrong, neither is:
//!
//! ```
//! use component_model::{ErrorKind, Memory, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(fetch_from = "store")]
//! struct AppConfig {
//!     region: Option<String>,
//!     #[component(key = "{region}/port", default = 80)]
//!     port: u16,
//!     #[component(key = "{region}/host")]
//!     host: String,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let sources = Sources::builder().source("store", Memory::default()).build();
//! let errors = AppConfig::fetch_all_components_from(&sources).await.unwrap_err();
//! // `region` is `None`, and `port` is 80.
//! assert_eq!((errors.len(), errors.of("host").unwrap().kind()), (1, ErrorKind::Dependency));
//! assert!(errors[0].to_string().contains("`region` has no value"));
//! # }
//! ```
//!
//! In a field with several sources, only the source with the template waits. If a source before it has the value,
//! nothing waits:
//!
//! ```
//! use component_model::{Memory, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! struct AppConfig {
//!     #[component(fetch_from = ["overrides", store(key = "{region}/port")])]
//!     port: u16,
//!     #[component(fetch_from = "store", default = "eu")]
//!     region: String,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), ComponentErrors> {
//! let (overrides, store) = (Memory::default(), Memory::new([("eu/port", "8080")]));
//! let sources = Sources::builder().source("overrides", overrides).source("store", store).build();
//! let config = AppConfig::fetch_all_components_from(&sources).await?;
//! assert_eq!((config.port, config.region.as_str()), (8080, "eu"));
//! # Ok(())
//! # }
//! ```
