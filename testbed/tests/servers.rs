//! The SQL servers start, answer, stop, come back, and leave nothing behind.

use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use testbed::{Database, SqlServer};

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

fn leaves_nothing(server: SqlServer) -> Outcome {
    let folder = server.folder().to_owned();
    assert!(folder.is_dir() && !processes_of(&folder).is_empty());
    drop(server);
    assert!(!folder.exists(), "{} is left", folder.display());
    // The watchdog goes a moment after its server.
    assert!(becomes_true(|| processes_of(&folder).is_empty()), "{:?}", processes_of(&folder));
    Ok(())
}

#[tokio::test]
async fn a_dropped_postgres_leaves_no_process_and_no_folder() -> Outcome {
    leaves_nothing(testbed::require!(testbed::postgres().await, Ok(())))
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

/// The command lines of this machine's processes that name the folder.
fn processes_of(folder: &Path) -> Vec<String> {
    let folder = folder.to_string_lossy().into_owned();
    command_lines().into_iter().filter(|line| line.contains(&folder)).collect()
}

fn command_lines() -> Vec<String> {
    let Ok(processes) = fs::read_dir("/proc") else { return listed_by_ps() };
    let files = processes.flatten().map(|process| process.path().join("cmdline"));
    files.filter_map(|file| fs::read(file).ok()).map(|line| String::from_utf8_lossy(&line).into_owned()).collect()
}

fn listed_by_ps() -> Vec<String> {
    let list = Command::new("ps").args(["-eo", "args"]).output().map(|output| output.stdout);
    String::from_utf8_lossy(&list.unwrap_or_default()).lines().map(str::to_owned).collect()
}

/// Runs twice: the second process, which this one starts and kills, only starts a server and waits.
#[tokio::test]
async fn a_killed_test_process_takes_its_server_and_folder_along() -> Outcome {
    const SECOND: &str = "TESTBED_SECOND_PROCESS";
    if std::env::var_os(SECOND).is_some() {
        let server = testbed::require!(testbed::postgres().await, Ok(()));
        println!("\nfolder {}", server.folder().display());
        tokio::time::sleep(Duration::from_secs(60)).await;
        return Ok(());
    }
    let mut second = Command::new(std::env::current_exe()?)
        .args(["--exact", "--nocapture", "a_killed_test_process_takes_its_server_and_folder_along"])
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
    assert!(becomes_true(|| !folder.exists() && processes_of(&folder).is_empty()), "{} is left", folder.display());
    Ok(())
}
