//! MariaDB.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use super::database::Names;
use super::flavour::Flavour;
use crate::program::{Home, Product, Server, output_of, prompt_output_of};
use crate::{BedError, CertificateFiles, random};

pub(super) const PRODUCT: Product = Product {
    name: "mariadb",
    program: "mariadbd",
    variable: "MARIADBD_BIN",
    folders: &["/usr/sbin", "/usr/libexec", "/usr/local/sbin", "/usr/local/libexec", "/opt/homebrew/opt/mariadb/bin"],
    install: "apt-get install mariadb-server",
    account: "mysql",
};

const SUPERUSER: &str = "root";

/// Small and fast; durability protects only from power cuts.
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
    password: String,
    tls: Option<CertificateFiles>,
    passwords: PathBuf,
}

pub(super) fn initialise(
    server: PathBuf,
    home: &Home,
    tls: Option<CertificateFiles>,
) -> Result<Arc<dyn Flavour>, BedError> {
    let install = PRODUCT.companion(&server, "mariadb-install-db")?;
    let client = PRODUCT.companion(&server, "mariadb")?;
    output_of(
        home.command(install)
            .args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"])
            .args(["--innodb-log-file-size=8M", "--innodb-flush-log-at-trx-commit=0", "--innodb-use-native-aio=0"])
            .arg(format!("--datadir={}", data(home).display())),
    )?;
    let password = random::password();
    let passwords = home.write("passwords.sql", &set_passwords(&password))?;
    Ok(Arc::new(MariaDb { server, client, password, tls, passwords }))
}

fn data(home: &Home) -> PathBuf {
    home.path().join("data")
}

/// The server runs this at every start, before it accepts connections; one statement per line.
fn set_passwords(password: &str) -> String {
    format!(
        "ALTER USER {SUPERUSER}@localhost IDENTIFIED BY '{password}';\n\
         CREATE OR REPLACE USER {SUPERUSER}@'127.0.0.1' IDENTIFIED BY '{password}';\n\
         GRANT ALL ON *.* TO {SUPERUSER}@'127.0.0.1' WITH GRANT OPTION;\n"
    )
}

fn socket(home: &Home) -> String {
    format!("--socket={}", home.path().join("socket").display())
}

impl MariaDb {
    fn plain_client(&self, home: &Home, user: &str, password: &str) -> Command {
        let mut command = home.command(&self.client);
        command.args(["--no-defaults", "--batch", "--raw", "--skip-column-names", "--user", user]);
        command.env("MYSQL_PWD", password);
        command
    }
}

impl Server for MariaDb {
    fn product(&self) -> &'static Product {
        &PRODUCT
    }

    fn command(&self, home: &Home) -> Command {
        let mut command = home.command(&self.server);
        command.arg("--no-defaults").arg(format!("--datadir={}", data(home).display())).arg(socket(home));
        command.arg(format!("--port={}", home.port())).args(SETTINGS).arg("--innodb-log-file-size=8M");
        command.arg(format!("--init-file={}", self.passwords.display()));
        if let Some(CertificateFiles { certificate, key, .. }) = &self.tls {
            command.arg(format!("--ssl-cert={}", certificate.display())).arg(format!("--ssl-key={}", key.display()));
        }
        command
    }

    fn ready(&self, home: &Home) -> Result<(), BedError> {
        prompt_output_of(self.client(home, self.home_database()).arg("SELECT 1")).map(drop)
    }
}

impl Flavour for MariaDb {
    fn client(&self, home: &Home, database: &str) -> Command {
        let mut command = self.plain_client(home, SUPERUSER, &self.password);
        command.arg(socket(home)).args(["--database", database, "--execute"]);
        command
    }

    fn client_at(&self, home: &Home, url: &str) -> Command {
        // The client does not accept URLs; this is the reverse of `url` below.
        let parts: Vec<&str> = url.trim_start_matches("mysql://").split([':', '@', '/']).collect();
        let part = |index: usize| parts.get(index).copied().unwrap_or_default();
        let mut command = self.plain_client(home, part(0), part(1));
        command.args(["--protocol=tcp", "--host", part(2), "--port", part(3), "--database", part(4), "--execute"]);
        command
    }

    fn url(&self, user: &str, password: &str, port: u16, database: &str) -> String {
        format!("mysql://{user}:{password}@127.0.0.1:{port}/{database}")
    }

    fn home_database(&self) -> &'static str {
        "mysql"
    }

    fn superuser(&self) -> (&'static str, &str) {
        (SUPERUSER, &self.password)
    }

    /// A stranger needs some privilege to connect to the database at all.
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
