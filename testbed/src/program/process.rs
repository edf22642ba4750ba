//! One server process and the watchdog beside it.
//!
//! The process leads a group of its own and its pid is the server's own pid. The watchdog waits on a pipe that only
//! this process holds: when the pipe closes because the test process is gone, however it went, the watchdog stops the
//! server and removes its folder. As the watchdog belongs to the server's group, the pid cannot be reused meanwhile.

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

/// In a container nobody may collect the dead, who still answer `kill -0`: hence the look at their state.
/// `$1` is the signal for a quick stop, `$2` the folder, the rest the server's command. Paused processes take no signal
/// until they are continued, so the pipe tells which these are; and the kernel sends SIGHUP to a group with a paused
/// process whose parent has ended.
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

/// A running server; dropping it stops it and waits until it is gone.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    lifeline: Option<ChildStdin>,
    quick: Signal,
    paused: Vec<Pid>,
}

impl Process {
    /// Starts a server in its home, whose log gets its output; `quick` makes it end at once.
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

    /// How the server ended, if it did.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Stops the server and all its processes where they are, and returns when they stand still.
    ///
    /// A process that is about to stop may still start another one, so they are counted until all stand still.
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

    /// Lets the server go on; does nothing if it is not paused.
    pub(super) fn resume(&mut self) {
        for pid in std::mem::take(&mut self.paused) {
            let _ = kill_process(pid, Signal::CONT);
        }
        self.tell_paused();
    }

    /// Signals the server and waits until it is gone; kills it when it does not go.
    pub(super) fn end(&mut self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        if self.ended().is_none() {
            // A failure means that it is gone already, which the wait below finds out.
            let _ = kill_process(pid, signal);
        }
        // Only continued processes see the signal, or that their parent has ended.
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
