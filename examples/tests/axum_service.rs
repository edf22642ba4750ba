//! The service is started as a user would, asked, and stopped.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, its helpers too")]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
};

/// A process that does not outlive its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Service {
    running: Running,
    said: BufReader<std::process::ChildStdout>,
    address: String,
}

/// The service with none of the variables that it reads but a free port.
fn service() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_axum_service"));
    for name in ["SHOP_REGION", "SHOP_TOKEN", "CONFIG_FILE", "FLAGS_URL", "RUST_LOG"] {
        command.env_remove(name);
    }
    command.env("SHOP_LISTEN", "127.0.0.1:0");
    command
}

/// Starts the service, and waits until it listens.
fn start(variables: &[(&str, &str)]) -> Service {
    let folder = tempfile::tempdir().unwrap();
    let mut command = service();
    command.current_dir(folder.path()).envs(variables.iter().copied());
    let mut running = Running(command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
    let mut said = BufReader::new(running.0.stdout.take().unwrap());
    let (mut line, mut all) = (String::new(), String::new());
    loop {
        line.clear();
        assert!(said.read_line(&mut line).unwrap() > 0, "{all}");
        all.push_str(&line);
        if let Some((_, rest)) = line.split_once("listens at http://") {
            let address = rest.split(',').next().unwrap().to_owned();
            return Service { running, said, address };
        }
    }
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn it_serves_tells_its_health_and_stops_when_it_is_told_to() {
    let Service { mut running, mut said, address } = start(&[("SHOP_REGION", "eu"), ("SHOP_TOKEN", "hunter2")]);
    // The service of flags is down: nobody gets a discount.
    let price = get(&address, "/price");
    assert!(price.starts_with("HTTP/1.1 200") && price.ends_with("100.0"), "{price}");
    let health = get(&address, "/health");
    assert!(health.contains("\"flags\"") && !health.contains("hunter2"), "{health}");
    let stopped = Command::new("kill").args(["-TERM", &running.0.id().to_string()]).status().unwrap();
    assert!(stopped.success());
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    assert!(running.0.wait().unwrap().success());
    assert!(rest.contains("stopped"), "{rest}");
}

#[test]
fn without_a_region_it_says_what_to_set() {
    let folder = tempfile::tempdir().unwrap();
    let output = service().current_dir(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && said.contains("set the variable `SHOP_REGION`, or write `region` into"),
        "{said}"
    );
}
