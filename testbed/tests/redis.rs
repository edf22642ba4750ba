//! Redis starts, answers, pauses, restarts, and accepts TLS; the test implements the protocol itself.

mod tls;

use std::time::Duration;

use rustls::pki_types::ServerName;
use testbed::{Authority, Program, Redis, require};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use self::tls::{Outcome, connector};

/// A connection that sends commands and reads replies of one line or one string.
struct Connection<S> {
    stream: BufReader<S>,
}

impl Connection<TcpStream> {
    async fn to(program: &Program) -> Outcome<Self> {
        let stream = TcpStream::connect(("127.0.0.1", program.port())).await?;
        Ok(Self { stream: BufReader::new(stream) })
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    async fn send(&mut self, command: &[&str]) -> Outcome {
        let mut request = format!("*{}\r\n", command.len());
        for word in command {
            request += &format!("${}\r\n{word}\r\n", word.len());
        }
        Ok(self.stream.write_all(request.as_bytes()).await?)
    }

    /// The text of the reply, including the prefix of an error.
    async fn reply(&mut self) -> Outcome<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line).await? == 0 {
            return Err("the connection is closed".into());
        }
        let line = line.trim_end();
        let Some(length) = line.strip_prefix('$') else {
            return Ok(line.strip_prefix(['+', ':']).unwrap_or(line).to_owned());
        };
        let Ok(length) = length.parse::<usize>() else { return Ok("nothing".to_owned()) };
        let mut text = vec![0; length + 2];
        self.stream.read_exact(&mut text).await?;
        text.truncate(length);
        Ok(String::from_utf8(text)?)
    }

    async fn ask(&mut self, command: &[&str]) -> Outcome<String> {
        self.send(command).await?;
        self.reply().await
    }
}

#[tokio::test]
async fn redis_answers_a_write_and_a_read() -> Outcome {
    let redis = require!(testbed::redis().await, Ok(()));
    let mut connection = Connection::to(redis.program()).await?;
    assert_eq!(connection.ask(&["SET", "port", "8080"]).await?, "OK");
    assert_eq!(connection.ask(&["GET", "port"]).await?, "8080");
    assert_eq!(connection.ask(&["GET", "host"]).await?, "nothing");
    Ok(())
}

#[tokio::test]
async fn a_paused_redis_accepts_and_does_not_answer_until_it_is_resumed() -> Outcome {
    let redis = require!(testbed::redis().await, Ok(()));
    let mut open = Connection::to(redis.program()).await?;
    assert_eq!(open.ask(&["PING"]).await?, "PONG");
    redis.program().pause().await?;
    let mut new = Connection::to(redis.program()).await?;
    for connection in [&mut open, &mut new] {
        connection.send(&["PING"]).await?;
        assert!(timeout(Duration::from_millis(300), connection.stream.fill_buf()).await.is_err());
    }
    redis.program().resume().await?;
    for connection in [&mut open, &mut new] {
        assert_eq!(connection.reply().await?, "PONG");
    }
    Ok(())
}

#[tokio::test]
async fn a_killed_redis_restarts_on_its_port_with_its_data() -> Outcome {
    let redis = require!(testbed::redis().await, Ok(()));
    let port = redis.program().port();
    let mut connection = Connection::to(redis.program()).await?;
    assert_eq!(connection.ask(&["SET", "port", "8080"]).await?, "OK");
    redis.program().kill().await?;
    assert!(connection.ask(&["PING"]).await.is_err());
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err());
    redis.program().start().await?;
    assert_eq!(redis.program().port(), port);
    assert_eq!(Connection::to(redis.program()).await?.ask(&["GET", "port"]).await?, "8080");
    redis.program().restart().await?;
    assert_eq!(Connection::to(redis.program()).await?.ask(&["GET", "port"]).await?, "8080");
    Ok(())
}

#[tokio::test]
async fn a_password_and_an_access_list_are_enforced() -> Outcome {
    let redis = Redis::builder().password().user("app", "~app:* +get").start().await;
    let redis = require!(redis, Ok(()));
    redis.execute(&["MSET", "app:port", "8080", "other", "1"]).await?;
    let mut connection = Connection::to(redis.program()).await?;
    assert!(connection.ask(&["GET", "app:port"]).await?.starts_with("-NOAUTH"));
    assert!(connection.ask(&["AUTH", "app", "wrong"]).await?.starts_with("-WRONGPASS"));
    assert_eq!(connection.ask(&["AUTH", "app", redis.password()]).await?, "OK");
    assert_eq!(connection.ask(&["GET", "app:port"]).await?, "8080");
    for refused in [&["GET", "other"][..], &["SET", "app:port", "1"]] {
        assert!(connection.ask(refused).await?.starts_with("-NOPERM"));
    }
    Ok(())
}

