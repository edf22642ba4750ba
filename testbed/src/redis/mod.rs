//! Redis: one server, with passwords, access lists and TLS, a cluster, or a master with Sentinels.

mod builder;
mod cluster;
mod sentinels;
mod server;

use std::path::PathBuf;

pub use self::builder::RedisBuilder;
pub use self::cluster::redis_cluster;
pub use self::sentinels::redis_sentinels;

use self::server::RedisServer;
use crate::program::{Product, Program};
use crate::{BedError, blocking};

const PRODUCT: Product = Product {
    name: "redis",
    program: "redis-server",
    variable: "REDIS_BIN",
    folders: &["/usr/local/bin", "/opt/homebrew/opt/redis/bin"],
    install: "apt-get install redis-server",
    account: "redis",
};

/// A new Redis server, without a password.
///
/// # Errors
///
/// If it was left out by name, is not installed, or is not ready within 20 s; then the message has the end of its log.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let redis = testbed::require!(testbed::redis().await);
/// redis.execute(&["SET", "port", "8080"]).await.unwrap();
/// assert_eq!(redis.execute(&["GET", "port"]).await.unwrap(), "8080");
/// # }
/// ```
pub async fn redis() -> Result<Redis, BedError> {
    Redis::builder().start().await
}

/// A running Redis server; dropping it stops it and removes its folder.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let redis = testbed::require!(testbed::Redis::builder().password().start().await);
/// assert!(redis.url().starts_with("redis://:"));
/// redis.program().pause().await.unwrap();
/// redis.program().resume().await.unwrap();
/// # }
/// ```
#[derive(Debug)]
pub struct Redis {
    program: Program,
    server: RedisServer,
}

impl Redis {
    /// A server with a password, an access list or TLS.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let redis = testbed::Redis::builder().password().user("app", "~app:* +@read").start().await;
    /// let redis = testbed::require!(redis);
    /// assert!(redis.url_of("app").starts_with("redis://app:"));
    /// # }
    /// ```
    pub fn builder() -> RedisBuilder {
        RedisBuilder::default()
    }

    /// Its program, which can be stopped, killed, paused, resumed and restarted; written data survives all of these.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let redis = testbed::require!(testbed::redis().await);
    /// redis.program().kill().await.unwrap();
    /// assert!(redis.execute(&["PING"]).await.is_err());
    /// # }
    /// ```
    #[must_use]
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// The URL of the default user, which has all permissions: `redis://` or, with TLS, `rediss://`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let redis = testbed::require!(testbed::redis().await);
    /// assert_eq!(redis.url(), format!("redis://127.0.0.1:{}", redis.program().port()));
    /// # }
    /// ```
    #[must_use]
    pub fn url(&self) -> String {
        match self.server.has_password() {
            true => self.url_of(""),
            false => format!("{}://127.0.0.1:{}", self.server.scheme(), self.program.port()),
        }
    }

    /// The URL of a user of the access list.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let redis = testbed::require!(testbed::Redis::builder().user("app", "~* +get").start().await);
    /// assert!(redis.url_of("app").contains(&format!("app:{}@", redis.password())));
    /// # }
    /// ```
    #[must_use]
    pub fn url_of(&self, user: &str) -> String {
        format!("{}://{user}:{}@127.0.0.1:{}", self.server.scheme(), self.password(), self.program.port())
    }

    /// The password of the users in the access list, and of the default user if it has one.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let redis = testbed::require!(testbed::Redis::builder().password().start().await);
    /// assert!(redis.url().contains(redis.password()));
    /// # }
    /// ```
    #[must_use]
    pub fn password(&self) -> &str {
        self.server.password()
    }

    /// Runs one command as the default user with `redis-cli`, and returns its output: for a list, a line for each
    /// element.
    ///
    /// # Errors
    ///
    /// If the server rejects the command or does not run, with the server's message.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let redis = testbed::require!(testbed::redis().await);
    /// redis.execute(&["RPUSH", "hosts", "a", "b"]).await.unwrap();
    /// assert_eq!(redis.execute(&["LRANGE", "hosts", "0", "-1"]).await.unwrap(), "a\nb");
    /// assert!(redis.execute(&["GET", "hosts"]).await.unwrap_err().to_string().contains("WRONGTYPE"));
    /// # }
    /// ```
    pub async fn execute(&self, command: &[&str]) -> Result<String, BedError> {
        let (program, server) = (self.program.clone(), self.server.clone());
        let command: Vec<String> = command.iter().map(|&word| word.to_owned()).collect();
        blocking::run(move || server.execute(program.home(), &command)).await
    }
}

/// The programs that come with Redis.
#[derive(Debug, Clone)]
struct Programs {
    server: PathBuf,
    client: PathBuf,
}

impl Programs {
    fn locate() -> Result<Self, BedError> {
        let server = PRODUCT.locate()?;
        let client = PRODUCT.companion(&server, "redis-cli")?;
        Ok(Self { server, client })
    }
}
