//! A master, its replica, and the Sentinels that watch over them.

use std::path::PathBuf;
use std::process::Command;

use super::server::RedisServer;
use super::{PRODUCT, Programs};
use crate::program::{Home, Product, Server, prompt_output_of};
use crate::{BedError, Cluster, blocking, random, record};

/// The name by which the Sentinels know the master.
const MASTER: &str = "mymaster";

const SENTINELS: usize = 3;

/// A Redis master (node 0), a replica (node 1) and three Sentinels (nodes 2 to 4), which call the master `mymaster`; without
/// passwords. About three seconds after the master was killed the replica is the master.
///
/// # Errors
///
/// As for [`redis`](crate::redis()).
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let cluster = testbed::require!(testbed::redis_sentinels().await);
/// assert_eq!(cluster.nodes().len(), 5);
/// # }
/// ```
pub async fn redis_sentinels() -> Result<Cluster, BedError> {
    record::admit(PRODUCT.name)?;
    blocking::run(start).await
}

fn start() -> Result<Cluster, BedError> {
    let programs = Programs::locate()?;
    let homes = (0..2 + SENTINELS).map(|_| Home::new(PRODUCT.account, 1)).collect::<Result<Vec<_>, _>>()?;
    let configure = |homes: &[Home], index: usize| node(programs.clone(), homes, index);
    Cluster::start(homes, configure, |_| Ok(()))
}

fn node(programs: Programs, homes: &[Home], index: usize) -> Result<Node, BedError> {
    let (home, master) = (&homes[index], homes[0].port());
    let data = |settings: &str| {
        RedisServer::new(programs.clone(), home, settings, false, random::password(), None).map(Node::Data)
    };
    match index {
        0 => data(""),
        1 => data(&format!("replicaof 127.0.0.1 {master}\n")),
        _ => Sentinel::new(&programs, home, master).map(Node::Sentinel),
    }
}

#[derive(Debug)]
enum Node {
    Data(RedisServer),
    Sentinel(Sentinel),
}

#[derive(Debug)]
struct Sentinel {
    programs: Programs,
    configuration: PathBuf,
}

impl Sentinel {
    fn new(programs: &Programs, home: &Home, master: u16) -> Result<Self, BedError> {
        let (port, folder) = (home.port(), home.path().display());
        // It rewrites the file.
        let configuration = home.write(
            "sentinel.conf",
            &format!(
                "port {port}\nbind 127.0.0.1\ndir {folder}\nsentinel monitor {MASTER} 127.0.0.1 {master} 2\n\
                 sentinel down-after-milliseconds {MASTER} 1000\nsentinel failover-timeout {MASTER} 5000\n"
            ),
        )?;
        Ok(Self { programs: programs.clone(), configuration })
    }

    fn ask(&self, home: &Home, command: &[&str]) -> Result<String, BedError> {
        let mut client = home.command(&self.programs.client);
        client.args(["-e", "-h", "127.0.0.1", "-p"]).arg(home.port().to_string()).args(command);
        prompt_output_of(&mut client)
    }

    /// Whether it knows the replica and enough other Sentinels.
    fn joined(&self, home: &Home) -> Result<(), BedError> {
        self.ask(home, &["SENTINEL", "CKQUORUM", MASTER])?;
        let known = self.ask(home, &["SENTINEL", "MASTER", MASTER])?;
        let lines: Vec<_> = known.lines().collect();
        let number_of = |name: &str| {
            let at = lines.iter().position(|line| *line == name);
            at.and_then(|at| lines.get(at + 1)).and_then(|number| number.parse().ok()).unwrap_or(0)
        };
        let others: usize = number_of("num-other-sentinels");
        let is_complete = number_of("num-slaves") > 0 && others == SENTINELS - 1;
        if is_complete { Ok(()) } else { Err(BedError::failed("the Sentinels do not know all nodes yet".to_owned())) }
    }
}

impl Server for Node {
    fn product(&self) -> &'static Product {
        &PRODUCT
    }

    fn command(&self, home: &Home) -> Command {
        match self {
            Self::Data(server) => server.command(home),
            Self::Sentinel(sentinel) => {
                let mut command = home.command(&sentinel.programs.server);
                command.arg(&sentinel.configuration).arg("--sentinel");
                command
            }
        }
    }

    fn ready(&self, home: &Home) -> Result<(), BedError> {
        match self {
            Self::Data(server) => server.ready(home),
            Self::Sentinel(sentinel) => sentinel.ask(home, &["PING"]).map(drop),
        }
    }

    fn joined(&self, home: &Home) -> Result<(), BedError> {
        match self {
            Self::Data(server) => server.ready(home),
            Self::Sentinel(sentinel) => sentinel.joined(home),
        }
    }
}
