//! One Redis server: its configuration, its command, and its client.

use std::path::PathBuf;
use std::process::Command;

use super::{PRODUCT, Programs};
use crate::program::{Home, Product, Server, output_of, prompt_output_of};
use crate::{BedError, CertificateFiles};

/// The files of a server with TLS.
#[derive(Debug, Clone)]
pub(super) struct Tls {
    pub(super) server: CertificateFiles,
    /// The certificate that clients need, if they need one.
    pub(super) client: Option<CertificateFiles>,
}

/// A server that is configured in its home.
#[derive(Debug, Clone)]
pub(super) struct RedisServer {
    programs: Programs,
    configuration: PathBuf,
    has_password: bool,
    password: String,
    tls: Option<Tls>,
}

impl RedisServer {
    /// Writes the configuration: the fixed part, then `settings`.
    pub(super) fn new(
        programs: Programs,
        home: &Home,
        settings: &str,
        has_password: bool,
        password: String,
        tls: Option<Tls>,
    ) -> Result<Self, BedError> {
        let port = home.port();
        let listen = tls.as_ref().map_or_else(|| format!("port {port}\n"), |tls| tls.settings(port));
        let folder = home.path().display();
        // With `appendonly` the data survives a kill.
        let always = format!("bind 127.0.0.1\ndir {folder}\nsave \"\"\nappendonly yes\nappendfsync no\n");
        let configuration = home.write("redis.conf", &format!("{always}{listen}{settings}"))?;
        Ok(Self { programs, configuration, has_password, password, tls })
    }

    pub(super) fn has_password(&self) -> bool {
        self.has_password
    }

    pub(super) fn password(&self) -> &str {
        &self.password
    }

    pub(super) fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "rediss" } else { "redis" }
    }

    /// Runs one command as the default user.
    pub(super) fn execute(&self, home: &Home, command: &[impl AsRef<str>]) -> Result<String, BedError> {
        output_of(self.client(home).args(command.iter().map(AsRef::as_ref)))
    }

    /// Like [`RedisServer::execute`], with a short time limit.
    fn ask(&self, home: &Home, command: &[&str]) -> Result<String, BedError> {
        prompt_output_of(self.client(home).args(command))
    }

    /// `redis-cli`, which fails if the server rejects the command.
    fn client(&self, home: &Home) -> Command {
        let mut client = home.command(&self.programs.client);
        client.args(["-e", "-h", "127.0.0.1", "-p"]).arg(home.port().to_string());
        if self.has_password {
            client.env("REDISCLI_AUTH", &self.password);
        }
        if let Some(tls) = &self.tls {
            // The tests check whether a certificate is valid, not this client.
            client.args(["--tls", "--insecure"]);
            if let Some(own) = &tls.client {
                client.arg("--cert").arg(&own.certificate).arg("--key").arg(&own.key);
            }
        }
        client
    }
}

impl Tls {
    fn settings(&self, port: u16) -> String {
        let CertificateFiles { certificate, key, authority } = &self.server;
        let (certificate, key, authority) = (certificate.display(), key.display(), authority.display());
        let clients = if self.client.is_some() { "yes" } else { "no" };
        format!(
            "port 0\ntls-port {port}\ntls-cert-file {certificate}\ntls-key-file {key}\n\
             tls-ca-cert-file {authority}\ntls-auth-clients {clients}\n"
        )
    }
}

impl Server for RedisServer {
    fn product(&self) -> &'static Product {
        &PRODUCT
    }

    fn command(&self, home: &Home) -> Command {
        let mut command = home.command(&self.programs.server);
        command.arg(&self.configuration);
        command
    }

    /// A server that is still loading its data answers with an error.
    fn ready(&self, home: &Home) -> Result<(), BedError> {
        self.ask(home, &["PING"]).map(drop)
    }

    fn joined(&self, home: &Home) -> Result<(), BedError> {
        let info = self.ask(home, &["CLUSTER", "INFO"])?;
        match info.contains("cluster_state:ok") {
            true => Ok(()),
            false => Err(BedError::failed(info)),
        }
    }
}
