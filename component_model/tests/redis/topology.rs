//! Clusters, and masters that Sentinels name.

use std::time::{Duration, Instant};

use component_model::{
    Answer, Asked, Change, ErrorKind, Source as _, Value, Watched,
    fetchers::redis::{Redis, RedisQuery},
};
use futures_util::StreamExt as _;
use testbed::Cluster;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{sleep, timeout},
};

use crate::support::{get, key};

/// Sends one command, whose words have no spaces, and returns the reply as it is.
async fn execute(port: u16, command: &str) -> String {
    let mut server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    server.write_all(format!("{command}\r\n").as_bytes()).await.unwrap();
    let mut reply = vec![0; 64 * 1024];
    let read = timeout(Duration::from_secs(10), server.read(&mut reply)).await.unwrap().unwrap();
    String::from_utf8(reply[..read].to_vec()).unwrap()
}

/// Writes to whichever node has the key.
async fn write(cluster: &Cluster, name: &str, value: &str) {
    for node in cluster.nodes().iter().filter(|node| node.is_running()) {
        if execute(node.port(), &format!("SET {name} {value}")).await.starts_with("+OK") {
            return;
        }
    }
    panic!("no node takes {name}");
}

fn url(cluster: &Cluster, scheme: &str, nodes: std::ops::Range<usize>) -> String {
    let addresses: Vec<_> = cluster.addresses()[nodes].iter().map(ToString::to_string).collect();
    format!("{scheme}://{}", addresses.join(","))
}

async fn fetch(redis: &Redis, queries: &[RedisQuery]) -> Vec<Answer> {
    redis.fetch_many(&queries.iter().map(Asked::new).collect::<Vec<_>>()).await
}

fn is_text(answer: &Answer, text: &str) -> bool {
    answer.as_ref().is_ok_and(|reply| reply.record().is_some_and(|record| record.value() == &Value::text(text)))
}

#[tokio::test]
async fn the_keys_of_a_cluster_are_read_from_their_nodes_also_after_they_moved() {
    let cluster = testbed::require!(testbed::redis_cluster(3).await);
    // One node of the URL is enough.
    let redis = Redis::from_url(&url(&cluster, "redis+cluster", 1..2)).unwrap();
    let names: Vec<_> = (0..100).map(|number| format!("k{number}")).collect();
    for name in &names {
        write(&cluster, name, &format!("of-{name}")).await;
    }
    let queries: Vec<_> = names.iter().map(|name| key(&redis, name)).collect();
    for _ in 0..2 {
        let answers = fetch(&redis, &queries).await;
        assert!(names.iter().zip(&answers).all(|(name, answer)| is_text(answer, &format!("of-{name}"))), "{answers:?}");
    }
    move_slot(&cluster, "k7").await;
    let answers = fetch(&redis, &queries).await;
    assert!(names.iter().zip(&answers).all(|(name, answer)| is_text(answer, &format!("of-{name}"))), "{answers:?}");

    // The others are still read while one node is gone.
    cluster.node(0).kill().await.unwrap();
    let started = Instant::now();
    let answers = fetch(&redis, &queries).await;
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    let failed: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().err()).collect();
    assert!(!failed.is_empty() && failed.len() < 70, "{}", failed.len());
    assert!(failed.iter().all(|error| error.is_transient()), "{failed:?}");
    cluster.node(0).start().await.unwrap();
    cluster.ready().await.unwrap();
    let answers = fetch(&redis, &queries).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
}

