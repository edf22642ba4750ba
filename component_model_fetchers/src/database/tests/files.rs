//! Databases in files: kept open, replaced, missing, damaged, locked.

use super::*;

#[tokio::test]
async fn a_missing_file_or_folder_is_not_set_up_and_not_created() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["none.db", "none/none.db"] {
        let path = folder.path().join(name);
        let url = format!("sqlite:{}", path.display());
        let pool = SqlitePool::connect_lazy(&url).unwrap();
        for reader in [QueryReader::from_url(&url, "SELECT 1").unwrap(), QueryReader::new(pool, "SELECT 1")] {
            let error = reader.read::<u8>().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotSetUp, "{error}");
            let named = format!("the database file `{}` does not exist", path.display());
            assert_eq!(error.to_string(), named);
        }
        assert!(!path.exists());
    }
}

/// A file with one row in the default table, in either of SQLite's modes.
async fn file(path: &std::path::Path, value: &str, mode: &str) -> SqlitePool {
    let pool = SqlitePool::connect(&format!("sqlite:{}?mode=rwc", path.display())).await.unwrap();
    let table = format!("PRAGMA journal_mode = {mode}; CREATE TABLE config (key TEXT, value TEXT)");
    sqlx::raw_sql(sqlx::AssertSqlSafe(table)).execute(&pool).await.unwrap();
    sqlx::query("INSERT INTO config VALUES ('a', ?)").bind(value).execute(&pool).await.unwrap();
    pool
}

#[tokio::test]
async fn a_file_that_is_kept_open_is_opened_again_after_it_was_written_to_changed_replaced_or_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    file(&path("other.db"), "replaced", "delete").await.close().await;
    for mode in ["delete", "wal"] {
        let name = path(&format!("{mode}.db"));
        let writer = file(&name, "first", mode).await;
        let reader = |query| QueryReader::from_url(&format!("sqlite:{}", name.display()), query).unwrap();
        let (by_key, all) = (reader("SELECT value FROM config WHERE key = 'a'"), reader("SELECT * FROM config"));
        let value = async || by_key.read::<String>().await;
        let row = async || all.read::<Vec<Vec<String>>>().await.unwrap()[0].len();
        assert_eq!((value().await.unwrap().as_str(), row().await), ("first", 2));

        sqlx::raw_sql("UPDATE config SET value = 'second'").execute(&writer).await.unwrap();
        assert_eq!(value().await.unwrap(), "second");
        sqlx::raw_sql("ALTER TABLE config ADD COLUMN more TEXT DEFAULT 'x'").execute(&writer).await.unwrap();
        assert_eq!((value().await.unwrap().as_str(), row().await), ("second", 3));
        writer.close().await;

        std::fs::copy(path("other.db"), path("copy.db")).unwrap();
        std::fs::rename(path("copy.db"), &name).unwrap();
        assert_eq!(value().await.unwrap(), "replaced");
        std::fs::remove_file(&name).unwrap();
        assert_eq!(value().await.unwrap_err().kind(), ErrorKind::NotSetUp);
        std::fs::copy(path("other.db"), &name).unwrap();
        assert_eq!((value().await.unwrap().as_str(), row().await), ("replaced", 2));
    }
}

#[tokio::test]
async fn a_file_may_have_a_name_that_makes_no_url() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a^b.db", "[shop].db", "shop|prod.db", "a b%.db", "<x>.db"] {
        assert!(Database::from_url(&format!("sqlite://{name}")).is_ok(), "{name}");
        assert!(Database::from_url(&format!("sqlite:{name}?mode=ro")).is_ok(), "{name}");
        let path = folder.path().join(name);
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).create_if_missing(true);
        let reader = QueryReader::new(SqlitePool::connect_lazy_with(options), "SELECT 1");
        assert_eq!(reader.read::<u8>().await.unwrap(), 1, "{name}");
        let pool = SqlitePool::connect_lazy_with(sqlx::sqlite::SqliteConnectOptions::new().filename(name));
        assert!(format!("{:?}", Database::new(pool)).contains(name));
    }
    let memory = QueryReader::from_url("sqlite://a.db?mode=memory", "SELECT 1").unwrap();
    assert_eq!(memory.read::<u8>().await.unwrap(), 1);
}

#[tokio::test]
async fn a_kept_file_does_not_keep_a_writer_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let name = folder.path().join("a.db");
    let writer = file(&name, "first", "delete").await;
    let reader = QueryReader::from_url(&format!("sqlite:{}", name.display()), "SELECT value FROM config").unwrap();
    let value: String = reader.read().await.unwrap();
    assert_eq!(value, "first");
    let mut writer = writer.acquire().await.unwrap();
    sqlx::raw_sql("PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE; COMMIT").execute(&mut *writer).await.unwrap();
}

#[tokio::test]
async fn a_file_that_is_not_a_database_is_malformed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("text.db");
    std::fs::write(&path, "hunter2 ".repeat(1000)).unwrap();
    let reader = QueryReader::from_url(&format!("sqlite:{}", path.display()), "SELECT 1 FROM x").unwrap();
    let error = reader.read::<u8>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed, "{error}");
    assert!(!format!("{error:#}").contains("hunter2"));
}

#[tokio::test]
async fn a_locked_database_is_unavailable_within_the_timeout_of_an_attempt() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}?mode=rwc", folder.path().join("a.db").display());
    let writer = SqlitePool::connect(&url).await.unwrap();
    sqlx::raw_sql("CREATE TABLE config (key TEXT, value TEXT)").execute(&writer).await.unwrap();
    let mut locked = writer.acquire().await.unwrap();
    sqlx::raw_sql("BEGIN EXCLUSIVE").execute(&mut *locked).await.unwrap();
    let begun = std::time::Instant::now();
    let database = Database::from_url(&url).unwrap();
    let error = database.fetch(Asked::new(by_key(&database, "a").query())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!(begun.elapsed() < std::time::Duration::from_secs(2));
}

#[cfg(unix)]
#[tokio::test]
async fn a_pipe_in_the_place_of_a_file_of_the_database_is_refused() {
    for (ending, mode) in [("", "delete"), ("-journal", "delete"), ("-wal", "wal"), ("-shm", "wal")] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        file(&path, "1", mode).await.close().await;
        let pipe = folder.path().join(format!("a.db{ending}"));
        let _ = std::fs::remove_file(&pipe);
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let reader = QueryReader::from_url(&format!("sqlite:{}", path.display()), "SELECT value FROM config").unwrap();
        let read = tokio::time::timeout(std::time::Duration::from_secs(5), reader.read::<String>()).await;
        let error = read.expect("it ends").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misconfigured, "{ending}: {error}");
    }
}
