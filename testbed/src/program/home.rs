//! The environment of one program: its folder, its ports and its account.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::account::Account;
use super::port::unused_port;
use crate::BedError;

const LOG_TAIL: usize = 25;

/// A private folder and free ports; dropping it removes the folder.
///
/// It is created before the program is configured, so that the programs of a cluster can be given each other's ports.
#[derive(Debug)]
pub(crate) struct Home {
    account: Account,
    folder: tempfile::TempDir,
    ports: Vec<u16>,
}

impl Home {
    /// A folder, owned by the account if the tests run as root, and the given number of ports.
    pub(crate) fn new(account: &str, ports: usize) -> Result<Self, BedError> {
        let folder = tempfile::Builder::new().prefix("testbed-").tempdir();
        let folder = folder.map_err(|error| BedError::io("cannot create a data folder", &error))?;
        let account = Account::named(account)?;
        account.own(folder.path())?;
        let ports = (0..ports).map(|_| unused_port()).collect::<Result<_, _>>()?;
        Ok(Self { account, folder, ports })
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The port that clients use.
    pub(crate) fn port(&self) -> u16 {
        self.ports.first().copied().unwrap_or_default()
    }

    /// The other ports, such as the one that members of a cluster use among themselves.
    pub(crate) fn other_ports(&self) -> &[u16] {
        self.ports.get(1..).unwrap_or_default()
    }

    /// A command that runs in this folder, as this account, without the user's environment.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        self.account.command(program, self.path())
    }

    /// Writes a file that only the account can read: servers reject a key or password file that others can read.
    pub(crate) fn write(&self, name: &str, contents: &str) -> Result<PathBuf, BedError> {
        let path = self.path().join(name);
        let failed = |error: std::io::Error| BedError::io(&format!("cannot write {name}"), &error);
        fs::write(&path, contents).map_err(failed)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).map_err(failed)?;
        self.account.own(&path)?;
        Ok(path)
    }

    /// The file for the output of the program.
    pub(super) fn log(&self) -> PathBuf {
        self.path().join("server.log")
    }

    /// The last lines of the program's output.
    pub(super) fn log_tail(&self) -> String {
        let log = fs::read(self.log()).unwrap_or_default();
        let log = String::from_utf8_lossy(&log).into_owned();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(LOG_TAIL)..].join("\n")
    }
}
