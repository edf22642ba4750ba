//! What is particular to PostgreSQL.
//!
//! Over TCP every role needs its password (SCRAM); without one the superuser may enter through the local socket only,
//! which lies in the server's private folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;

use super::database::Names;
use super::find::Product;
use super::{Flavour, Host, run};
use crate::BedError;

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
    package: "postgresql",
    account: "postgres",
};

const SUPERUSER: &str = "postgres";

/// Durability costs time and protects from power cuts only: a killed server finds its data in the kernel's cache.
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
}

pub(super) fn initialise(server: &Path, host: &Host) -> Result<Box<dyn Flavour>, BedError> {
    let initdb = PRODUCT.companion(server, "initdb")?;
    let client = PRODUCT.companion(server, "psql")?;
    let password = host.path().join("password");
    fs::write(&password, &host.password).map_err(|error| BedError::io("cannot write the password file", &error))?;
    run(host
        .command(initdb)
        .args(["--no-sync", "--encoding=UTF8", "--locale=C", "--auth-local=trust", "--auth-host=scram-sha-256"])
        .arg(format!("--username={SUPERUSER}"))
        .arg("--pwfile")
        .arg(password)
        .arg("-D")
        .arg(data(host)))?;
    Ok(Box::new(Postgres { server: server.to_owned(), client }))
}

fn data(host: &Host) -> PathBuf {
    host.path().join("data")
}

impl Postgres {
    fn plain_client(&self, host: &Host) -> Command {
        let mut command = host.command(&self.client);
        command.args(["-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1"]);
        command
    }
}

impl Flavour for Postgres {
    fn command(&self, host: &Host) -> Command {
        let mut command = host.command(&self.server);
        command.arg("-D").arg(data(host)).args(["-h", "127.0.0.1", "-p"]).arg(host.port.to_string());
        command.arg("-k").arg(host.path());
        command.args(SETTINGS.iter().flat_map(|setting| ["-c", setting]));
        command
    }

    fn signals(&self) -> (Signal, (Signal, &'static str)) {
        // SIGQUIT makes it take its children along, which SIGKILL does not.
        (Signal::INT, (Signal::QUIT, "QUIT"))
    }

    fn client(&self, host: &Host, database: Option<&str>) -> Command {
        let mut command = self.plain_client(host);
        command.args(["-U", SUPERUSER, "-h"]).arg(host.path()).arg("-p").arg(host.port.to_string());
        command.args(["-d", database.unwrap_or(self.home()), "-c"]);
        command
    }

    fn client_at(&self, host: &Host, url: &str) -> Command {
        let mut command = self.plain_client(host);
        command.args(["-d", url, "-c"]);
        command
    }

    fn url(&self, user: &str, password: &str, port: u16, database: &str) -> String {
        format!("postgres://{user}:{password}@127.0.0.1:{port}/{database}")
    }

    fn home(&self) -> &'static str {
        "postgres"
    }

    fn superuser(&self) -> &'static str {
        SUPERUSER
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
