//! The SQL servers start, answer, stop, restart, and leave nothing behind.

use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use testbed::{Authority, Database, SqlServer};
use tokio::time::timeout;

type Outcome = Result<(), Box<dyn Error>>;

const TABLE: &str = "CREATE TABLE config (name varchar(20), value text); \
                     INSERT INTO config VALUES ('url', 'first'), ('port', '8080')";
const READ: &str = "SELECT name, value FROM config ORDER BY name";

async fn writes_and_reads(database: &Database) -> Outcome {
    database.execute(TABLE).await?;
    assert_eq!(database.query(READ).await?, "port\t8080\nurl\tfirst");
    Ok(())
}

async fn guards_its_tables(database: Database) -> Outcome {
    database.execute(TABLE).await?;
    for url in [database.url(), database.superuser_url()] {
        assert_eq!(database.query_at(&url, READ).await?, "port\t8080\nurl\tfirst");
    }
    let stranger = database.stranger_url();
    assert_eq!(database.query_at(&stranger, "SELECT 1").await?, "1");
    assert!(database.query_at(&stranger, READ).await.is_err_and(|error| error.to_string().contains("denied")));
    let refused = database.query_at(&database.wrong_password_url(), "SELECT 1").await;
    let refused = refused.err().ok_or("a wrong password is accepted")?.to_string();
    assert!(refused.contains("password authentication failed") || refused.contains("Access denied"), "{refused}");
    Ok(())
}

#[tokio::test]
async fn postgres_refuses_a_wrong_password_and_hides_tables_from_a_stranger() -> Outcome {
    guards_its_tables(testbed::require!(testbed::postgres_database().await, Ok(()))).await
}

#[tokio::test]
async fn mariadb_refuses_a_wrong_password_and_hides_tables_from_a_stranger() -> Outcome {
    guards_its_tables(testbed::require!(testbed::mariadb_database().await, Ok(()))).await
}

#[tokio::test]
async fn postgres_is_verified_against_the_authority_that_issued_its_certificate() -> Outcome {
    const ENCRYPTED: &str = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    let (authority, other) = (Authority::new()?, Authority::new()?);
    let server = testbed::require!(testbed::postgres_with_tls(&authority.server(&[])?).await, Ok(()));
    let database = server.database().await?;
    let url = database.url().replace("127.0.0.1", "localhost");
    let verified = |by: &Authority| format!("{url}?sslmode=verify-full&sslrootcert={}", by.file().display());
    assert_eq!(database.query_at(&verified(&authority), ENCRYPTED).await?, "t");
    assert_eq!(database.query_at(&format!("{url}?sslmode=disable"), ENCRYPTED).await?, "f");
    let refused = database.query_at(&verified(&other), ENCRYPTED).await;
    assert!(refused.is_err_and(|error| error.to_string().contains("certificate verify failed")));
    Ok(())
}

#[tokio::test]
async fn postgres_presents_a_certificate_that_must_be_refused() -> Outcome {
    let authority = Authority::new()?;
    for (certificate, reason) in
        [(authority.expired()?, "certificate verify failed"), (authority.wrong_name()?, "does not match host name")]
    {
        let server = testbed::require!(testbed::postgres_with_tls(&certificate).await, Ok(()));
        let database = server.database().await?;
        let url = database.url().replace("127.0.0.1", "localhost");
        let url = format!("{url}?sslmode=verify-full&sslrootcert={}", authority.file().display());
        let refused = database.query_at(&url, "SELECT 1").await.err().ok_or("it was accepted")?.to_string();
        assert!(refused.contains(reason), "{refused}");
    }
    Ok(())
}

async fn keeps_its_data_and_port(server: SqlServer) -> Outcome {
    let database = server.database().await?;
    let (url, port) = (database.url(), server.port());
    writes_and_reads(&database).await?;
    server.stop().await?;
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err(), "a stopped server still listens");
    assert!(database.query(READ).await.is_err());
    server.start().await?;
    assert_eq!(database.query(READ).await?, "port\t8080\nurl\tfirst");
    server.kill().await?;
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err(), "a killed server still listens");
    server.start().await?;
    assert_eq!(database.query(READ).await?, "port\t8080\nurl\tfirst");
    assert_eq!((database.url(), server.port()), (url, port));
    Ok(())
}

