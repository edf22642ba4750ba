//! PostgreSQL.
//!
//! Over TCP every role needs its password (SCRAM). The superuser can connect without a password only through the local
//! socket, which is in the server's private folder.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use rustix::process::Signal;

use super::database::Names;
use super::flavour::Flavour;
use crate::program::{Home, Product, Server, Signals, output_of, prompt_output_of};
use crate::{BedError, CertificateFiles, random};

pub(super) const PRODUCT: Product = Product {
    name: "postgresql",
    program: "postgres",
    variable: "POSTGRES_BIN",
    folders: &[
        "/usr/lib/postgresql/*/bin",
        "/usr/pgsql-*/bin",
        "/usr/local/pgsql/bin",
        "/opt/homebrew/opt/postgresql@*/bin",
    ],
    install: "apt-get install postgresql",
    account: "postgres",
};

const SUPERUSER: &str = "postgres";

/// Durability costs time and protects only from power cuts: after a kill, the data is still in the kernel's cache.
const SETTINGS: [&str; 7] = [
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "shared_buffers=16MB",
    "max_connections=200",
    "autovacuum=off",
    "client_min_messages=warning",
];

#[derive(Debug)]
struct Postgres {
    server: PathBuf,
    client: PathBuf,
    password: String,
    tls: Option<CertificateFiles>,
}

pub(super) fn initialise(
    server: PathBuf,
    home: &Home,
    tls: Option<CertificateFiles>,
) -> Result<Arc<dyn Flavour>, BedError> {
    let initdb = PRODUCT.companion(&server, "initdb")?;
    let client = PRODUCT.companion(&server, "psql")?;
    let password = random::password();
    output_of(
        home.command(initdb)
            .args(["--no-sync", "--encoding=UTF8", "--locale=C", "--auth-local=trust", "--auth-host=scram-sha-256"])
            .arg(format!("--username={SUPERUSER}"))
            .arg("--pwfile")
            .arg(home.write("password", &password)?)
            .arg("-D")
            .arg(data(home)),
    )?;
    Ok(Arc::new(Postgres { server, client, password, tls }))
}

fn data(home: &Home) -> PathBuf {
    home.path().join("data")
}

impl Postgres {
    fn plain_client(&self, home: &Home) -> Command {
        let mut command = home.command(&self.client);
        command.args(["-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1"]);
        command
    }
}

impl Server for Postgres {
    fn product(&self) -> &'static Product {
        &PRODUCT
    }

    fn command(&self, home: &Home) -> Command {
        let mut command = home.command(&self.server);
        command.arg("-D").arg(data(home)).args(["-h", "127.0.0.1", "-p"]).arg(home.port().to_string());
        command.arg("-k").arg(home.path());
        command.args(SETTINGS.iter().flat_map(|setting| ["-c", setting]));
        if let Some(CertificateFiles { certificate, key, .. }) = &self.tls {
            command.args(["-c", "ssl=on", "-c"]).arg(format!("ssl_cert_file={}", certificate.display()));
            command.arg("-c").arg(format!("ssl_key_file={}", key.display()));
        }
        command
    }

    fn ready(&self, home: &Home) -> Result<(), BedError> {
        prompt_output_of(self.client(home, self.home_database()).arg("SELECT 1")).map(drop)
    }

    fn signals(&self) -> Signals {
        // SIGQUIT also ends its children, SIGKILL does not.
        Signals { orderly: Signal::INT, quick: Signal::QUIT }
    }
}

impl Flavour for Postgres {
    fn client(&self, home: &Home, database: &str) -> Command {
        let mut command = self.plain_client(home);
        command.args(["-U", SUPERUSER, "-h"]).arg(home.path()).arg("-p").arg(home.port().to_string());
        command.args(["-d", database, "-c"]);
        command
    }

    fn client_at(&self, home: &Home, url: &str) -> Command {
        let mut command = self.plain_client(home);
        command.args(["-d", url, "-c"]);
        command
    }

    fn url(&self, user: &str, password: &str, port: u16, database: &str) -> String {
        format!("postgres://{user}:{password}@127.0.0.1:{port}/{database}")
    }

    fn home_database(&self) -> &'static str {
        "postgres"
    }

    fn superuser(&self) -> (&'static str, &str) {
        (SUPERUSER, &self.password)
    }

    fn creation(&self, Names { database, stranger, password }: &Names) -> Vec<String> {
        vec![
            format!(
                "CREATE ROLE {database} LOGIN PASSWORD '{password}'; CREATE ROLE {stranger} LOGIN PASSWORD '{password}'"
            ),
            format!("CREATE DATABASE {database} OWNER {database}"),
            format!(
                "REVOKE CONNECT ON DATABASE {database} FROM PUBLIC; GRANT CONNECT ON DATABASE {database} TO {stranger}"
            ),
        ]
    }

    fn as_owner(&self, owner: &str, statements: &str) -> String {
        format!("SET SESSION AUTHORIZATION {owner}; {statements}")
    }
}
