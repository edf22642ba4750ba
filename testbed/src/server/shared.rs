//! One installed server: where it lives, whether it runs, and how it is spoken to.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::Flavour;
use super::account::Account;
use super::find::Product;
use super::process::Process;
use crate::BedError;

const START_UP: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(20);
const LOG_TAIL: usize = 25;

/// Where one server lives.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) account: Account,
    pub(super) folder: tempfile::TempDir,
    pub(super) port: u16,
    pub(super) password: String,
}

impl Host {
    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn log(&self) -> PathBuf {
        self.path().join("server.log")
    }

    pub(super) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        self.account.command(program, self.path())
    }
}

#[derive(Debug)]
pub(super) struct Shared {
    // Dropped first: the folder inside `host` goes after the server that writes to it.
    pub(super) process: Mutex<Option<Process>>,
    pub(super) flavour: Box<dyn Flavour>,
    pub(super) product: &'static Product,
    pub(super) host: Host,
}

impl Shared {
    pub(super) fn process(&self) -> MutexGuard<'_, Option<Process>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn superuser_url(&self, database: &str) -> String {
        self.flavour.url(self.flavour.superuser(), &self.host.password, self.host.port, database)
    }

    pub(super) fn start(&self) -> Result<(), BedError> {
        let mut running = self.process();
        if running.as_mut().is_some_and(|process| process.ended().is_none()) {
            return Ok(());
        }
        let start = Instant::now();
        let mut process = self.spawn()?;
        while start.elapsed() < START_UP {
            thread::sleep(POLL);
            if process.ended().is_some() {
                // What a killed server leaves behind for a moment, such as its children, can refuse a successor.
                thread::sleep(POLL * 10);
                process = self.spawn()?;
            } else if self.sql(None, "SELECT 1").is_ok() {
                *running = Some(process);
                return Ok(());
            }
        }
        Err(self.silent())
    }

    fn spawn(&self) -> Result<Process, BedError> {
        let (_, quick) = self.flavour.signals();
        let host = &self.host;
        Process::spawn(&self.flavour.command(host), host.account, host.path(), &host.log(), quick)
    }

    fn silent(&self) -> BedError {
        let name = self.product.name;
        BedError::failed(format!("{name} did not answer within {START_UP:?}; its log ends with\n{}", self.log_tail()))
    }

    fn log_tail(&self) -> String {
        let log = fs::read(self.host.log()).unwrap_or_default();
        let log = String::from_utf8_lossy(&log).into_owned();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(LOG_TAIL)..].join("\n")
    }

    /// Runs statements as the superuser and gives back what they print.
    pub(super) fn sql(&self, database: Option<&str>, statements: &str) -> Result<String, BedError> {
        run(self.flavour.client(&self.host, database).arg(statements))
    }
}

/// Runs a helper program to its end; its output, or its complaint as the error.
pub(super) fn run(command: &mut Command) -> Result<String, BedError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| BedError::io(&format!("cannot run {program}"), &error))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(BedError::failed(format!("{program} failed ({}): {}", output.status, String::from_utf8_lossy(&said).trim())))
}