#[tokio::test]
async fn postgres_answers_a_write_and_a_read() -> Outcome {
    writes_and_reads(&testbed::require!(testbed::postgres_database().await, Ok(()))).await
}

#[tokio::test]
async fn mariadb_answers_a_write_and_a_read() -> Outcome {
    writes_and_reads(&testbed::require!(testbed::mariadb_database().await, Ok(()))).await
}

#[tokio::test]
async fn postgres_keeps_its_data_and_port_over_a_stop_and_a_kill() -> Outcome {
    keeps_its_data_and_port(testbed::require!(testbed::postgres().await, Ok(()))).await
}

#[tokio::test]
async fn mariadb_keeps_its_data_and_port_over_a_stop_and_a_kill() -> Outcome {
    keeps_its_data_and_port(testbed::require!(testbed::mariadb().await, Ok(()))).await
}

#[tokio::test(start_paused = true)]
async fn a_paused_clock_does_not_disturb_a_server() -> Outcome {
    let start = tokio::time::Instant::now();
    let database = testbed::require!(testbed::postgres_database().await, Ok(()));
    assert_eq!(database.query("SELECT 1").await?, "1");
    assert_eq!(start.elapsed(), Duration::ZERO);
    Ok(())
}

#[tokio::test]
async fn two_databases_share_nothing() -> Outcome {
    let (one, other) = (testbed::postgres_database().await, testbed::postgres_database().await);
    let (one, other) = (testbed::require!(one, Ok(())), testbed::require!(other, Ok(())));
    one.execute(TABLE).await?;
    assert!(other.query(READ).await.is_err());
    assert_ne!(one.url(), other.url());
    assert_ne!(one.password(), other.password());
    Ok(())
}

/// `sleep` is a statement that takes half a second, `sleeping` counts those that are running.
async fn does_not_answer_while_paused(server: SqlServer, sleep: &'static str, sleeping: &str) -> Outcome {
    let database = server.database().await?;
    let (url, superuser) = (database.url(), database.superuser_url());
    let database = std::sync::Arc::new(database);
    let (task, at) = (std::sync::Arc::clone(&database), url.clone());
    let mut query = tokio::spawn(async move { task.query_at(&at, sleep).await });
    while database.query_at(&superuser, sleeping).await? == "0" {}
    server.program().pause().await?;
    let stream = std::net::TcpStream::connect(("127.0.0.1", server.port()));
    assert!(stream.is_ok(), "a paused server refuses connections");
    assert!(
        timeout(Duration::from_secs(1), &mut query).await.is_err(),
        "an open connection of a paused server answers"
    );
    server.program().resume().await?;
    query.await??;
    assert_eq!(database.query_at(&url, "SELECT 1").await?, "1");
    Ok(())
}

#[tokio::test]
async fn pausing_postgres_pauses_all_its_processes() -> Outcome {
    const SLEEPING: &str = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'";
    let server = testbed::require!(testbed::postgres().await, Ok(()));
    does_not_answer_while_paused(server, "SELECT pg_sleep(0.5)", SLEEPING).await
}

#[tokio::test]
async fn a_paused_mariadb_does_not_answer() -> Outcome {
    const SLEEPING: &str = "SELECT count(*) FROM information_schema.processlist WHERE info LIKE 'SELECT sleep%'";
    let server = testbed::require!(testbed::mariadb().await, Ok(()));
    does_not_answer_while_paused(server, "SELECT sleep(0.5)", SLEEPING).await
}

#[tokio::test]
async fn a_paused_server_can_be_stopped_killed_and_restarted() -> Outcome {
    let server = testbed::require!(testbed::postgres().await, Ok(()));
    let program = server.program();
    for _ in 0..2 {
        program.pause().await?;
        program.pause().await?;
        program.stop().await?;
        assert!(!program.is_running());
        assert!(program.pause().await.is_err_and(|error| error.to_string() == "postgresql is not running"));
        program.start().await?;
        program.pause().await?;
        program.kill().await?;
        program.start().await?;
        program.pause().await?;
        program.restart().await?;
    }
    program.resume().await?;
    server.database().await?;
    Ok(())
}

