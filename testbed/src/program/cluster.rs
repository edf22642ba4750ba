//! Several programs that act as one server.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use super::{Home, Program, Server};
use crate::{BedError, blocking};

/// Programs that form a cluster, in a fixed order; dropping the last handle of a node stops it.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let cluster = testbed::require!(testbed::redis_cluster(3).await);
/// cluster.node(1).kill().await.unwrap();
/// assert!(cluster.node(0).is_running());
/// cluster.node(1).start().await.unwrap();
/// cluster.ready().await.unwrap();
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Cluster {
    nodes: Vec<Program>,
}

impl Cluster {
    /// Starts one program for each home.
    ///
    /// `configure` creates the server of one node from all homes, whose ports are known before any program runs. All
    /// programs are started before waiting for the first, since a single node may never be ready. Then `join` connects
    /// them, if their configuration does not.
    pub(crate) fn start<S: Server>(
        homes: Vec<Home>,
        configure: impl Fn(&[Home], usize) -> Result<S, BedError>,
        join: impl FnOnce(&[Program]) -> Result<(), BedError>,
    ) -> Result<Self, BedError> {
        let servers = (0..homes.len()).map(|index| configure(&homes, index)).collect::<Result<Vec<_>, _>>()?;
        let nodes = servers.into_iter().zip(homes);
        let nodes: Vec<Program> = nodes.map(|(server, home)| Program::new(Arc::new(server), home)).collect();
        nodes.iter().try_for_each(|node| node.run.spawn().map(drop))?;
        nodes.iter().try_for_each(|node| node.run.wait_until_ready())?;
        join(&nodes)?;
        let cluster = Self { nodes };
        cluster.wait_until_joined()?;
        Ok(cluster)
    }

    /// One of the nodes, which can be stopped, killed, paused, resumed and restarted.
    ///
    /// # Panics
    ///
    /// If there is no node with this index.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let cluster = testbed::require!(testbed::redis_cluster(3).await);
    /// cluster.node(2).pause().await.unwrap();
    /// cluster.node(2).resume().await.unwrap();
    /// # }
    /// ```
    #[must_use]
    pub fn node(&self, index: usize) -> &Program {
        &self.nodes[index]
    }

    /// All nodes, in the order of their indices.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let cluster = testbed::require!(testbed::redis_cluster(3).await);
    /// assert!(cluster.nodes().iter().all(|node| node.is_running()));
    /// # }
    /// ```
    #[must_use]
    pub fn nodes(&self) -> &[Program] {
        &self.nodes
    }

    /// The addresses for clients, in the order of the nodes.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let cluster = testbed::require!(testbed::redis_cluster(3).await);
    /// assert_eq!(cluster.addresses().len(), 3);
    /// # }
    /// ```
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.nodes.iter().map(|node| SocketAddr::from((Ipv4Addr::LOCALHOST, node.port()))).collect()
    }

    /// Waits until every node answers as a member of the cluster, for example after a restart of one node.
    ///
    /// # Errors
    ///
    /// If a node does not within the time limit of its start, for example because it is stopped.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let cluster = testbed::require!(testbed::redis_cluster(3).await);
    /// cluster.node(0).restart().await.unwrap();
    /// cluster.ready().await.unwrap();
    /// # }
    /// ```
    pub async fn ready(&self) -> Result<(), BedError> {
        let cluster = self.clone();
        blocking::run(move || cluster.wait_until_joined()).await
    }

    fn wait_until_joined(&self) -> Result<(), BedError> {
        self.nodes.iter().try_for_each(|node| node.run.wait_until_joined())
    }
}
