//! An etcd cluster.

use super::PRODUCT;
use super::server::{EtcdServer, PORTS};
use crate::program::Home;
use crate::{BedError, Cluster, blocking, record};

/// An etcd cluster with the given number of members, without users and TLS.
///
/// # Errors
///
/// As for [`etcd`](crate::etcd()).
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let cluster = testbed::require!(testbed::etcd_cluster(3).await);
/// assert_eq!(cluster.nodes().len(), 3);
/// # }
/// ```
pub async fn etcd_cluster(members: usize) -> Result<Cluster, BedError> {
    record::admit(PRODUCT.name)?;
    blocking::run(move || {
        let program = PRODUCT.locate()?;
        let homes = (0..members).map(|_| Home::new(PRODUCT.account, PORTS)).collect::<Result<Vec<_>, _>>()?;
        let configure = |homes: &[Home], index: usize| Ok(EtcdServer::member(program.clone(), homes, index));
        Cluster::start(homes, configure, |_| Ok(()))
    })
    .await
}
