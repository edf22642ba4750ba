//! Servers refuse to run as root: if the tests run as root, a server runs as the account that its package created.
//!
//! The identity is set on the process itself and not through `runuser`, which would remain as its parent process.

use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use crate::BedError;

/// The identity for the server; none if the tests do not run as root.
#[derive(Debug, Clone, Copy)]
pub(super) struct Account(Option<(u32, u32)>);

impl Account {
    pub(super) fn named(name: &str) -> Result<Self, BedError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self(None));
        }
        let ids = ids(name).or_else(|| ids("nobody"));
        ids.map(|ids| Self(Some(ids)))
            .ok_or_else(|| BedError::failed(format!("there is no account with the name {name}")))
    }

    /// A command that runs as this account, in this folder, without any of the user's settings.
    ///
    /// Temporary files are in the folder too: when MariaDB starts, it deletes files in its temporary folder that look
    /// like leftovers, which in a shared folder are the tables of another running server.
    pub(super) fn command(self, program: impl AsRef<OsStr>, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(folder).env_clear().env("LC_ALL", "C").env("HOME", folder).env("TMPDIR", folder);
        for name in ["PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        if let Self(Some((user, group))) = self {
            command.uid(user).gid(group);
        }
        command
    }

    pub(super) fn own(self, path: &Path) -> Result<(), BedError> {
        let Self(Some((user, group))) = self else { return Ok(()) };
        std::os::unix::fs::chown(path, Some(user), Some(group))
            .map_err(|error| BedError::io("cannot change the owner of the data folder", &error))
    }
}

fn ids(name: &str) -> Option<(u32, u32)> {
    Some((id("-u", name)?, id("-g", name)?))
}

fn id(which: &str, name: &str) -> Option<u32> {
    let output = Command::new("id").args([which, name]).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
