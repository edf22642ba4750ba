//! Tests with programs that are not servers.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::output::output_within;
use super::{Home, Product, Program, Server};
use crate::BedError;

const PRODUCT: Product = Product {
    name: "script",
    program: "sh",
    variable: "TESTBED_NO_SUCH_VARIABLE",
    folders: &[],
    install: "apt-get install dash",
    account: "nobody",
};

/// A shell script that is ready when it has written the file `ready`.
#[derive(Debug)]
struct Script {
    script: &'static str,
    hangs: bool,
}

impl Server for Script {
    fn product(&self) -> &'static Product {
        &PRODUCT
    }

    fn command(&self, home: &Home) -> Command {
        let mut command = home.command("sh");
        command.args(["-c", self.script, "script", "an argument"]).env("GREETING", "hello");
        command
    }

    fn ready(&self, home: &Home) -> Result<(), BedError> {
        let mut client = home.command(if self.hangs { "sleep" } else { "test" });
        client.args(if self.hangs { &["60"][..] } else { &["-f", "ready"] });
        output_within(&mut client, Duration::from_millis(100)).map(drop)
    }

    fn start_up(&self) -> Duration {
        Duration::from_millis(if self.hangs { 300 } else { 10_000 })
    }
}

fn program(script: &'static str, hangs: bool) -> Program {
    Program::new(Arc::new(Script { script, hangs }), Home::new(PRODUCT.account, 2).unwrap())
}

#[test]
fn a_program_gets_its_arguments_and_environment_in_its_own_folder() {
    let program = program(r#"echo "$GREETING, $1, $HOME" > said; touch ready; exec sleep 60"#, false);
    program.start_now().unwrap();
    let said = std::fs::read_to_string(program.folder().join("said")).unwrap();
    assert_eq!(said.trim(), format!("hello, an argument, {}", program.folder().display()));
}

#[test]
fn a_program_that_is_never_ready_fails_in_time_with_the_end_of_its_log_and_is_stopped() {
    let start = Instant::now();
    let program = program("echo the last words; exec sleep 60", true);
    let error = program.start_now().unwrap_err().to_string();
    assert!(
        error.contains("not ready within 300ms: sleep got no answer") && error.ends_with("the last words"),
        "{error}"
    );
    assert!(start.elapsed() < Duration::from_secs(5));
    assert!(!program.is_running());
}

#[test]
fn a_program_that_ends_at_once_is_not_waited_for() {
    let start = Instant::now();
    let error = program("echo no such setting; exit 1", false).start_now().unwrap_err().to_string();
    assert!(error.contains("script did not start: its program ended") && error.ends_with("no such setting"), "{error}");
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn starting_a_paused_program_leaves_it_paused() {
    let program = program("touch ready; exec sleep 60", false);
    program.start().await.unwrap();
    program.pause().await.unwrap();
    program.start().await.unwrap();
    assert!(program.is_running());
}

#[test]
fn a_file_of_a_home_is_private_and_its_ports_differ() {
    let home = Home::new(PRODUCT.account, 3).unwrap();
    let file = home.write("key", "secret").unwrap();
    assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    let mut ports = [&[home.port()], home.other_ports()].concat();
    ports.dedup();
    assert_eq!(ports.len(), 3);
}
