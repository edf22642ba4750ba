//! One server process and its watchdog.
//!
//! The process leads its own group, and its pid is the pid of the server. The watchdog waits on a pipe whose other end
//! only the test process has open. When the pipe closes because the test process has ended, for whatever reason, the
//! watchdog stops the server and removes its folder. The watchdog belongs to the server's group, so the pid cannot be
//! reused in the meantime.

use std::fs::File;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use super::home::Home;
use super::tree::{Member, tree};
use crate::BedError;

const PATIENCE: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(5);

/// In a container there may be no process that reaps zombies, for which `kill -0` still succeeds. So the state of the
/// process is checked. `$1` is the signal for a quick stop, `$2` the folder, the rest the server's command. Paused
/// processes handle no signals until they are continued, so the pipe transmits which processes are paused. The kernel
/// sends SIGHUP to a group with a paused process when its parent ends.
const WATCHDOG: &str = r#"
signal=$1 folder=$2; shift 2
exec 3<&0 </dev/null
( (
    trap '' HUP
    paused=
    while read -r word pids <&3; do
        case $word in
            released) exit 0 ;;
            paused) paused=$pids ;;
        esac
    done
    kill -"$signal" $$
    kill -CONT $$ $paused
    tries=0
    while kill -0 $$ && [ "$tries" -lt 100 ]; do
        grep -q '^State:.*Z' /proc/$$/status && break
        tries=$((tries + 1)); sleep 0.05
    done
    kill -KILL $$
    rm -rf "$folder" || { sleep 1; rm -rf "$folder"; }
) & )
exec 3<&-
exec "$@"
"#;

/// A running server; dropping it stops it and waits until it has ended.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    lifeline: Option<ChildStdin>,
    quick: Signal,
    paused: Vec<Pid>,
}

impl Process {
    /// Starts a server in its home, with its output in the log; `quick` is the signal that ends it at once.
    pub(super) fn spawn(server: &Command, home: &Home, quick: Signal) -> Result<Self, BedError> {
        let failed = |error: std::io::Error| BedError::io("cannot start a server", &error);
        let output = File::options().create(true).append(true).open(home.log()).map_err(failed)?;
        let mut command = home.command("sh");
        for (name, value) in server.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let mut child = command
            .args(["-c", WATCHDOG, "watchdog", &quick.as_raw().to_string()])
            .arg(home.path())
            .arg(server.get_program())
            .args(server.get_args())
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(output.try_clone().map_err(failed)?)
            .stderr(output)
            .spawn()
            .map_err(failed)?;
        let lifeline = child.stdin.take();
        Ok(Self { child, lifeline, quick, paused: Vec::new() })
    }

    /// The exit status, if the server has ended.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Pauses the server with all its processes, and returns when all of them are paused.
    ///
    /// A process that is about to pause may still start another one, so they are counted until all are paused.
    pub(super) fn pause(&mut self) -> Result<(), BedError> {
        let start = Instant::now();
        loop {
            let tree = tree(Pid::from_child(&self.child));
            self.paused = tree.iter().map(|member| member.pid).collect();
            self.tell_paused();
            let moving: Vec<Member> = tree.into_iter().filter(|member| !member.is_still()).collect();
            if moving.is_empty() {
                return Ok(());
            }
            if start.elapsed() > PATIENCE {
                self.resume();
                return Err(BedError::failed(format!("a server cannot be paused: {moving:?}")));
            }
            for member in moving {
                // A failure means that it has ended.
                let _ = kill_process(member.pid, Signal::STOP);
            }
            thread::sleep(POLL);
        }
    }

    /// Resumes the server; does nothing if it is not paused.
    pub(super) fn resume(&mut self) {
        for pid in std::mem::take(&mut self.paused) {
            let _ = kill_process(pid, Signal::CONT);
        }
        self.tell_paused();
    }

    /// Signals the server and waits until it has ended; kills it if it does not end.
    pub(super) fn end(&mut self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        if self.ended().is_none() {
            // A failure means that it has already ended, which the wait below notices.
            let _ = kill_process(pid, signal);
        }
        // Only running processes receive the signal, or notice that their parent has ended.
        if !self.paused.is_empty() {
            self.resume();
        }
        if !self.wait() {
            let _ = kill_process_group(pid, Signal::KILL);
            self.wait();
        }
        if let Some(mut lifeline) = self.lifeline.take() {
            let _ = lifeline.write_all(b"released\n");
        }
    }

    fn tell_paused(&mut self) {
        let pids: Vec<String> = self.paused.iter().map(|pid| pid.as_raw_pid().to_string()).collect();
        if let Some(lifeline) = &mut self.lifeline {
            let _ = lifeline.write_all(format!("paused {}\n", pids.join(" ")).as_bytes());
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
