//! A Consul cluster.

use super::builder::uuid;
use super::server::{ConsulServer, PORTS, Settings};
use super::{PRODUCT, locate};
use crate::program::Home;
use crate::{BedError, Cluster, blocking, record};

/// A Consul cluster with the given number of servers, without access lists.
///
/// # Errors
///
/// As for [`consul`](crate::consul()).
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let cluster = testbed::require!(testbed::consul_cluster(3).await);
/// assert_eq!(cluster.nodes().len(), 3);
/// # }
/// ```
pub async fn consul_cluster(nodes: usize) -> Result<Cluster, BedError> {
    record::admit(PRODUCT.name)?;
    blocking::run(move || start(nodes)).await
}

fn start(nodes: usize) -> Result<Cluster, BedError> {
    let program = locate()?;
    let homes = (0..nodes).map(|_| Home::new(PRODUCT.account, PORTS)).collect::<Result<Vec<_>, _>>()?;
    let token = uuid();
    let configure = |homes: &[Home], index: usize| {
        let cluster = homes.iter().filter_map(|home| home.other_ports().get(1).copied()).collect();
        let settings = Settings { cluster, ..Settings::default() };
        ConsulServer::new(program.clone(), &homes[index], settings, token.clone())
    };
    Cluster::start(homes, configure, |_| Ok(()))
}
