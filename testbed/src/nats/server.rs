//! One NATS server: its configuration, its command, and when it is ready.

use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::PRODUCT;
use super::credentials::Operator;
use crate::plain_http::Request;
use crate::program::{Home, Product, Server, prompt_output_of};
use crate::{BedError, CertificateFiles};

/// The ports of a server: for clients, for its monitoring, and for other servers.
pub(super) const PORTS: usize = 3;

/// How long the server may take to read its configuration again.
const RELOADING: Duration = Duration::from_secs(10);

/// The user of the testbed's own client.
pub(super) const ADMIN: &str = "admin";

/// Who may use a server.
#[derive(Debug, Clone, Default)]
pub(super) enum Access {
    #[default]
    All,
    /// Each with the subjects that it may publish to, and the prefix of its inboxes.
    Users(Vec<(String, Vec<String>, String)>),
    Token,
    Nkey {
        seed: String,
        public: String,
    },
    Operator(Operator),
}

/// The files of a server with TLS.
#[derive(Debug, Clone)]
pub(super) struct Tls {
    pub(super) server: CertificateFiles,
    /// Whether clients need a certificate too.
    pub(super) mutual: bool,
}

/// A server that is configured in its home.
#[derive(Debug, Clone)]
pub(super) struct NatsServer {
    program: PathBuf,
    configuration: PathBuf,
    /// The part of the configuration that does not change.
    fixed: String,
    access: Arc<Mutex<Access>>,
    initial: Access,
    tls: bool,
    password: String,
}

impl NatsServer {
    /// A server that is alone.
    pub(super) fn alone(
        program: PathBuf,
        home: &Home,
        access: Access,
        tls: Option<Tls>,
        password: String,
        without_jetstream: bool,
    ) -> Result<Self, BedError> {
        let jetstream = if without_jetstream { String::new() } else { jetstream(home) };
        let settings = jetstream + &tls.as_ref().map(Tls::settings).unwrap_or_default();
        Self::new(program, home, access, tls.is_some(), password, &settings)
    }

    /// One member of a cluster, whose homes are known.
    pub(super) fn member(program: PathBuf, homes: &[Home], index: usize) -> Result<Self, BedError> {
        let home = &homes[index];
        let routes: Vec<_> = homes.iter().map(|home| format!("\"nats://127.0.0.1:{}\"", peer_port(home))).collect();
        let (own, routes) = (peer_port(home), routes.join(", "));
        let cluster = format!(
            "server_name: n{index}\ncluster {{ name: testbed, listen: \"127.0.0.1:{own}\", routes: [{routes}] }}\n"
        );
        let settings = jetstream(home) + &cluster;
        Self::new(program, home, Access::All, false, String::new(), &settings)
    }

    fn new(
        program: PathBuf,
        home: &Home,
        access: Access,
        tls: bool,
        password: String,
        settings: &str,
    ) -> Result<Self, BedError> {
        let (port, monitoring) = (home.port(), monitoring_port(home));
        let pid = home.path().join("pid");
        let fixed = format!(
            "listen: \"127.0.0.1:{port}\"\nhttp: \"127.0.0.1:{monitoring}\"\nmax_payload: 32MB\npid_file: \"{}\"\n{settings}",
            pid.display()
        );
        let configuration = home.write("nats.conf", &(fixed.clone() + &access.settings(&password)))?;
        let initial = access.clone();
        Ok(Self { program, configuration, fixed, access: Arc::new(Mutex::new(access)), initial, tls, password })
    }

