//! Versions of the keys of the default table: by a column, or by a checksum that the server makes.

use component_model::{
    Answer, Asked, ErrorKind, Reply, RequestSpec, Source as _, Version, fetchers::database::Database as Source,
    plan::Layer,
};
use testbed::Database;

/// Asks for keys of which versions are known.
async fn ask(source: &Source, keys: &[(&str, Option<&Version>)]) -> Vec<Answer> {
    let bind = |(key, _): &(&str, _)| source.bind(&RequestSpec::new(&Layer { key: Some(*key), ..Layer::NEW }, &[]));
    let requests: Vec<_> = keys.iter().map(|key| bind(key).unwrap()).collect();
    let asked: Vec<_> =
        requests.iter().zip(keys).map(|(request, (_, known))| Asked::new(request.query()).unless(*known)).collect();
    source.fetch_many(&asked).await
}

fn version(answer: &Answer) -> Option<Version> {
    answer.as_ref().unwrap().version().cloned()
}

fn is_unchanged(answer: &Answer) -> bool {
    matches!(answer, Ok(Reply::Unchanged { .. }))
}

async fn server(name: &str) -> Result<Database, testbed::BedError> {
    if name == "postgres" { testbed::postgres_database().await } else { testbed::mariadb_database().await }
}

#[tokio::test]
async fn a_column_has_the_version_and_a_value_of_the_known_version_is_not_read() {
    for name in ["postgres", "mariadb"] {
        let database = testbed::require!(server(name).await);
        let quote = if name == "postgres" { '"' } else { '`' };
        let (key, value) = (format!("{quote}key{quote}"), format!("{quote}value{quote}"));
        let column = if name == "postgres" { "text" } else { "longtext" };
        database
            .execute(&format!(
                "CREATE TABLE config ({key} text, {value} {column}, changes bigint); \
                 INSERT INTO config VALUES ('a', '1', 1), ('b', '1', NULL)"
            ))
            .await
            .unwrap();
        let source = Source::from_url(&database.url()).unwrap().version_column("changes").unwrap();
        let first = ask(&source, &[("a", None), ("b", None), ("c", None)]).await;
        let known = version(&first[0]).unwrap();
        assert_eq!((known.as_str(), version(&first[1])), ("1", None));
        assert!(first[2].as_ref().unwrap().is_absent());

        // It is not read, so that it is not too large.
        let large = if name == "postgres" { "repeat('x', 17000000)" } else { "'2'" };
        database.execute(&format!("UPDATE config SET {value} = {large} WHERE {key} = 'a'")).await.unwrap();
        let next = ask(&source, &[("a", Some(&known)), ("b", Some(&known)), ("c", Some(&known))]).await;
        assert!(is_unchanged(&next[0]), "{:?}", next[0]);
        assert!(next[1].as_ref().unwrap().record().is_some() && next[2].as_ref().unwrap().is_absent());

        database.execute(&format!("UPDATE config SET {value} = '3', changes = 2")).await.unwrap();
        let last = ask(&source, &[("a", Some(&known))]).await;
        assert_eq!(version(&last[0]).unwrap().as_str(), "2");

        let missing = source.version_column("no_such_column").unwrap();
        let error = ask(&missing, &[("a", None)]).await.remove(0).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misconfigured);
        assert!(error.to_string().contains("no_such_column"), "{error}");
    }
}

#[tokio::test]
async fn a_checksum_of_the_server_tells_values_apart_and_nothing_about_them() {
    for name in ["postgres", "mariadb"] {
        let database = testbed::require!(server(name).await);
        let quote = if name == "postgres" { '"' } else { '`' };
        let columns = format!("{quote}key{quote} text, {quote}value{quote} text");
        database
            .execute(&format!("CREATE TABLE config ({columns}); INSERT INTO config VALUES ('a', 'ä'), ('b', NULL)"))
            .await
            .unwrap();
        let source = Source::from_url(&database.url()).unwrap().checksums().unwrap();
        let first = ask(&source, &[("a", None), ("b", None)]).await;
        let known = version(&first[0]).unwrap();
        // SHA-256 of `ä`.
        assert_ne!(known.as_str(), "33e6d73fee82904c8d7afb78de1154d1e8dc2a0edb08120e63df5b9385c2d9cc");
        assert_eq!((known.as_str().len(), version(&first[1])), (64, None));
        assert!(is_unchanged(&ask(&source, &[("a", Some(&known))]).await[0]));
        database.execute(&format!("UPDATE config SET {quote}value{quote} = 'Ä'")).await.unwrap();
        let next = ask(&source, &[("a", Some(&known)), ("b", Some(&known))]).await;
        assert!(version(&next[0]).is_some_and(|version| version != known));
        assert_eq!(version(&next[0]), version(&next[1]));
    }
}

#[tokio::test]
async fn a_table_of_sqlite_has_versions_by_a_column_only() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("app.db").display());
    let pool = sqlx::SqlitePool::connect(&format!("{url}?mode=rwc")).await.unwrap();
    let table =
        "CREATE TABLE config (key TEXT, value TEXT, changed TEXT); INSERT INTO config VALUES ('a', '1', '2026-01-01')";
    sqlx::raw_sql(table).execute(&pool).await.unwrap();
    let source =
        Source::from_url(&url).unwrap().version_column("changed").unwrap().table("config", "key", "value").unwrap();
    let known = version(&ask(&source, &[("a", None)]).await[0]).unwrap();
    assert_eq!(known.as_str(), "2026-01-01");
    assert!(is_unchanged(&ask(&source, &[("a", Some(&known))]).await[0]));
    assert!(Source::from_url(&url).unwrap().checksums().is_err());
}