/// Moves the slot of a key, which is alone in it, to another node, in the way of `redis-cli --cluster reshard`.
async fn move_slot(cluster: &Cluster, name: &str) {
    let ports: Vec<_> = cluster.nodes().iter().map(testbed::Program::port).collect();
    let slot = execute(ports[0], &format!("CLUSTER KEYSLOT {name}")).await;
    let slot: u16 = slot.trim_start_matches(':').trim().parse().unwrap();
    let mut from = 0;
    for (index, port) in ports.iter().enumerate() {
        if execute(*port, &format!("GET {name}")).await.starts_with('$') {
            from = index;
        }
    }
    let to = (from + 1) % ports.len();
    let mut ids = Vec::new();
    for port in &ports {
        let id = execute(*port, "CLUSTER MYID").await;
        ids.push(id.lines().nth(1).unwrap().to_owned());
    }
    for (port, command) in [
        (ports[to], format!("CLUSTER SETSLOT {slot} IMPORTING {}", ids[from])),
        (ports[from], format!("CLUSTER SETSLOT {slot} MIGRATING {}", ids[to])),
        (ports[from], format!("MIGRATE 127.0.0.1 {} {name} 0 5000", ports[to])),
        (ports[to], format!("CLUSTER SETSLOT {slot} NODE {}", ids[to])),
        (ports[from], format!("CLUSTER SETSLOT {slot} NODE {}", ids[to])),
    ] {
        let reply = execute(port, &command).await;
        assert!(reply.starts_with("+OK"), "{command}: {reply}");
    }
}

#[tokio::test]
async fn a_node_of_a_cluster_is_no_single_server_and_a_cluster_has_one_database() {
    let cluster = testbed::require!(testbed::redis_cluster(3).await);
    let single = Redis::from_url(&url(&cluster, "redis", 0..1)).unwrap();
    let mut errors = Vec::new();
    for number in 0..20 {
        errors.extend(get(&single, &format!("k{number}")).await.err());
    }
    assert!(!errors.is_empty());
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Misconfigured, "{error}");
        assert!(error.hint().unwrap().contains("redis+cluster://"), "{:?}", error.hint());
    }
    assert!(Redis::from_url(&format!("{}/1", url(&cluster, "redis+cluster", 0..1))).is_err());
}

#[tokio::test]
async fn keys_of_all_nodes_are_watched() {
    let cluster = testbed::require!(testbed::redis_cluster(3).await);
    let redis = Redis::from_url(&url(&cluster, "redis+cluster", 0..3)).unwrap();
    let names: Vec<_> = (0..100).map(|number| format!("k{number}")).collect();
    let mut changes = redis.watch(names.iter().map(|name| Watched::new(key(&redis, name))).collect()).unwrap();
    for _ in &names {
        next(&mut changes).await;
    }
    // Keyspace notifications would come from one node only.
    for (index, name) in names.iter().enumerate() {
        write(&cluster, name, "new").await;
        let Change::Answer { index: told, answer } = next(&mut changes).await else { panic!("resynchronised") };
        assert!(told == index && is_text(&answer, "new"), "{answer:?}");
    }
    move_slot(&cluster, "k7").await;
    write(&cluster, "k7", "moved").await;
    while !matches!(&next(&mut changes).await, Change::Answer { index: 7, answer } if is_text(answer, "moved")) {}
}

async fn next(changes: &mut component_model::BoxStream<'static, Change>) -> Change {
    timeout(Duration::from_secs(30), changes.next()).await.unwrap().unwrap()
}

