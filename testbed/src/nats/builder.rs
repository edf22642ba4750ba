//! How a NATS server is set up.

use std::sync::Arc;

use super::client::NatsClient;
use super::credentials::{Operator, key};
use super::server::{Access, NatsServer, PORTS, Tls};
use super::{Nats, PRODUCT};
use crate::program::{Home, Program};
use crate::{BedError, Certificate, blocking, random, record};

/// A NATS server that has not been started; created by [`Nats::builder`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let nats = testbed::require!(testbed::Nats::builder().user("app", &[">"]).start().await);
/// nats.client().create("app").await.unwrap();
/// # }
/// ```
#[derive(Debug, Default)]
#[must_use]
pub struct NatsBuilder {
    access: Access,
    signing: Option<Signing>,
    server: Option<Certificate>,
    client: Option<Certificate>,
    without_jetstream: bool,
}

/// Who signs in by a signature; instead of users and tokens.
#[derive(Debug)]
enum Signing {
    Nkey,
    Operator,
}

impl NatsBuilder {
    /// Requires a user, and adds one with [`Nats::password`] who may publish to these subjects, and subscribe to `_INBOX.>`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let nats = testbed::Nats::builder().user("app", &["$JS.API.DIRECT.GET.KV_app.>"]).start().await;
    /// testbed::require!(nats);
    /// # }
    /// ```
    pub fn user(self, name: &str, publish: &[&str]) -> Self {
        self.user_with_inbox(name, publish, "_INBOX")
    }

    /// The same with another prefix of its inboxes.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// testbed::require!(testbed::Nats::builder().user_with_inbox("app", &[">"], "_INBOX_app").start().await);
    /// # }
    /// ```
    pub fn user_with_inbox(mut self, name: &str, publish: &[&str], inbox: &str) -> Self {
        let publish = publish.iter().map(|&subject| subject.to_owned()).collect();
        let user = (name.to_owned(), publish, inbox.to_owned());
        match &mut self.access {
            Access::Users(users) => users.push(user),
            access => *access = Access::Users(vec![user]),
        }
        self
    }

    /// Requires [`Nats::password`] as a token.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// testbed::require!(testbed::Nats::builder().token().start().await);
    /// # }
    /// ```
    pub fn token(mut self) -> Self {
        self.access = Access::Token;
        self
    }

    /// Requires the signature of a user whose seed is [`Nats::seed`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let nats = testbed::require!(testbed::Nats::builder().nkey().start().await);
    /// nats.client().create("app").await.unwrap();
    /// # }
    /// ```
    pub fn nkey(mut self) -> Self {
        self.signing = Some(Signing::Nkey);
        self
    }

    /// Requires a user whom an operator's account vouches for: [`Nats::credentials`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let nats = testbed::require!(testbed::Nats::builder().operator().start().await);
    /// nats.client().create("app").await.unwrap();
    /// # }
    /// ```
    pub fn operator(mut self) -> Self {
        self.signing = Some(Signing::Operator);
        self
    }

    /// Accepts only TLS, with this certificate, valid or not.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let authority = testbed::Authority::new().unwrap();
    /// let server = authority.expired().unwrap();
    /// let nats = testbed::require!(testbed::Nats::builder().tls(&server).start().await);
    /// assert!(nats.url().starts_with("tls://127.0.0.1:"));
    /// # }
    /// ```
    pub fn tls(mut self, server: &Certificate) -> Self {
        self.server = Some(server.clone());
        self
    }

    /// Like [`NatsBuilder::tls`], and rejects clients without a certificate of the same authority; `client` is the certificate
    /// that [`Nats::client`] uses.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let authority = testbed::Authority::new().unwrap();
    /// let (server, client) = (authority.server(&[]).unwrap(), authority.client("testbed").unwrap());
    /// testbed::require!(testbed::Nats::builder().mutual_tls(&server, &client).start().await);
    /// # }
    /// ```
    pub fn mutual_tls(mut self, server: &Certificate, client: &Certificate) -> Self {
        self.client = Some(client.clone());
        self.tls(server)
    }

    /// Has no JetStream, and so no buckets.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let nats = testbed::require!(testbed::Nats::builder().without_jetstream().start().await);
    /// assert!(nats.client().create("app").await.is_err());
    /// # }
    /// ```
    pub fn without_jetstream(mut self) -> Self {
        self.without_jetstream = true;
        self
    }

    /// Starts it, and waits until it answers.
    ///
    /// # Errors
    ///
    /// As for [`nats`](crate::nats()).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// testbed::require!(testbed::Nats::builder().start().await);
    /// # }
    /// ```
    pub async fn start(self) -> Result<Nats, BedError> {
        record::admit(PRODUCT.name)?;
        let certificate = self.client.clone();
        let (program, server) = blocking::run(move || self.start_now()).await?;
        let client = NatsClient::connect(program.port(), &server, certificate.as_ref()).await?;
        Ok(Nats { program, server, client })
    }

    fn start_now(self) -> Result<(Program, NatsServer), BedError> {
        let path = PRODUCT.locate()?;
        let home = Home::new(PRODUCT.account, PORTS)?;
        let tls = self.server.map(|certificate| {
            let server = certificate.write_with(|name, contents| home.write(name, contents))?;
            Ok::<_, BedError>(Tls { server, mutual: self.client.is_some() })
        });
        let access = match self.signing {
            None => self.access,
            Some(Signing::Nkey) => key().map(|(seed, public)| Access::Nkey { seed, public })?,
            Some(Signing::Operator) => Operator::new().map(Access::Operator)?,
        };
        let server =
            NatsServer::alone(path, &home, access, tls.transpose()?, random::password(), self.without_jetstream)?;
        let program = Program::new(Arc::new(server.clone()), home);
        program.start_now()?;
        Ok((program, server))
    }
}