fn leaves_nothing(server: SqlServer) -> Outcome {
    let folder = server.folder().to_owned();
    assert!(folder.is_dir() && !processes_of(&folder).is_empty());
    drop(server);
    assert!(!folder.exists(), "{} is left", folder.display());
    // The watchdog ends a moment after its server.
    assert!(becomes_true(|| processes_of(&folder).is_empty()), "{:?}", processes_of(&folder));
    Ok(())
}

#[tokio::test]
async fn a_dropped_postgres_leaves_no_process_and_no_folder() -> Outcome {
    leaves_nothing(testbed::require!(testbed::postgres().await, Ok(())))
}

#[tokio::test]
async fn a_paused_postgres_that_is_dropped_leaves_no_process_and_no_folder() -> Outcome {
    let server = testbed::require!(testbed::postgres().await, Ok(()));
    server.program().pause().await?;
    leaves_nothing(server)
}

#[tokio::test]
async fn a_dropped_mariadb_leaves_no_process_and_no_folder() -> Outcome {
    leaves_nothing(testbed::require!(testbed::mariadb().await, Ok(())))
}

fn becomes_true(check: impl Fn() -> bool) -> bool {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(10) {
        if check() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

/// The processes of this machine that have the folder in their command line or as their working directory.
fn processes_of(folder: &Path) -> Vec<String> {
    let folder = folder.to_string_lossy().into_owned();
    processes().into_iter().filter(|process| process.contains(&folder)).collect()
}

fn processes() -> Vec<String> {
    let Ok(processes) = fs::read_dir("/proc") else { return listed_by_ps() };
    let paths = processes.flatten().map(|process| process.path());
    let described = |path: PathBuf| {
        let line = fs::read(path.join("cmdline")).ok()?;
        let place = fs::read_link(path.join("cwd")).unwrap_or_default();
        Some(format!("{} in {}", String::from_utf8_lossy(&line), place.display()))
    };
    paths.filter_map(described).collect()
}

fn listed_by_ps() -> Vec<String> {
    let list = Command::new("ps").args(["-eo", "args"]).output().map(|output| output.stdout);
    String::from_utf8_lossy(&list.unwrap_or_default()).lines().map(str::to_owned).collect()
}

/// The second process, which the test starts and kills, runs the same test and only starts a server.
async fn ends_with_its_test_process(test: &str, paused: bool) -> Outcome {
    const SECOND: &str = "TESTBED_SECOND_PROCESS";
    if std::env::var_os(SECOND).is_some() {
        let server = testbed::require!(testbed::postgres().await, Ok(()));
        if paused {
            server.program().pause().await?;
        }
        writeln!(std::io::stdout(), "\nfolder {}", server.folder().display())?;
        tokio::time::sleep(Duration::from_secs(60)).await;
        return Ok(());
    }
    let mut second = Command::new(std::env::current_exe()?)
        .args(["--exact", "--nocapture", test])
        .env(SECOND, "1")
        .stdout(Stdio::piped())
        .spawn()?;
    let lines = BufReader::new(second.stdout.take().ok_or("no output")?).lines();
    let folder = lines.map_while(Result::ok).find_map(|line| line.strip_prefix("folder ").map(PathBuf::from));
    second.kill()?;
    second.wait()?;
    let Some(folder) = folder else {
        testbed::require!(testbed::postgres().await, Ok(()));
        return Err("the second process started no server".into());
    };
    assert!(becomes_true(|| !folder.exists() && processes_of(&folder).is_empty()), "{:?}", processes_of(&folder));
    Ok(())
}

#[tokio::test]
async fn a_killed_test_process_ends_its_server_and_removes_its_folder() -> Outcome {
    ends_with_its_test_process("a_killed_test_process_ends_its_server_and_removes_its_folder", false).await
}

#[tokio::test]
async fn a_killed_test_process_ends_a_paused_server() -> Outcome {
    ends_with_its_test_process("a_killed_test_process_ends_a_paused_server", true).await
}