    pub(super) fn scheme(&self) -> &'static str {
        if self.tls { "tls" } else { "nats" }
    }

    pub(super) fn password(&self) -> &str {
        &self.password
    }

    pub(super) fn has_tls(&self) -> bool {
        self.tls
    }

    pub(super) fn access(&self) -> &Access {
        &self.initial
    }

    /// A document of the server's monitoring.
    pub(super) fn monitored(home: &Home, path: &str) -> Result<Value, BedError> {
        let request = Request { method: "GET", path, headers: &[], body: None };
        match request.send(PRODUCT.name, monitoring_port(home))? {
            (200, body) => serde_json::from_str(&body).map_err(|_| BedError::failed(body)),
            (_, body) => Err(BedError::failed(body)),
        }
    }

    /// Writes the configuration with other rights of a user, and lets the server read it.
    pub(super) fn permit(&self, home: &Home, user: &str, publish: Vec<String>) -> Result<(), BedError> {
        let mut access = self.access.lock().unwrap_or_else(PoisonError::into_inner);
        if let Access::Users(users) = &mut *access {
            users.iter_mut().filter(|(name, ..)| name == user).for_each(|known| known.1.clone_from(&publish));
        }
        home.write("nats.conf", &(self.fixed.clone() + &access.settings(&self.password)))?;
        let mut reload = home.command(&self.program);
        reload.arg("--signal").arg(format!("reload={}", home.path().join("pid").display()));
        let loaded = || Ok::<_, BedError>(Self::monitored(home, "/varz")?["config_load_time"].clone());
        let before = loaded()?;
        prompt_output_of(&mut reload)?;
        let end = Instant::now() + RELOADING;
        while loaded()? == before {
            if Instant::now() > end {
                return Err(BedError::failed("nats does not read its configuration again"));
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

fn jetstream(home: &Home) -> String {
    format!("jetstream {{ store_dir: \"{}\", max_mem: 256MB, max_file: 1GB }}\n", home.path().join("data").display())
}

fn monitoring_port(home: &Home) -> u16 {
    home.other_ports().first().copied().unwrap_or_default()
}

fn peer_port(home: &Home) -> u16 {
    home.other_ports().get(1).copied().unwrap_or_default()
}

impl Access {
    fn settings(&self, password: &str) -> String {
        match self {
            Self::All => String::new(),
            Self::Token => format!("authorization {{ token: \"{password}\" }}\n"),
            Self::Nkey { public, .. } => format!("authorization {{ users: [ {{ nkey: {public} }} ] }}\n"),
            Self::Operator(operator) => operator.settings(),
            Self::Users(users) => {
                let user = |(name, publish, inbox): &(String, Vec<String>, String)| {
                    let subjects: Vec<_> = publish.iter().map(|subject| format!("\"{subject}\"")).collect();
                    format!(
                        "    {{ user: {name}, password: \"{password}\", permissions: {{ publish: [{}], subscribe: \"{inbox}.>\" }} }}\n",
                        subjects.join(", ")
                    )
                };
                let users: String = users.iter().map(user).collect();
                format!(
                    "authorization {{\n  users: [\n    {{ user: {ADMIN}, password: \"{password}\" }}\n{users}  ]\n}}\n"
                )
            }
        }
    }
}

impl Tls {
    fn settings(&self) -> String {
        let CertificateFiles { certificate, key, authority } = &self.server;
        let (certificate, key, authority) = (certificate.display(), key.display(), authority.display());
        let verify = self.mutual;
        format!(
            "tls {{ cert_file: \"{certificate}\", key_file: \"{key}\", ca_file: \"{authority}\", verify: {verify} }}\n"
        )
    }
}

impl Server for NatsServer {
    fn product(&self) -> &'static Product {
        &PRODUCT
    }

    fn command(&self, home: &Home) -> Command {
        let mut command = home.command(&self.program);
        command.arg("--config").arg(&self.configuration);
        command
    }

    /// The monitoring is there before the member of a cluster has found the others.
    fn ready(&self, home: &Home) -> Result<(), BedError> {
        Self::monitored(home, "/varz").map(drop)?;
        std::net::TcpStream::connect(("127.0.0.1", home.port()))
            .map(drop)
            .map_err(|error| BedError::io("the port of the clients is not open", &error))
    }

    fn joined(&self, home: &Home) -> Result<(), BedError> {
        Self::monitored(home, "/healthz").map(drop)
    }
}
