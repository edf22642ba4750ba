//! A server in its home: starts it, and limits how long the start may take.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::home::Home;
use super::process::Process;
use super::product::version;
use super::server::{Server, Signals};
use crate::{BedError, record};

const POLL: Duration = Duration::from_millis(20);

#[derive(Debug)]
pub(super) struct Run {
    // Dropped first: the folder is removed after the process that writes to it has ended.
    state: Mutex<State>,
    server: Arc<dyn Server>,
    home: Home,
}

#[derive(Debug, Default)]
struct State {
    process: Option<Process>,
    was_ready: bool,
}

impl State {
    fn is_running(&mut self) -> bool {
        self.process.as_mut().is_some_and(|process| process.ended().is_none())
    }
}

impl Run {
    pub(super) fn new(server: Arc<dyn Server>, home: Home) -> Self {
        Self { state: Mutex::default(), server, home }
    }

    pub(super) fn home(&self) -> &Home {
        &self.home
    }

    pub(super) fn signals(&self) -> Signals {
        self.server.signals()
    }

    pub(super) fn is_running(&self) -> bool {
        self.state().is_running()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the process unless it is running, without waiting; returns whether it was started.
    pub(super) fn spawn(&self) -> Result<bool, BedError> {
        let mut state = self.state();
        let starts = !state.is_running();
        if starts {
            state.process = Some(self.process()?);
        }
        Ok(starts)
    }

    /// Waits until the server answers; if it does not in time, the process is stopped.
    pub(super) fn wait_until_ready(&self) -> Result<(), BedError> {
        let mut state = self.state();
        let answered = self.poll(&mut state);
        if answered.is_err() {
            state.process = None;
        } else if !std::mem::replace(&mut state.was_ready, true) {
            self.record();
        }
        answered
    }

    fn poll(&self, state: &mut State) -> Result<(), BedError> {
        let (start, limit) = (Instant::now(), self.server.start_up());
        loop {
            let reason = if state.is_running() {
                match self.server.ready(&self.home) {
                    Ok(()) => return Ok(()),
                    Err(reason) => reason,
                }
            } else if state.was_ready {
                // The remains of a killed server, such as its children, can prevent a new start for a moment.
                thread::sleep(POLL * 10);
                state.process = Some(self.process()?);
                BedError::failed("its program ended")
            } else {
                return Err(self.failed("its program ended"));
            };
            if start.elapsed() > limit {
                return Err(self.failed(&format!("not ready within {limit:?}: {reason}")));
            }
            thread::sleep(POLL);
        }
    }

    /// Waits until a server answers as a member of its cluster.
    pub(super) fn wait_until_joined(&self) -> Result<(), BedError> {
        let (start, limit) = (Instant::now(), self.server.start_up());
        loop {
            match self.server.joined(&self.home) {
                Ok(()) => return Ok(()),
                Err(reason) if start.elapsed() > limit => {
                    return Err(self.failed(&format!("not a member of its cluster within {limit:?}: {reason}")));
                }
                Err(_) => thread::sleep(POLL),
            }
        }
    }

    pub(super) fn pause(&self) -> Result<(), BedError> {
        let mut state = self.state();
        let running = state.is_running();
        match &mut state.process {
            Some(process) if running => process.pause(),
            _ => Err(BedError::failed(format!("{} is not running", self.server.product().name))),
        }
    }

    pub(super) fn resume(&self) {
        if let Some(process) = &mut self.state().process {
            process.resume();
        }
    }

    pub(super) fn end(&self, signal: Signal) {
        if let Some(mut process) = self.state().process.take() {
            process.end(signal);
        }
    }

    fn process(&self) -> Result<Process, BedError> {
        Process::spawn(&self.server.command(&self.home), &self.home, self.signals().quick)
    }

    fn record(&self) {
        let command = self.server.command(&self.home);
        record::note("ran", self.server.product().name, &version(Path::new(command.get_program())));
    }

    fn failed(&self, why: &str) -> BedError {
        let (name, log) = (self.server.product().name, self.home.log_tail());
        BedError::failed(format!("{name} did not start: {why}; its log ends with\n{log}"))
    }
}