#[tokio::test]
async fn the_master_is_the_one_that_the_sentinels_name_also_after_a_failover() {
    let cluster = testbed::require!(testbed::redis_sentinels().await);
    execute(cluster.node(0).port(), "SET port 8080").await;
    let sentinels = url(&cluster, "redis+sentinel", 2..5);
    let redis = Redis::from_url(&format!("{sentinels}/mymaster")).unwrap();
    assert!(is_text(&get(&redis, "port").await, "8080"));
    let error = get(&Redis::from_url(&format!("{sentinels}/other")).unwrap(), "port").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misconfigured, "{error}");

    let mut changes = redis.watch(vec![Watched::new(key(&redis, "port"))]).unwrap();
    assert!(matches!(next(&mut changes).await, Change::Answer { answer: Ok(_), .. }));
    // Its replica has the value before it is killed.
    while !execute(cluster.node(1).port(), "GET port").await.contains("8080") {
        sleep(Duration::from_millis(50)).await;
    }
    cluster.node(2).kill().await.unwrap();
    cluster.node(0).kill().await.unwrap();
    let started = Instant::now();
    while !execute(cluster.node(1).port(), "SET port 9090").await.starts_with("+OK") {
        assert!(started.elapsed() < Duration::from_secs(30));
        sleep(Duration::from_millis(100)).await;
    }
    loop {
        match timeout(Duration::from_secs(3), get(&redis, "port")).await {
            Ok(answer) if is_text(&answer, "9090") => break,
            Ok(Err(error)) => assert!(error.is_transient(), "{error}"),
            other => panic!("{other:?}"),
        }
        assert!(started.elapsed() < Duration::from_secs(30));
        sleep(Duration::from_millis(100)).await;
    }
    while !matches!(&next(&mut changes).await, Change::Answer { answer, .. } if is_text(answer, "9090")) {}
}

#[tokio::test]
async fn sentinels_that_are_not_there_are_unreachable() {
    let port = testbed::unused_port().unwrap();
    let redis = Redis::from_url(&format!("redis+sentinel://127.0.0.1:{port}/mymaster")).unwrap();
    let error = get(&redis, "port").await.unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Unreachable, true), "{error}");
}

/// A Sentinel that names a server which is gone, as one does that was cut off before a failover.
async fn stale_sentinel() -> std::net::SocketAddr {
    let gone = testbed::unused_port().unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let port = gone.to_string();
        let reply = format!("*2\r\n$9\r\n127.0.0.1\r\n${}\r\n{port}\r\n", port.len());
        while let Ok((mut client, _)) = listener.accept().await {
            let mut command = [0; 1024];
            while matches!(client.read(&mut command).await, Ok(1..)) {
                client.write_all(reply.as_bytes()).await.unwrap();
            }
        }
    });
    address
}

#[tokio::test]
async fn a_sentinel_that_names_a_server_which_is_gone_is_not_the_last_word() {
    let cluster = testbed::require!(testbed::redis_sentinels().await);
    execute(cluster.nodes()[0].port(), "SET port 8080").await;
    let (stale, sentinel) = (stale_sentinel().await, cluster.addresses()[2]);
    let redis = Redis::from_url(&format!("redis+sentinel://{stale},{sentinel}/mymaster")).unwrap();
    assert!(is_text(&get(&redis, "port").await, "8080"));
}

#[tokio::test]
async fn a_node_that_hangs_takes_no_other_key_with_it() {
    let cluster = testbed::require!(testbed::redis_cluster(3).await);
    let redis = Redis::from_url(&url(&cluster, "redis+cluster", 0..3)).unwrap();
    // One key of each node.
    let mut names: Vec<String> = Vec::new();
    for node in cluster.nodes() {
        let mut of_node = (0..).map(|number| format!("k{number}"));
        let name = loop {
            let name = of_node.next().unwrap();
            if execute(node.port(), &format!("SET {name} {name}")).await.starts_with("+OK") {
                break name;
            }
        };
        names.push(name);
    }
    let queries: Vec<_> = names.iter().map(|name| key(&redis, name)).collect();
    let served = |answers: &[Answer]| -> Vec<bool> {
        answers.iter().zip(&names).map(|(answer, name)| is_text(answer, name)).collect()
    };
    assert_eq!(served(&fetch(&redis, &queries).await), [true; 3]);
    cluster.nodes()[0].pause().await.unwrap();
    let begun = Instant::now();
    let answers = fetch(&redis, &queries).await;
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    assert_eq!(served(&answers), [false, true, true], "{answers:?}");
    assert!(answers[0].as_ref().is_err_and(|error| error.is_transient()));
    cluster.nodes()[0].resume().await.unwrap();
    let answers = fetch(&redis, &queries).await;
    assert_eq!(served(&answers), [true; 3], "{answers:?}");
}
