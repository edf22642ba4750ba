//! A process between a server in this process and its clients, which can be stopped and killed as a server can.

use std::{
    io::Read,
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::Duration,
};

use tokio::net::{TcpListener, TcpStream};

/// Where the process listens, and where it connects to.
const ADDRESSES: &str = "COMPONENT_MODEL_FAULTS_RELAY";

pub(crate) struct Relay {
    address: SocketAddr,
    server: SocketAddr,
    process: Child,
}

impl Relay {
    pub(super) async fn start(server: SocketAddr) -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], testbed::unused_port().unwrap()));
        let relay = Self { address, server, process: spawn(address, server) };
        relay.is_ready().await;
        relay
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn pause(&self) {
        self.signal("STOP");
    }

    pub(super) fn resume(&self) {
        self.signal("CONT");
    }

    pub(super) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    pub(super) async fn start_again(&mut self) {
        self.process = spawn(self.address, self.server);
        self.is_ready().await;
    }

    fn signal(&self, name: &str) {
        let command = format!("kill -{name} {}", self.process.id());
        assert!(Command::new("sh").args(["-c", &command]).status().unwrap().success());
    }

    async fn is_ready(&self) {
        for _ in 0..1000 {
            if TcpStream::connect(self.address).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("no process listens at {}", self.address);
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn spawn(address: SocketAddr, server: SocketAddr) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "bed::relay::relay", "--ignored"])
        .env(ADDRESSES, format!("{address} {server}"))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test]
#[ignore = "a process that another test starts"]
async fn relay() {
    // It ends with the test that started it, however that ends.
    std::thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    let addresses = std::env::var(ADDRESSES).unwrap();
    let (address, server) = addresses.split_once(' ').unwrap();
    let (listener, server) = (TcpListener::bind(address).await.unwrap(), server.to_owned());
    loop {
        let (mut client, _) = listener.accept().await.unwrap();
        let server = server.clone();
        tokio::spawn(async move {
            let mut server = TcpStream::connect(server).await.unwrap();
            let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
        });
    }
}