#[tokio::test]
async fn redis_offers_tls_with_a_certificate_of_the_authority() -> Outcome {
    let (authority, other) = (Authority::new()?, Authority::new()?);
    let redis = require!(Redis::builder().tls(&authority.server(&[])?).start().await, Ok(()));
    let connect = async |trusted: &Authority| -> Outcome<_> {
        let tcp = TcpStream::connect(("127.0.0.1", redis.program().port())).await?;
        let stream = connector(trusted, None)?.connect(ServerName::try_from("127.0.0.1")?, tcp).await?;
        Ok(Connection { stream: BufReader::new(stream) })
    };
    assert_eq!(connect(&authority).await?.ask(&["PING"]).await?, "PONG");
    assert!(connect(&other).await.is_err());
    // It accepts nothing but TLS.
    assert_ne!(Connection::to(redis.program()).await?.ask(&["PING"]).await.unwrap_or_default(), "PONG");
    Ok(())
}

#[tokio::test]
async fn redis_presents_a_certificate_that_must_be_refused() -> Outcome {
    let authority = Authority::new()?;
    for certificate in [authority.expired()?, authority.wrong_name()?] {
        let redis = require!(Redis::builder().tls(&certificate).start().await, Ok(()));
        let tcp = TcpStream::connect(("127.0.0.1", redis.program().port())).await?;
        let refused = connector(&authority, None)?.connect(ServerName::try_from("127.0.0.1")?, tcp).await;
        let refused = refused.err().ok_or("it was accepted")?.to_string();
        assert!(refused.contains("invalid peer certificate"), "{refused}");
    }
    Ok(())
}

#[tokio::test]
async fn redis_with_mutual_tls_refuses_a_client_without_a_certificate() -> Outcome {
    let authority = Authority::new()?;
    let app = authority.client("app")?;
    let redis = require!(Redis::builder().mutual_tls(&authority.server(&[])?, &app).start().await, Ok(()));
    let ping = async |own| -> Outcome<String> {
        let tcp = TcpStream::connect(("127.0.0.1", redis.program().port())).await?;
        let stream = connector(&authority, own)?.connect(ServerName::try_from("localhost")?, tcp).await?;
        Connection { stream: BufReader::new(stream) }.ask(&["PING"]).await
    };
    assert_eq!(ping(Some(&app)).await?, "PONG");
    assert!(ping(None).await.is_err());
    Ok(())
}

#[tokio::test]
async fn a_configuration_that_is_refused_fails_at_once_with_the_reason_from_the_log() -> Outcome {
    let start = std::time::Instant::now();
    let error = match Redis::builder().user("app", "+no-such-command").start().await {
        Ok(_) => return Err("the rule was accepted".into()),
        Err(error) if error.is_left_out() => return Ok(()),
        Err(error) => error.to_string(),
    };
    assert!(error.contains("redis did not start") && error.contains("no-such-command"), "{error}");
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    Ok(())
}

#[tokio::test]
async fn a_cluster_of_three_is_complete_and_survives_failures_of_one_node() -> Outcome {
    let cluster = require!(testbed::redis_cluster(3).await, Ok(()));
    let states = async || -> Outcome<Vec<String>> {
        let mut states = Vec::new();
        for node in cluster.nodes().iter().filter(|node| node.is_running()) {
            let info = Connection::to(node).await?.ask(&["CLUSTER", "INFO"]).await?;
            let state = info.lines().find_map(|line| line.strip_prefix("cluster_state:"));
            states.push(state.unwrap_or_default().to_owned());
        }
        Ok(states)
    };
    assert_eq!(states().await?, ["ok", "ok", "ok"]);
    cluster.node(1).kill().await?;
    let noticed = async {
        while states().await.is_ok_and(|states| states != ["fail", "fail"]) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(Duration::from_secs(20), noticed).await?;
    cluster.node(1).start().await?;
    cluster.ready().await?;
    assert_eq!(states().await?, ["ok", "ok", "ok"]);
    cluster.node(2).pause().await?;
    cluster.node(0).restart().await?;
    cluster.node(2).resume().await?;
    cluster.ready().await?;
    assert_eq!(states().await?, ["ok", "ok", "ok"]);
    Ok(())
}
