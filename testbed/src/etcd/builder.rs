//! How an etcd server is set up.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::server::{EtcdServer, PORTS, Tls};
use super::{Etcd, EtcdClient, PRODUCT};
use crate::program::{Home, Program};
use crate::{BedError, Certificate, blocking, random, record};

/// An etcd server that has not been started; created by [`Etcd::builder`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let etcd = testbed::require!(testbed::Etcd::builder().user("app", "app/").start().await);
/// etcd.client().put("app/port", "8080").await.unwrap();
/// # }
/// ```
#[derive(Debug)]
#[must_use]
pub struct EtcdBuilder {
    /// Each with the prefix that it may read.
    users: Vec<(String, String)>,
    tls: Option<(Certificate, bool)>,
    token_ttl: u64,
}

impl Default for EtcdBuilder {
    fn default() -> Self {
        Self { users: Vec::new(), tls: None, token_ttl: 300 }
    }
}

impl EtcdBuilder {
    /// Requires a user, and adds one with [`Etcd::password`] who may read what begins with a prefix: everything, if it is
    /// empty.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let etcd = testbed::require!(testbed::Etcd::builder().user("app", "").start().await);
    /// assert!(testbed::EtcdClient::at(etcd.address()).get("port").await.is_err());
    /// # }
    /// ```
    pub fn user(mut self, name: &str, reads: &str) -> Self {
        self.users.push((name.to_owned(), reads.to_owned()));
        self
    }

    /// How many seconds a token that is not used is good for. The default is 300.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let etcd = testbed::Etcd::builder().user("app", "").token_ttl(2).start().await;
    /// testbed::require!(etcd);
    /// # }
    /// ```
    pub fn token_ttl(mut self, seconds: u64) -> Self {
        self.token_ttl = seconds;
        self
    }

    /// Accepts only TLS, with this certificate, valid or not.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let authority = testbed::Authority::new().unwrap();
    /// let server = authority.server(&[]).unwrap();
    /// let etcd = testbed::require!(testbed::Etcd::builder().tls(&server).start().await);
    /// assert!(etcd.url().starts_with("https://127.0.0.1:"));
    /// # }
    /// ```
    pub fn tls(mut self, server: &Certificate) -> Self {
        self.tls = Some((server.clone(), false));
        self
    }

    /// Like [`EtcdBuilder::tls`], and rejects clients without a certificate of the same authority.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let authority = testbed::Authority::new().unwrap();
    /// let server = authority.server(&[]).unwrap();
    /// testbed::require!(testbed::Etcd::builder().mutual_tls(&server).start().await);
    /// # }
    /// ```
    pub fn mutual_tls(mut self, server: &Certificate) -> Self {
        self.tls = Some((server.clone(), true));
        self
    }

    /// Starts it, and waits until it answers.
    ///
    /// # Errors
    ///
    /// As for [`etcd`](crate::etcd()).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// testbed::require!(testbed::Etcd::builder().start().await);
    /// # }
    /// ```
    pub async fn start(self) -> Result<Etcd, BedError> {
        record::admit(PRODUCT.name)?;
        blocking::run(move || self.start_now()).await
    }

    fn start_now(self) -> Result<Etcd, BedError> {
        let path = PRODUCT.locate()?;
        let home = Home::new(PRODUCT.account, PORTS)?;
        let tls = self.tls.map(|(certificate, mutual)| {
            let server = certificate.write_with(|name, contents| home.write(name, contents))?;
            Ok::<_, BedError>(Tls { server, mutual })
        });
        let server = EtcdServer::alone(path, &home, tls.transpose()?, self.token_ttl);
        let program = Program::new(Arc::new(server.clone()), home);
        program.start_now()?;
        let (mut client, password) = (EtcdServer::client(program.home()), random::password());
        if !self.users.is_empty() {
            enable_users(&client, &self.users, &password)?;
            client = client.with_password(password.clone());
        }
        Ok(Etcd { program, server, client, password })
    }
}

fn enable_users(client: &EtcdClient, users: &[(String, String)], password: &str) -> Result<(), BedError> {
    let call = |method: &str, request| client.call_now(method, &request).map(drop);
    let user = |name: &str| {
        call("auth/user/add", json!({"name": name, "password": password}))?;
        call("auth/role/add", json!({"name": name}))?;
        call("auth/user/grant", json!({"user": name, "role": name}))
    };
    user("root")?;
    for (name, reads) in users {
        user(name)?;
        let (key, end) = range(reads);
        let permission = json!({"permType": "READ", "key": STANDARD.encode(key), "range_end": STANDARD.encode(end)});
        call("auth/role/grant", json!({"name": name, "perm": permission}))?;
    }
    call("auth/enable", json!({}))
}

/// The first key that begins with a prefix, and the first one after all of them. 0 is the lowest key, and the end of all.
fn range(prefix: &str) -> (Vec<u8>, Vec<u8>) {
    let mut end = prefix.as_bytes().to_vec();
    match end.last_mut() {
        Some(last) => {
            *last += 1;
            (prefix.as_bytes().to_vec(), end)
        }
        None => (vec![0], vec![0]),
    }
}
