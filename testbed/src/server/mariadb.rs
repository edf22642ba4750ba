//! What is particular to MariaDB.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;

use super::database::Names;
use super::find::Product;
use super::{Flavour, Host, run};
use crate::BedError;

pub(super) const PRODUCT: Product = Product {
    name: "mariadb",
    program: "mariadbd",
    variable: "MARIADBD_BIN",
    folders: &["/usr/sbin", "/usr/libexec", "/usr/local/sbin", "/usr/local/libexec", "/opt/homebrew/opt/mariadb/bin"],
    package: "mariadb-server",
    account: "mysql",
};

const SUPERUSER: &str = "root";

/// Small and quick; durability protects from power cuts only.
const SETTINGS: [&str; 7] = [
    "--bind-address=127.0.0.1",
    "--skip-log-bin",
    "--skip-name-resolve",
    "--innodb-buffer-pool-size=16M",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-use-native-aio=0",
    "--max-connections=200",
];

#[derive(Debug)]
struct MariaDb {
    server: PathBuf,
    client: PathBuf,
}

pub(super) fn initialise(server: &Path, host: &Host) -> Result<Box<dyn Flavour>, BedError> {
    let install = PRODUCT.companion(server, "mariadb-install-db")?;
    let client = PRODUCT.companion(server, "mariadb")?;
    run(host
        .command(install)
        .args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"])
        .args(["--innodb-log-file-size=8M", "--innodb-flush-log-at-trx-commit=0", "--innodb-use-native-aio=0"])
        .arg(format!("--datadir={}", data(host).display())))?;
    fs::write(passwords(host), set_passwords(&host.password))
        .map_err(|error| BedError::io("cannot write the password file", &error))?;
    Ok(Box::new(MariaDb { server: server.to_owned(), client }))
}

fn data(host: &Host) -> PathBuf {
    host.path().join("data")
}

fn passwords(host: &Host) -> PathBuf {
    host.path().join("passwords.sql")
}

/// Run by the server at every start, before it accepts a connection; a statement a line.
fn set_passwords(password: &str) -> String {
    format!(
        "ALTER USER {SUPERUSER}@localhost IDENTIFIED BY '{password}';\n\
         CREATE OR REPLACE USER {SUPERUSER}@'127.0.0.1' IDENTIFIED BY '{password}';\n\
         GRANT ALL ON *.* TO {SUPERUSER}@'127.0.0.1' WITH GRANT OPTION;\n"
    )
}

fn socket(host: &Host) -> String {
    format!("--socket={}", host.path().join("socket").display())
}

impl MariaDb {
    fn plain_client(&self, host: &Host, user: &str, password: &str) -> Command {
        let mut command = host.command(&self.client);
        command.args(["--no-defaults", "--batch", "--raw", "--skip-column-names", "--user", user]);
        command.env("MYSQL_PWD", password);
        command
    }
}

impl Flavour for MariaDb {
    fn command(&self, host: &Host) -> Command {
        let mut command = host.command(&self.server);
        command.arg("--no-defaults").arg(format!("--datadir={}", data(host).display())).arg(socket(host));
        command.arg(format!("--port={}", host.port)).args(SETTINGS).arg("--innodb-log-file-size=8M");
        command.arg(format!("--init-file={}", passwords(host).display()));
        command
    }

    fn signals(&self) -> (Signal, (Signal, &'static str)) {
        (Signal::TERM, (Signal::KILL, "KILL"))
    }

    fn client(&self, host: &Host, database: Option<&str>) -> Command {
        let mut command = self.plain_client(host, SUPERUSER, &host.password);
        command.arg(socket(host)).args(["--database", database.unwrap_or(self.home()), "--execute"]);
        command
    }

    fn client_at(&self, host: &Host, url: &str) -> Command {
        // The client knows no URLs; this is `url` below in reverse.
        let parts: Vec<&str> = url.trim_start_matches("mysql://").split([':', '@', '/']).collect();
        let part = |index: usize| parts.get(index).copied().unwrap_or_default();
        let mut command = self.plain_client(host, part(0), part(1));
        command.args(["--protocol=tcp", "--host", part(2), "--port", part(3), "--database", part(4), "--execute"]);
        command
    }

    fn url(&self, user: &str, password: &str, port: u16, database: &str) -> String {
        format!("mysql://{user}:{password}@127.0.0.1:{port}/{database}")
    }

    fn home(&self) -> &'static str {
        "mysql"
    }

    fn superuser(&self) -> &'static str {
        SUPERUSER
    }

    /// A stranger needs some privilege to enter the database at all.
    fn creation(&self, Names { database, stranger, password }: &Names) -> Vec<String> {
        vec![format!(
            "CREATE DATABASE {database} CHARACTER SET utf8mb4; \
             CREATE USER {database}@'127.0.0.1' IDENTIFIED BY '{password}'; \
             CREATE USER {stranger}@'127.0.0.1' IDENTIFIED BY '{password}'; \
             GRANT ALL ON {database}.* TO {database}@'127.0.0.1'; \
             GRANT CREATE TEMPORARY TABLES ON {database}.* TO {stranger}@'127.0.0.1'"
        )]
    }
}
