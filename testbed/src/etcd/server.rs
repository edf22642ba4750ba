//! One etcd server: its command, and when it is ready.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Command;

use serde_json::json;

use super::{EtcdClient, PRODUCT};
use crate::program::{Home, Product, Server};
use crate::{BedError, CertificateFiles};

/// The ports of a server: for clients, for the testbed's own client, which needs no TLS, and for other members.
pub(super) const PORTS: usize = 3;

/// The files of a server with TLS.
#[derive(Debug, Clone)]
pub(super) struct Tls {
    pub(super) server: CertificateFiles,
    /// Whether clients need a certificate too.
    pub(super) mutual: bool,
}

/// A server that is configured for its home.
#[derive(Debug, Clone)]
pub(super) struct EtcdServer {
    program: PathBuf,
    tls: Option<Tls>,
    token_ttl: u64,
    name: String,
    /// The name and the port of each member.
    members: Vec<(String, u16)>,
}

impl EtcdServer {
    /// A server that is alone.
    pub(super) fn alone(program: PathBuf, home: &Home, tls: Option<Tls>, token_ttl: u64) -> Self {
        Self { tls, token_ttl, ..Self::member(program, std::slice::from_ref(home), 0) }
    }

    /// One member of a cluster, whose homes are known.
    pub(super) fn member(program: PathBuf, homes: &[Home], index: usize) -> Self {
        let members = homes.iter().enumerate().map(|(index, home)| (format!("n{index}"), peer_port(home)));
        Self { program, tls: None, token_ttl: 300, name: format!("n{index}"), members: members.collect() }
    }

    pub(super) fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }

    /// A client of the server that is in this home.
    pub(super) fn client(home: &Home) -> EtcdClient {
        let port = home.other_ports().first().copied().unwrap_or_default();
        EtcdClient::at(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
    }
}

fn peer_port(home: &Home) -> u16 {
    home.other_ports().get(1).copied().unwrap_or_default()
}

impl Server for EtcdServer {
    fn product(&self) -> &'static Product {
        &PRODUCT
    }

    fn command(&self, home: &Home) -> Command {
        let url = |scheme: &str, port: u16| format!("{scheme}://127.0.0.1:{port}");
        let own = home.other_ports().first().copied().unwrap_or_default();
        let (client, peer) = (url(self.scheme(), home.port()), url("http", peer_port(home)));
        let members: Vec<_> =
            self.members.iter().map(|(name, port)| format!("{name}={}", url("http", *port))).collect();
        let mut command = home.command(&self.program);
        command
            .arg(format!("--name={}", self.name))
            .arg(format!("--data-dir={}", home.path().join("data").display()))
            .arg(format!("--listen-client-urls={client},{}", url("http", own)))
            .arg(format!("--advertise-client-urls={client}"))
            .arg(format!("--listen-peer-urls={peer}"))
            .arg(format!("--initial-advertise-peer-urls={peer}"))
            .arg(format!("--initial-cluster={}", members.join(",")))
            .args(["--initial-cluster-state=new", "--initial-cluster-token=testbed"])
            .arg(format!("--auth-token-ttl={}", self.token_ttl))
            // Values that are larger than usual; fewer rounds to hash a password, so that a test does not wait for it.
            .args(["--max-request-bytes=33554432", "--bcrypt-cost=4", "--log-level=warn"]);
        if let Some(tls) = &self.tls {
            let files = &tls.server;
            command.arg(format!("--cert-file={}", files.certificate.display()));
            command.arg(format!("--key-file={}", files.key.display()));
            if tls.mutual {
                command.arg(format!("--trusted-ca-file={}", files.authority.display()));
                command.arg("--client-cert-auth");
            }
        }
        command
    }

    /// A member of a cluster that has not found the others does not answer yet.
    fn ready(&self, home: &Home) -> Result<(), BedError> {
        Self::client(home).call_now("maintenance/status", &json!({})).map(drop)
    }

    fn joined(&self, home: &Home) -> Result<(), BedError> {
        Self::client(home).call_now("kv/range", &json!({"key": "AA=="})).map(drop)
    }
}
