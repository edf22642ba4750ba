//! Several servers: one that is gone, and no leader.

use std::time::Duration;

use component_model::{
    ErrorKind, Source as _, Watched,
    fetchers::nats::{Nats, NatsFetcher},
    prelude::*,
};
use testbed::NatsClient;

use super::{
    changes::{Changes, Told, text},
    support::{BUCKET, get, key},
};

#[tokio::test]
async fn a_server_that_is_gone_costs_one_attempt_at_most_and_a_watch_goes_on_at_another() {
    let cluster = testbed::require!(testbed::nats_cluster(3).await);
    let ports: Vec<_> = cluster.addresses().iter().map(|address| address.port()).collect();
    let urls = ports.iter().map(|port| format!("nats://127.0.0.1:{port}")).collect::<Vec<_>>().join(",");
    let client = NatsClient::at(&ports).await.unwrap();
    client.create_with(BUCKET, 3, true).await.unwrap();
    client.put(BUCKET, "port", "8080").await.unwrap();
    let nats = Nats::builder(&urls).bucket(BUCKET).build().unwrap();
    let patient = || NatsFetcher::from_nats(&nats, "port").timeout(Duration::from_secs(20));
    assert_eq!(ComponentFetcher::<u16>::fetch_component(&patient()).await.unwrap(), 8080);
    let mut changes = Changes::of(&nats, vec![key(&nats, "port")]);
    changes.until(0, &text("8080")).await;

    for (node, value) in [(0, "8081"), (1, "8082")] {
        cluster.node(node).kill().await.unwrap();
        let mut failed = 0;
        for _ in 0..10 {
            // Whichever server is asked first.
            let nats = Nats::builder(&urls).bucket(BUCKET).build().unwrap();
            failed += usize::from(get::<u16>(&nats, "port").await.is_err());
        }
        assert!(failed <= 1, "{failed} of 10 fetches failed");
        // A leader is elected first.
        client.put(BUCKET, "port", value).await.unwrap();
        changes.until(0, &text(value)).await;
        cluster.node(node).start().await.unwrap();
        cluster.ready().await.unwrap();
    }
}

#[tokio::test]
async fn a_bucket_whose_only_server_is_silent_is_an_error_of_its_own() {
    let cluster = testbed::require!(testbed::nats_cluster(3).await);
    let port = cluster.addresses()[0].port();
    let client = NatsClient::at(&[port]).await.unwrap();
    let (mut here, mut there) = (None, None);
    for number in 0..60 {
        let bucket = format!("b{number}");
        client.create(&bucket).await.unwrap();
        client.put(&bucket, "port", "1").await.unwrap();
        match client.leader(&bucket).await.unwrap().as_str() {
            "n0" => here = Some(bucket),
            "n2" => there = Some(bucket),
            _ => {}
        }
        if here.is_some() && there.is_some() {
            break;
        }
    }
    let (here, there) = (here.unwrap(), there.unwrap());
    let [nats, other] =
        [&here, &there].map(|bucket| Nats::builder(&format!("127.0.0.1:{port}")).bucket(bucket).build().unwrap());
    // Both are watched by one source, over one connection.
    let mut lives = Changes::of(&nats, vec![key(&nats, "port")]);
    let mut silent = Changes::of(&nats, vec![key(&other, "port")]);
    assert_eq!((lives.next().await, silent.next().await), ((0, text("1")), (0, text("1"))));
    cluster.node(2).pause().await.unwrap();
    tokio::select! {
        told = silent.next() => assert_eq!(told, (0, Told::Failed(ErrorKind::Unavailable))),
        told = lives.next() => panic!("{told:?}"),
    }
    client.put(&here, "port", "2").await.unwrap();
    assert_eq!(lives.next().await, (0, text("2")));
    cluster.node(2).resume().await.unwrap();
    tokio::select! {
        told = silent.next() => assert_eq!(told, (0, Told::Unchanged)),
        told = lives.next() => panic!("{told:?}"),
    }
}

#[tokio::test]
async fn without_a_majority_a_bucket_without_direct_reads_does_not_answer() {
    let cluster = testbed::require!(testbed::nats_cluster(3).await);
    let ports: Vec<_> = cluster.addresses().iter().map(|address| address.port()).collect();
    let client = NatsClient::at(&ports).await.unwrap();
    client.create_with(BUCKET, 3, false).await.unwrap();
    client.put(BUCKET, "port", "8080").await.unwrap();
    let nats = Nats::builder(&format!("127.0.0.1:{}", ports[0])).bucket(BUCKET).build().unwrap();
    assert_eq!(get::<u16>(&nats, "port").await.unwrap(), 8080);
    cluster.node(1).kill().await.unwrap();
    cluster.node(2).kill().await.unwrap();
    // If the one that is left has been the leader, it answers until it notices, after about ten seconds.
    let mut error = None;
    for _ in 0..60 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        error = get::<u16>(&nats, "port").await.err();
        if error.is_some() {
            break;
        }
    }
    let error = error.unwrap();
    assert!(matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Timeout), "{error:?}");
    assert!(error.is_transient());
    let query = key(&nats, "port").query().clone();
    assert!(nats.watch(vec![Watched::new(query)]).is_some());
}
