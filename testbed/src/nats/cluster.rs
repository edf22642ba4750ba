//! A NATS cluster.

use super::PRODUCT;
use super::server::{NatsServer, PORTS};
use crate::program::Home;
use crate::{BedError, Cluster, blocking, record};

/// A NATS cluster with JetStream and the given number of servers, without users and TLS.
///
/// # Errors
///
/// As for [`nats`](crate::nats()).
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let cluster = testbed::require!(testbed::nats_cluster(3).await);
/// assert_eq!(cluster.nodes().len(), 3);
/// # }
/// ```
pub async fn nats_cluster(servers: usize) -> Result<Cluster, BedError> {
    record::admit(PRODUCT.name)?;
    blocking::run(move || {
        let program = PRODUCT.locate()?;
        let homes = (0..servers).map(|_| Home::new(PRODUCT.account, PORTS)).collect::<Result<Vec<_>, _>>()?;
        let configure = |homes: &[Home], index: usize| NatsServer::member(program.clone(), homes, index);
        Cluster::start(homes, configure, |_| Ok(()))
    })
    .await
}
