//! Runs programs until they end, such as a server's client.

use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::BedError;

/// How long a client may take to ask whether a server is ready.
const PROMPT: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(5);

/// The output of a program, or its error message as an error.
pub(crate) fn output_of(command: &mut Command) -> Result<String, BedError> {
    let program = name(command);
    let output = command.output().map_err(|error| BedError::io(&format!("cannot run {program}"), &error))?;
    read(&program, output)
}

/// Like [`output_of`], for a program that prints little; it is killed after a few seconds, since a client waits forever
/// for a server that hangs.
pub(crate) fn prompt_output_of(command: &mut Command) -> Result<String, BedError> {
    output_within(command, PROMPT)
}

pub(super) fn output_within(command: &mut Command, limit: Duration) -> Result<String, BedError> {
    let program = name(command);
    let failed = |error: std::io::Error| BedError::io(&format!("cannot run {program}"), &error);
    let start = Instant::now();
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(failed)?;
    while child.try_wait().map_err(failed)?.is_none() {
        if start.elapsed() > limit {
            child.kill().map_err(failed)?;
            child.wait().map_err(failed)?;
            return Err(BedError::failed(format!("{program} got no answer within {limit:?}")));
        }
        thread::sleep(POLL);
    }
    read(&program, child.wait_with_output().map_err(failed)?)
}

fn name(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

fn read(program: &str, output: Output) -> Result<String, BedError> {
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(BedError::failed(format!("{program} failed ({}): {}", output.status, String::from_utf8_lossy(&said).trim())))
}
