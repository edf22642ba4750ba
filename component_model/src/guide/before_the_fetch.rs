//! What a struct reads, and whether it can be fetched, before anything is asked.
//!
//! # A check
//!
//! `check` finds everything that can be known without I/O, all at once: names that are not registered, options and keys that
//! are not valid, components that need each other, literals of `default` and `fallback` that their types do not read or
//! that validation rejects, and sources that are not set up. (The compiler has already refused the literals of numbers and
//! booleans that cannot be read.) A test of a service calls it with the sources of production:
//!
//! ```
//! use component_model::{fetchers::{env::Env, file::File}, prelude::*};
//! use std::net::SocketAddr;
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(prefix = "shop")]
//! struct ShopConfig {
//!     /// Where the service listens.
//!     #[component(fetch_from = ["env", "file"], fallback = "127.0.0.1:80800")]
//!     listen: SocketAddr,
//!     /// Never printed.
//!     #[component(fetch_from = "vualt")]
//!     token: SecretString,
//! }
//!
//! let sources = Sources::builder().source("env", Env::new()).source("file", File::default()).build();
//! let errors = ShopConfig::check(&sources).unwrap_err();
//! assert_eq!(errors.len(), 2);
//! assert!(errors.of("listen").unwrap().to_string().contains("the `fallback` is not a valid SocketAddr"));
//! assert!(errors.of("token").unwrap().to_string().contains("no source is registered as `vualt`"));
//! ```
//!
//! A source that is not set up here, such as a `file` without a path, is an error if it is the first source of a component
//! without a `fallback` or a `fallback_to` another source that can be used. Otherwise
//! [`Checked::not_set_up`](crate::Checked::not_set_up) lists it, as it does a `fallback_to` whose source is not set up. A
//! `default` that is an expression is not evaluated, and no value is fetched: a check finds no absent value.
//!
//! [`Checked::notes`](crate::Checked::notes) lists settings that have no effect with these sources, such as `retry_attempts` on
//! a component that is fetched from `env` alone. Printed, a `Checked` contains them.
//!
//! # A listing
//!
//! `describe` lists the components with their types and documentation, each layer's place in the notation of its source, the
//! policies and where they come from, and what happens if a value is absent or its sources cannot answer. Printed, it is a
//! table, with the policies that differ from the defaults; what a registration sets has the name of its source behind it:
//!
//! ```
//! use component_model::{Memory, Policies, fetchers::{env::Env, file::File}, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(prefix = "shop")]
//! struct ShopConfig {
//!     /// The port of the service.
//!     #[component(
//!         fetch_from = ["env", "file"], default = 8080, fallback_to = backup(key = "port"), timeout = "250ms"
//!     )]
//!     port: u16,
//!     /// Never printed.
//!     #[component(fetch_from = "env", default = "hunter2")]
//!     token: SecretString,
//! }
//!
//! let sources = Sources::builder()
//!     .source("env", Env::new())
//!     .source("file", File::new("shop.toml"))
//!     .source("backup", Memory::default())
//!     .policies("file", Policies::new().retry_attempts(3))
//!     .build();
//! let description = ShopConfig::describe(&sources);
//! assert_eq!(
//!     description.to_string(),
//!     "\
//! ShopConfig: 2 components
//!
//! component  type          sources                   policies           notes
//! ──────────────────────────────────────────────────────────────────────────────────────
//! port       u16           env:SHOP_PORT             timeout 250 ms     default 8080
//!                          file:shop.toml#shop.port  3 attempts (file)
//!                          else backup:port
//! token      SecretString  env:SHOP_TOKEN                               default (hidden)
//!                                                                       sensitive
//!
//! port   The port of the service.
//! token  Never printed."
//! );
//! ```
//!
//! - [`Description::to_markdown`](crate::Description::to_markdown) is a page for the documentation of the service. A test that
//!   compares it with the page in the repository keeps it up to date.
//! - It is `Serialize`, and its accessors give every part.
//! - It also works if the struct cannot be fetched from these sources, and then says why.
//! - A literal of a sensitive component is not shown.
//!
//! A plan that was created at run time has both, too: [`Sources::check`](crate::Sources::check) and
//! [`Sources::describe`](crate::Sources::describe). They know nothing about types.
//!
//! Both are methods of the trait [`Inspect`](crate::Inspect), which the prelude imports. If your struct has a `check` of its
//! own, that one is called, and `ShopConfig::fetch().sources(&sources).check()` is this one.
