//! One server process and the watchdog beside it.
//!
//! The process leads a group of its own and its pid is the server's own pid. The watchdog waits on a pipe that only
//! this process holds: when the pipe closes because the test process is gone, however it went, the watchdog stops the
//! server and removes its folder. As the watchdog belongs to the server's group, the pid cannot be reused meanwhile.

use std::fs::File;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use super::account::Account;
use crate::BedError;

const PATIENCE: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(5);

/// In a container nobody may collect the dead, who still answer `kill -0`: hence the look at their state.
/// `$1` is the signal for a quick stop, `$2` the folder, the rest the server's command.
const WATCHDOG: &str = r#"
signal=$1 folder=$2; shift 2
exec 3<&0 </dev/null
( (
    read -r released <&3 && exit 0
    kill -s "$signal" $$
    tries=0
    while kill -0 $$ && [ "$tries" -lt 100 ]; do
        grep -q '^State:.*Z' /proc/$$/status && break
        tries=$((tries + 1)); sleep 0.05
    done
    kill -s KILL $$
    rm -rf "$folder" || { sleep 1; rm -rf "$folder"; }
) & )
exec 3<&-
exec "$@"
"#;

/// A running server; dropping it stops it and waits until it is gone.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    lifeline: Option<ChildStdin>,
    quick: Signal,
}

impl Process {
    /// Starts a server whose output goes to `log`, and which `quick` makes go at once.
    pub(super) fn spawn(
        server: &Command,
        account: Account,
        folder: &Path,
        log: &Path,
        quick: (Signal, &str),
    ) -> Result<Self, BedError> {
        let failed = |error: std::io::Error| BedError::io("cannot start a server", &error);
        let output = File::options().create(true).append(true).open(log).map_err(failed)?;
        let mut child = account
            .command("sh", folder)
            .args(["-c", WATCHDOG, "watchdog", quick.1])
            .arg(folder)
            .arg(server.get_program())
            .args(server.get_args())
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(output.try_clone().map_err(failed)?)
            .stderr(output)
            .spawn()
            .map_err(failed)?;
        let lifeline = child.stdin.take();
        Ok(Self { child, lifeline, quick: quick.0 })
    }

    /// How the server ended, if it did.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Signals the server and waits until it is gone; kills it when it does not go.
    pub(super) fn end(&mut self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        if self.ended().is_none() {
            // A failure means that it is gone already, which the wait below finds out.
            let _ = kill_process(pid, signal);
        }
        if !self.wait() {
            let _ = kill_process_group(pid, Signal::KILL);
            self.wait();
        }
        if let Some(mut lifeline) = self.lifeline.take() {
            let _ = lifeline.write_all(b"released\n");
        }
    }

    fn wait(&mut self) -> bool {
        let start = Instant::now();
        while self.ended().is_none() {
            if start.elapsed() > PATIENCE {
                return false;
            }
            thread::sleep(POLL);
        }
        true
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end(self.quick);
    }
}
