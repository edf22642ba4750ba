//! The `vault` source: secrets of HashiCorp Vault, and of OpenBao, which has the same API (it was not run with OpenBao).
//!
//! ```
//! use component_model::{Sources, fetchers::vault::Vault};
//!
//! let vault = Vault::builder().address("https://vault.service:8200").kubernetes("shop").build()?;
//! let sources = Sources::builder().source("vault", vault).build();
//! # Ok::<(), component_model::SourceError>(())
//! ```
//!
//! # The options of a component
//!
//! | option | meaning |
//! | --- | --- |
//! | `secret` | the path of the secret within its mount, exactly as written, such as `app/api-key` |
//! | `key` | the same as `secret`; the path of the field if neither is given, such as `shop/pool/max` |
//! | `field` | one field of the secret; without it, the whole secret, for a struct or a map. A secret with a single field is also that field's value |
//! | `mount` | where the secrets engine is mounted, unless it is that of the source, which is `secret` by default |
//! | `version` | one version of a secret of version 2 of the KV engine; the latest by default |
//! | `namespace` | the namespace, for Vault Enterprise; other servers ignore it, and answer from the root |
//!
//! All but `version` may be templates. A value that is inserted into a path stays in its segment.
//!
//! Whether a mount is version 1 or 2 of the KV engine, or another engine, is asked once for each mount. A path never
//! has the `data` that version 2 has in its URLs. Any other engine that can be read works too: `mount = "database"`
//! with `secret = "creds/shop"` creates a user of a database, with the fields `username` and `password`. The guide
//! `sources` has an example, with the database that the user is for. If a dynamic secret has no such `field`, the error
//! names those that it has.
//!
//! # The environment
//!
//! [`Vault::from_env`] reads the variables of Vault's own client, and those of AppRole. No file that they name is read before the
//! first request.
//!
//! | variable | meaning |
//! | --- | --- |
//! | `VAULT_ADDR` | the URL; `https://127.0.0.1:8200` by default |
//! | `VAULT_AGENT_ADDR` | that of an agent, which takes precedence |
//! | `VAULT_TOKEN` | the token |
//! | `VAULT_ROLE_ID`, `VAULT_SECRET_ID` | a login with AppRole, if there is no token |
//! | `VAULT_NAMESPACE` | the namespace, for Vault Enterprise |
//! | `VAULT_CACERT`, `VAULT_CAPATH`, `VAULT_CACERT_BYTES` | the certificate authorities, a file, a folder or PEM; no others are trusted then |
//! | `VAULT_CLIENT_CERT`, `VAULT_CLIENT_KEY` | the client's certificate and its key |
//!
//! `VAULT_SKIP_VERIFY=true` and `VAULT_TLS_SERVER_NAME` are errors: they are not supported, and would otherwise be ignored in
//! silence. The file `~/.vault-token` of the command line is not read; see [`VaultBuilder::token_file`].
//!
//! # The token
//!
//! It is given ([`token`](VaultBuilder::token), [`token_file`](VaultBuilder::token_file)), or a login returns it:
//! [AppRole](VaultBuilder::app_role), [Kubernetes](VaultBuilder::kubernetes), [JWT](VaultBuilder::jwt),
//! [user and password](VaultBuilder::user_password), [TLS certificate](VaultBuilder::certificate). The first request that needs
//! it logs in. After two thirds of its life the next request renews it, or logs in again if it cannot be renewed; if the network
//! fails meanwhile, the old one is used until it expires. If Vault refuses a request, the source asks whether its token is still
//! good (`auth/token/lookup-self`, which the policy `default` allows). If it is not, the source logs in once more and repeats the
//! request; if it may not ask, it does so after 30 s at the earliest, and later every two minutes. A token that is given is not renewed.
//!
//! # Leases
//!
//! A dynamic secret is one that its engine makes for each request, such as a user of a database. It comes with a lease.
//! The source keeps it, and uses it for every fetch of the same path, until two thirds of the lease are over; then the
//! next fetch renews the lease. If it cannot be renewed, or only for less than half of its first life, a new secret is
//! made; if the network fails meanwhile, the old one is used until it expires. A new login makes new secrets, since
//! those of the old token end with it. Nothing happens between fetches: a program that never fetches again renews
//! nothing. [`Vault::close`], and the shutdown of the sources, revoke the leases, and the token of a login, also those that
//! are being made: a fetch at that time may return a secret that is then revoked.
//!
//! # What an answer means
//!
//! * Every value is sensitive, whatever its type: no report, error, log or `Debug` shows it.
//! * A field that is text is read by the field's type (`vault kv put secret/app port=8080` writes text), also as a JSON document.
//!   Numbers and other values of JSON keep their types.
//! * A secret, a version or a field that is not there is *absent*, as is a version that was deleted or destroyed.
//! * What the token may not read is *denied*, as are a mount that is not there, an unknown token, no token, and a login that is
//!   refused.
//! * 429 means *throttled*; a sealed server, a standby that does not forward, and other 5xx *unavailable*. A `version` of a mount
//!   without versions, any other 4xx and a certificate that is not trusted are *misconfigured*. What is not an answer of Vault's
//!   API is *malformed*.
//! * A value of more than 16 MiB is *too large*.
//! * Paths with an empty or dotted segment (`a//b`, `a/../b`, `/a`) or a control character are *misconfigured*: Vault
//!   would read another path, or refuse it.
//! * The version of a value is that of its secret with the time when it was created. Secrets without versions have a keyed hash of
//!   their content, which differs in each process.
//!
//! # What it costs
//!
//! All fields of one secret are one request. Different secrets are different requests, which run at the same time. The first
//! request to each mount asks what is mounted there.
//!
//! # Watching
//!
//! Vault pushes nothing, so a watch polls: one request for each secret, whatever the number of its fields. A secret
//! with a lease is reported again after it was replaced.
//!
//! # The least permissions
//!
//! For a mount with version 2 of the KV engine; without `data/` for version 1. No policy is needed to ask what is mounted.
//!
//! ```hcl
//! path "secret/data/shop/*" {
//!   capabilities = ["read"]
//! }
//! path "database/creds/shop" {
//!   capabilities = ["read"]
//! }
//! ```
//!
//! Vault's policy `default` allows the rest: to renew and revoke the own token, and to renew leases. To revoke a lease when the
//! token was given, and not by a login, `sys/leases/revoke` needs `update`; otherwise the lease is left to expire.
//!
//! # Try it
//!
//! A server for development is unsealed, and in memory.
//!
//! ```sh
//! vault server -dev -dev-root-token-id=root &
//! export VAULT_ADDR=http://127.0.0.1:8200 VAULT_TOKEN=root
//! vault kv put secret/shop/database password=hunter2
//! cargo run
//! ```
//!
//! # What always holds
//!
//! * A token is sent to the configured address only. No redirect is followed.
//! * A request that creates something, a login or a secret with a lease, is never repeated automatically.
//! * Nothing is global: each [`Vault`] has its own connections, shared by its clones, separate for each runtime. No I/O happens
//!   before the first fetch, and nothing runs in the background. Connections idle for at most 30 s and are used for at most
//!   10 min. When a request times out, is dropped after 100 ms or loses its connection, no connection that was open at the
//!   time is used again. If a connection that was used before closes without an answer, a read is sent once more.
//! * `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` are obeyed; requests to loopback never use a proxy.

mod fetcher;

pub use component_model_fetchers::vault::{Vault, VaultBuilder, VaultQuery};

pub use self::fetcher::VaultFetcher;
