//! A cluster that has lost its leader.

use component_model::{
    ErrorKind,
    fetchers::consul::{Consistency, Consul, ConsulFetcher},
    prelude::*,
};
use std::time::Duration;

#[tokio::test]
async fn without_a_leader_it_is_unavailable_and_with_a_new_one_it_serves_again() {
    let cluster = testbed::require!(testbed::consul_cluster(3).await);
    let address = cluster.addresses()[0].to_string();
    let source = |consistency| Consul::builder().address(&address).consistency(consistency).build().unwrap();
    let consul = source(Consistency::Consistent);
    let fetch = async |consul: &Consul| {
        let fetched: Result<Option<u16>, _> =
            ConsulFetcher::new(consul, "port").timeout(Duration::from_secs(20)).fetch_component().await;
        fetched.map_err(|error| error.kind())
    };
    assert_eq!(fetch(&consul).await, Ok(None));
    for node in &cluster.nodes()[1..] {
        node.kill().await.unwrap();
    }
    assert_eq!(fetch(&consul).await, Err(ErrorKind::Unavailable));
    for node in &cluster.nodes()[1..] {
        node.start().await.unwrap();
    }
    cluster.ready().await.unwrap();
    assert_eq!(fetch(&consul).await, Ok(None));
    assert_eq!(fetch(&source(Consistency::Stale)).await, Ok(None));
}
