//! A Redis cluster.

use super::server::RedisServer;
use super::{PRODUCT, Programs};
use crate::program::{Home, Program, output_of};
use crate::{BedError, Cluster, blocking, random, record};

/// How long a silent node counts as alive, in milliseconds: short, so that a test of its failure is quick.
const NODE_TIMEOUT: u32 = 2000;

/// A Redis cluster with the given number of masters, at least three, which share the slots evenly; without replicas and
/// passwords.
///
/// # Errors
///
/// As for [`redis`](crate::redis()).
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let cluster = testbed::require!(testbed::redis_cluster(3).await);
/// assert_eq!(cluster.nodes().len(), 3);
/// # }
/// ```
pub async fn redis_cluster(nodes: usize) -> Result<Cluster, BedError> {
    record::admit(PRODUCT.name)?;
    blocking::run(move || start(nodes)).await
}

fn start(nodes: usize) -> Result<Cluster, BedError> {
    let programs = Programs::locate()?;
    // The nodes use the second port among themselves.
    let homes = (0..nodes).map(|_| Home::new(PRODUCT.account, 2)).collect::<Result<Vec<_>, _>>()?;
    let configure = |homes: &[Home], index: usize| node(programs.clone(), &homes[index]);
    Cluster::start(homes, configure, |nodes| join(&programs, nodes))
}

fn node(programs: Programs, home: &Home) -> Result<RedisServer, BedError> {
    let bus: String = home.other_ports().iter().map(|port| format!("cluster-port {port}\n")).collect();
    let settings =
        format!("cluster-enabled yes\ncluster-config-file nodes.conf\ncluster-node-timeout {NODE_TIMEOUT}\n{bus}");
    RedisServer::new(programs, home, &settings, false, random::password(), None)
}

/// Spreads the slots over the nodes.
fn join(programs: &Programs, nodes: &[Program]) -> Result<(), BedError> {
    let Some(first) = nodes.first() else { return Ok(()) };
    let addresses = nodes.iter().map(|node| format!("127.0.0.1:{}", node.port()));
    let mut create = first.home().command(&programs.client);
    create.args(["--cluster", "create"]).args(addresses).args(["--cluster-replicas", "0", "--cluster-yes"]);
    output_of(&mut create).map(drop)
}
