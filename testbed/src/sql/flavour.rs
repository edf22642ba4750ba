//! The differences between SQL servers.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use super::database::Names;
use crate::program::{Home, Server};
use crate::{BedError, CertificateFiles};

/// Creates a server from a program, its home and its certificate; called once, before the first start.
pub(super) type Initialise = fn(PathBuf, &Home, Option<CertificateFiles>) -> Result<Arc<dyn Flavour>, BedError>;

/// The differences between the products.
pub(super) trait Flavour: Server {
    /// The client command that reads statements as the superuser through the local socket.
    fn client(&self, home: &Home, database: &str) -> Command;
    /// The client command that reads statements over TCP, with the user and the password of a URL.
    fn client_at(&self, home: &Home, url: &str) -> Command;
    /// A URL for the user and database.
    fn url(&self, user: &str, password: &str, port: u16, database: &str) -> String;
    /// The database that every new server has.
    fn home_database(&self) -> &'static str;
    /// The superuser's name and password.
    fn superuser(&self) -> (&'static str, &str);
    /// The statements that create a database, its owner, and a stranger, which may connect but not read.
    fn creation(&self, names: &Names) -> Vec<String>;
    /// The statements, changed so that the objects that they create belong to the database's owner.
    fn as_owner(&self, _owner: &str, statements: &str) -> String {
        statements.to_owned()
    }
}
