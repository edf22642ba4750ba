//! How a Redis server is set up.

use std::sync::Arc;

use super::server::{RedisServer, Tls};
use super::{PRODUCT, Programs, Redis};
use crate::program::{Home, Program};
use crate::{BedError, Certificate, blocking, random, record};

/// A Redis server that has not been started; created by [`Redis::builder`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let redis = testbed::require!(testbed::Redis::builder().password().start().await);
/// assert_eq!(redis.execute(&["PING"]).await.unwrap(), "PONG");
/// # }
/// ```
#[derive(Debug, Default)]
#[must_use]
pub struct RedisBuilder {
    password: bool,
    users: Vec<(String, String)>,
    server: Option<Certificate>,
    client: Option<Certificate>,
}

impl RedisBuilder {
    /// Requires [`Redis::password`] for the default user.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let redis = testbed::require!(testbed::Redis::builder().password().start().await);
    /// assert!(redis.url().contains(redis.password()));
    /// # }
    /// ```
    pub fn password(mut self) -> Self {
        self.password = true;
        self
    }

    /// Adds a user with [`Redis::password`] and these rules of Redis' access lists.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let redis = testbed::Redis::builder().user("app", "~app:* +@read").start().await;
    /// let redis = testbed::require!(redis);
    /// let rights = redis.execute(&["ACL", "LIST"]).await.unwrap();
    /// assert!(rights.contains("user app on"));
    /// # }
    /// ```
    pub fn user(mut self, name: &str, rules: &str) -> Self {
        self.users.push((name.to_owned(), rules.to_owned()));
        self
    }

    /// Accepts only TLS, with this certificate, valid or not.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let authority = testbed::Authority::new().unwrap();
    /// let server = authority.server(&[]).unwrap();
    /// let redis = testbed::require!(testbed::Redis::builder().tls(&server).start().await);
    /// assert!(redis.url().starts_with("rediss://127.0.0.1:"));
    /// # }
    /// ```
    pub fn tls(mut self, server: &Certificate) -> Self {
        self.server = Some(server.clone());
        self
    }

    /// Like [`RedisBuilder::tls`], and rejects clients without a certificate of the same authority; `client` is the
    /// certificate that [`Redis::execute`] uses.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let authority = testbed::Authority::new().unwrap();
    /// let (server, client) = (authority.server(&[]).unwrap(), authority.client("testbed").unwrap());
    /// let redis = testbed::require!(testbed::Redis::builder().mutual_tls(&server, &client).start().await);
    /// assert_eq!(redis.execute(&["PING"]).await.unwrap(), "PONG");
    /// # }
    /// ```
    pub fn mutual_tls(mut self, server: &Certificate, client: &Certificate) -> Self {
        self.client = Some(client.clone());
        self.tls(server)
    }

    /// Starts it, and waits until it answers.
    ///
    /// # Errors
    ///
    /// As for [`redis`](crate::redis()); also if an access rule is not valid.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let wrong = testbed::Redis::builder().user("app", "+no-such-command").start().await;
    /// assert!(wrong.is_err());
    /// # }
    /// ```
    pub async fn start(self) -> Result<Redis, BedError> {
        record::admit(PRODUCT.name)?;
        blocking::run(move || self.start_now()).await
    }

    fn start_now(self) -> Result<Redis, BedError> {
        let programs = Programs::locate()?;
        let home = Home::new(PRODUCT.account, 1)?;
        let password = random::password();
        let write = |certificate: &Certificate, prefix: &str| {
            certificate.write_with(|name, contents| home.write(&format!("{prefix}-{name}"), contents))
        };
        let client = self.client.map(|client| write(&client, "client")).transpose()?;
        let tls =
            self.server.map(|server| write(&server, "server").map(|server| Tls { server, client })).transpose()?;
        let mut settings = String::new();
        if self.password {
            settings += &format!("requirepass {password}\n");
        }
        for (name, rules) in self.users {
            settings += &format!("user {name} on >{password} {rules}\n");
        }
        let server = RedisServer::new(programs, &home, &settings, self.password, password, tls)?;
        let program = Program::new(Arc::new(server.clone()), home);
        program.start_now()?;
        Ok(Redis { program, server })
    }
}
