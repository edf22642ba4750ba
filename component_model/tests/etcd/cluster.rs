//! Several members: one that is gone, one that is silent, and no leader.

use std::time::Duration;

use component_model::{
    ErrorKind,
    fetchers::etcd::{Consistency, Etcd, EtcdFetcher},
    prelude::*,
};
use testbed::EtcdClient;

use super::{changes::text, support::get, watching::of_keys};

#[tokio::test]
async fn a_member_that_is_gone_costs_no_request_and_without_a_leader_only_serializable_reads_are_answered() {
    let cluster = testbed::require!(testbed::etcd_cluster(3).await);
    let endpoints = cluster.addresses().iter().map(ToString::to_string).collect::<Vec<_>>();
    EtcdClient::at(cluster.addresses()[0]).put("port", "8080").await.unwrap();
    let source = |consistency| Etcd::builder().endpoints(&endpoints).consistency(consistency).build().unwrap();
    let (etcd, stale) = (source(Consistency::Linearizable), source(Consistency::Serializable));
    assert_eq!(get::<u16>(&etcd, "port").await.unwrap(), 8080);

    let leader = leader(&cluster.addresses()).await;
    cluster.node(leader).kill().await.unwrap();
    let patient = |etcd: &Etcd| EtcdFetcher::new(etcd, "port").timeout(Duration::from_secs(20));
    // Whichever member is asked first, and while the others elect a leader.
    for _ in 0..10 {
        let etcd = source(Consistency::Linearizable);
        let port: u16 = patient(&etcd).fetch_component().await.unwrap();
        assert_eq!(port, 8080);
    }
    cluster.node((leader + 1) % 3).kill().await.unwrap();
    assert_eq!(get::<u16>(&stale, "port").await.unwrap(), 8080);
    let unanswered: Result<u16, _> = patient(&etcd).fetch_component().await;
    assert_eq!(unanswered.unwrap_err().kind(), ErrorKind::Unavailable);
    for node in [leader, (leader + 1) % 3] {
        cluster.node(node).start().await.unwrap();
    }
    cluster.ready().await.unwrap();
    let port: u16 = patient(&etcd).fetch_component().await.unwrap();
    assert_eq!(port, 8080);
}

async fn leader(addresses: &[std::net::SocketAddr]) -> usize {
    for (index, address) in addresses.iter().enumerate() {
        if EtcdClient::at(*address).is_leader().await.unwrap() {
            return index;
        }
    }
    panic!("no member leads")
}

#[tokio::test]
async fn a_member_that_says_nothing_costs_one_attempt() {
    let server = testbed::require!(testbed::etcd().await);
    server.client().put("port", "8080").await.unwrap();
    let proxy = testbed::proxy(server.address()).await.unwrap();
    let endpoints = [proxy.address().to_string(), server.address().to_string()];
    proxy.stall().await.unwrap();
    // Which of them is asked first is random.
    for _ in 0..8 {
        let etcd = Etcd::builder().endpoints(&endpoints).build().unwrap();
        let fetcher = EtcdFetcher::new(&etcd, "port").timeout(Duration::from_millis(500));
        let first: Result<u16, _> = fetcher.fetch_component().await;
        assert!(first.is_ok() || first.unwrap_err().kind() == ErrorKind::Timeout);
        let second: u16 = fetcher.fetch_component().await.unwrap();
        assert_eq!(second, 8080);
    }
}

#[tokio::test]
async fn a_watch_goes_on_at_another_member() {
    let cluster = testbed::require!(testbed::etcd_cluster(3).await);
    let addresses = cluster.addresses();
    EtcdClient::at(addresses[0]).put("app/a", "1").await.unwrap();
    let etcd = Etcd::builder().endpoints(addresses.iter().map(ToString::to_string)).build().unwrap();
    let mut changes = of_keys(&etcd, &["app/a"]);
    assert_eq!(changes.next().await, (0, text("1")));
    for (killed, value) in [(0, "2"), (1, "3"), (2, "4")] {
        cluster.node(killed).kill().await.unwrap();
        let other = EtcdClient::at(addresses[(killed + 1) % 3]);
        // Until there is a leader again.
        while other.put("app/a", value).await.is_err() {}
        changes.until(0, &text(value)).await;
        cluster.node(killed).start().await.unwrap();
        cluster.ready().await.unwrap();
    }
}
