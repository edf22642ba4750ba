//! What SQL servers say of their own: messages that repeat a value, passwords that are wrong.

use component_model::{
    ErrorKind,
    fetchers::database::{Database, DatabaseFetcher},
    prelude::*,
};

use crate::{
    listen::{Heard, hear, only},
    wrong::statements,
};

#[derive(Debug, AsyncAssign)]
struct OfPostgres {
    #[component(fetch_from = "source", query = "SELECT value::int FROM config")]
    _cast: i64,
    #[component(fetch_from = "source", query = "SELECT ('{' || value)::json FROM config")]
    _json: i64,
    #[component(fetch_from = "source", query = "SELECT value::timestamptz FROM config")]
    _time: String,
    #[component(fetch_from = "source", query = "SELECT $1::int", params = ["c4nary"])]
    _param: i64,
    #[component(fetch_from = "source", query = "SELECT ARRAY[value] FROM config")]
    _array: i64,
    #[component(fetch_from = "source", query = "SELECT value::bytea FROM config WHERE key = 'text'")]
    _bytes: i64,
    #[component(fetch_from = "source", query = "SELECT ROW(value, value) FROM config")]
    _row: i64,
    #[component(
        fetch_from = "source",
        query = "SELECT json_build_object(value, value) FROM config WHERE key = 'text'"
    )]
    _object: u16,
    #[component(fetch_from = "source", query = "SELECT xmlparse(document value) FROM config")]
    _xml: String,
    #[component(fetch_from = "source", query = "SELECT 1 / (length(value) - length(value)) FROM config")]
    _division: i64,
    #[component(fetch_from = "source", query = "SELECT value::regclass::text FROM config WHERE key = 'text'")]
    _table: String,
    #[component(fetch_from = "source", query = "SELECT $1::text::regclass::text", params = ["c4nary"])]
    _bound: SecretString,
    #[component(fetch_from = "source", query = "SELECT currval($1)", params = ["c4nary"])]
    _sequence: i64,
    #[component(fetch_from = "source", query = "SELECT nextval('c4' || 'nary')")]
    _next: i64,
    #[component(fetch_from = "source", query = "SELECT ('c4' || 'nary')::regproc::text")]
    _function: String,
    #[component(fetch_from = "source", query = "SELECT has_table_privilege(value, 'select') FROM config")]
    _right: bool,
    #[component(fetch_from = "source", query = "SELECT has_schema_privilege('c4' || 'nary', 'usage')")]
    _schema: bool,
    #[component(
        fetch_from = "source",
        query = "DO $$ BEGIN RAISE '%', 'c4' || 'nary' USING ERRCODE = '42501'; END $$"
    )]
    _denied: String,
    #[component(
        fetch_from = "source",
        query = "DO $$ BEGIN RAISE 'permission denied for table c4%', 'nary' USING ERRCODE = '42501'; END $$"
    )]
    _disguised: String,
    #[component(
        fetch_from = "source",
        query = "DO $$ BEGIN RAISE '%', 'c4' || 'nary' USING ERRCODE = '42P01'; END $$"
    )]
    _raised: String,
}

#[tokio::test]
async fn no_text_repeats_what_postgresql_says_of_a_value() {
    let database = testbed::require!(testbed::postgres_database().await);
    database.execute(&statements("key")).await.unwrap();
    let mut heard = Heard::new();
    let source = Database::from_url(&database.url()).unwrap();
    hear!(heard, "postgres", OfPostgres, 20, &only("source", source.clone()));
    hear!(heard, "postgres", Miscounted, 1, &only("source", source));
    for url in [database.wrong_password_url(), database.stranger_url()] {
        let url = url.replace("wrong-password", "c4nary");
        refused(&mut heard, &url).await;
    }
    heard.assert_silent();
}

/// Its parameters are counted while it is bound, so that nothing else of its struct is fetched.
#[derive(Debug, AsyncAssign)]
struct Miscounted {
    #[component(fetch_from = "source", query = "SELECT value FROM config WHERE key = $1", params = [1, "c4nary"])]
    _count: i64,
}

/// A function of the server's that tells the value in every way that a client can decline.
const TALKATIVE: &str = "CREATE FUNCTION talkative() RETURNS int LANGUAGE plpgsql AS $$ BEGIN \
    RAISE WARNING 'c4%', 'nary'; RAISE NOTICE 'c4%', 'nary'; RAISE LOG 'c4%', 'nary'; RAISE DEBUG 'c4%', 'nary'; \
    RETURN 5; END $$";

#[derive(Debug, AsyncAssign)]
struct Noticed {
    #[component(fetch_from = "source", query = "SELECT talkative()")]
    number: u16,
}

#[tokio::test]
async fn no_event_repeats_a_notice_or_a_warning_of_postgresql() {
    let database = testbed::require!(testbed::postgres_database().await);
    database.execute(TALKATIVE).await.unwrap();
    let mut heard = Heard::new();
    let sources = only("source", Database::from_url(&database.url()).unwrap());
    assert_eq!(Noticed::fetch_all_components_from(&sources).await.unwrap().number, 5);
    heard.text("number", "fetched").assert_silent();
}

#[derive(Debug, AsyncAssign)]
struct OfMariaDb {
    #[component(fetch_from = "source", query = "SELECT EXTRACTVALUE('<a/>', CONCAT(0x7e, value)) FROM config")]
    _xpath: String,
    #[component(fetch_from = "source", query = "SELECT UPDATEXML('<a/>', CONCAT(0x7e, value), '') FROM config")]
    _update: String,
    #[component(fetch_from = "source", query = "SELECT value REGEXP CONCAT(value, '(') FROM config")]
    _regexp: String,
    #[component(fetch_from = "source", query = "SELECT ?", params = ["c4nary"])]
    _param: i64,
    #[component(fetch_from = "source", query = "SELECT ?", params = ["c4nary", "c4nary"])]
    _count: i64,
    #[component(fetch_from = "source", query = "SELECT CAST(value AS BINARY) FROM config WHERE value LIKE 'c4%'")]
    _bytes: i64,
    #[component(fetch_from = "source", query = "SELECT JSON_OBJECT(value, value) FROM config WHERE `key` = 'text'")]
    _object: u16,
    #[component(
        fetch_from = "source",
        query = "SIGNAL SQLSTATE '42S22' SET MESSAGE_TEXT = 'c4' 'nary', MYSQL_ERRNO = 1054"
    )]
    _signal: String,
    #[component(
        fetch_from = "source",
        query = "SIGNAL SQLSTATE '42S22' SET MESSAGE_TEXT = 'Unknown column ''c4' 'nary'' in x', MYSQL_ERRNO = 1054"
    )]
    _disguised: String,
}

#[tokio::test]
async fn no_text_repeats_what_mariadb_says_of_a_value() {
    let database = testbed::require!(testbed::mariadb_database().await);
    database.execute(&statements("`key`")).await.unwrap();
    let mut heard = Heard::new();
    let source = Database::from_url(&database.url()).unwrap();
    hear!(heard, "mariadb", OfMariaDb, 9, &only("source", source));
    for url in [database.wrong_password_url(), database.stranger_url()] {
        let url = url.replace("wrong-password", "c4nary");
        refused(&mut heard, &url).await;
    }
    heard.assert_silent();
}

#[derive(Debug, AsyncAssign)]
struct OfSqlite {
    #[component(fetch_from = "source", query = "SELECT json('c4' || 'nary')")]
    _json: i64,
    #[component(fetch_from = "source", query = "SELECT load_extension('c4' || 'nary')")]
    _extension: i64,
    #[component(fetch_from = "source", query = "SELECT json_extract('{}', 'c4' || 'nary')")]
    _path: i64,
    #[component(fetch_from = "source", query = "SELECT ?", params = ["c4nary"])]
    _param: i64,
    #[component(fetch_from = "source", query = "SELECT CAST('c4' || 'nary' AS BLOB)")]
    _bytes: i64,
}

#[derive(Debug, AsyncAssign)]
struct Counted {
    #[component(fetch_from = "source", query = "SELECT ?", params = ["c4nary", "c4nary"])]
    _count: i64,
}

#[tokio::test]
async fn no_text_repeats_what_sqlite_says_of_a_value() {
    let mut heard = Heard::new();
    let source = Database::from_url("sqlite::memory:").unwrap();
    let sources = only("source", source);
    hear!(heard, "sqlite", OfSqlite, 5, &sources);
    hear!(heard, "sqlite", Counted, 1, &sources);
    heard.assert_silent();
}

#[derive(Debug, AsyncAssign)]
struct Refused {
    #[component(fetch_from = "source", key = "text")]
    _value: String,
}

async fn refused(heard: &mut Heard, url: &str) {
    let source = Database::from_url(url).unwrap();
    heard.debug("source", &source);
    hear!(heard, "refused", Refused, 1, &only("source", source));
    let fetcher = DatabaseFetcher::from_url(url, "SELECT value FROM config").unwrap();
    heard.debug("fetcher", &fetcher);
    heard.error("fetcher", &ComponentFetcher::<String>::fetch_component(&fetcher).await.unwrap_err());
}

#[tokio::test]
async fn no_text_repeats_an_unknown_parameter_of_a_url() {
    let mut heard = Heard::new();
    let places =
        ["sqlite:nowhere.db", "postgres://u@127.0.0.1:1/d", "mysql://u@127.0.0.1:1/d", "mariadb://u@127.0.0.1:1/d"];
    for place in places {
        // The first parameter that the server does not know is named.
        let first = if place.starts_with("sqlite") { "sslmode" } else { "mode" };
        for (query, name) in
            [("sslpassword=c4nary", "sslpassword"), ("mode=ro&sslmode=disable&ssl-mode=disabled&secret=c4nary", first)]
        {
            let error = Database::from_url(&format!("{place}?{query}")).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Misconfigured);
            assert!(error.to_string().contains(&format!("`{name}`")), "{place}?{query}: {error}");
            heard.source_error(query, &error);
        }
        for query in ["c4nary", "=c4nary", "c4nary%3D", "a%20c4nary=1", "sslpassword%3Dc4nary"] {
            heard.source_error(query, &Database::from_url(&format!("{place}?{query}")).unwrap_err());
        }
    }
    for url in [
        "postgres://u:1?c4nary=2@127.0.0.1/d",
        "mysql://u:1?c4nary=2@127.0.0.1/d",
        "postgres://u:p?c4nary=2@h/d",
        "postgres://u:p@c4nary#x@127.0.0.1:1/d",
        "postgres://u:p@c4nary/x@127.0.0.1:1/d",
        "mysql://u:p@c4nary/x@127.0.0.1:1/d",
        "postgres://u:12/c4nary@127.0.0.1/d",
    ] {
        heard.source_error(url, &Database::from_url(url).unwrap_err());
    }
    for url in [
        "postgres://u@127.0.0.1:1/d?sslmode=disable&channel_binding=c4nary&connect_timeout=c4nary#c4nary",
        "mysql://u@127.0.0.1:1/d?connect_timeout=c4nary",
    ] {
        let source = Database::from_url(url).unwrap();
        heard.debug("source", &source);
        hear!(heard, "passed over", Refused, 1, &only("source", source));
    }
    heard.assert_silent();
}

#[tokio::test]
async fn no_error_repeats_a_literal_of_a_query() {
    let mut heard = Heard::new();
    for (url, query) in [
        ("postgres://u@127.0.0.1:1/d", "SELECT $$c4nary$$, $a$c4nary$a$, E'\\'c4nary', 'c4nary' -- c4nary"),
        ("mysql://u@127.0.0.1:1/d", "SELECT \"c4nary\", 'it\\'s c4nary', N'c4nary' # c4nary"),
        ("sqlite:nowhere.db", "SELECT \"c4nary\", 'c4nary', [it's] /* 'c4nary */"),
    ] {
        let fetcher = DatabaseFetcher::from_url(url, query).unwrap();
        heard.debug("fetcher", &fetcher);
        let error = ComponentFetcher::<String>::fetch_component(&fetcher).await.unwrap_err();
        heard.error("fetcher", &error).text("locator", format!("{:?} {:?}", error.locator(), error.hint()));
    }
    heard.assert_silent();
}

#[tokio::test]
async fn no_warning_repeats_a_statement_that_is_slow() {
    crate::log::listen();
    let database = testbed::require!(testbed::postgres_database().await);
    let slow = "SELECT 'of a slow statement' FROM pg_sleep(1.1)";
    let fetcher = DatabaseFetcher::from_url(&database.url(), slow).unwrap();
    let value: String = fetcher.fetch_component().await.unwrap();
    crate::log::assert_no_warning(&value);
}

#[derive(Debug, AsyncAssign)]
struct ByUrl {
    #[component(fetch_from = "vault")]
    _url: SecretString,
    #[component(fetch_from = "source", url = "{_url}", key = "text")]
    _key: String,
    #[component(fetch_from = "source", url = "{_url}", query = "SELECT 1")]
    _query: String,
}

fn by_url(url: &str) -> Sources {
    let vault = component_model::Memory::new([("_url", url)]);
    Sources::builder().source("vault", vault).source("source", Database::default()).build()
}

#[tokio::test]
async fn no_text_repeats_a_url_that_another_component_gives() {
    let mut heard = Heard::new();
    for url in [
        "c4nary",
        "c4nary://c4nary@c4nary/c4nary",
        "postgres://c4nary:c4nary@127.0.0.1:1/c4nary",
        "postgres://c4nary.invalid/c4nary",
        "postgres://u:c4nary@h:c4nary/d",
        "postgres://u@127.0.0.1:1/d?c4nary=c4nary",
        "postgres:///d?host=/c4nary",
        "mysql://c4nary:c4nary@127.0.0.1:1/c4nary",
        "mysql://u@127.0.0.1:1/d?c4nary=c4nary",
        "sqlite:c4nary.db",
        "sqlite:c4nary.db?mode=c4nary",
    ] {
        hear!(heard, url, ByUrl, 2, &by_url(url));
    }
    heard.assert_silent();
}

#[tokio::test]
async fn no_text_repeats_a_password_that_a_url_inserts_and_a_server_refuses() {
    #[derive(Debug, AsyncAssign)]
    struct ByPassword {
        #[component(fetch_from = "vault")]
        _host: String,
        #[component(fetch_from = "vault")]
        _port: u16,
        #[component(fetch_from = "vault")]
        _password: SecretString,
        #[component(fetch_from = "source", url = "postgres://c4nary:{_password}@{_host}:{_port}/d", key = "text")]
        _text: String,
    }
    let database = testbed::require!(testbed::postgres_database().await);
    let url = database.url();
    let (host, port) = url.rsplit_once('@').unwrap().1.split_once('/').unwrap().0.split_once(':').unwrap();
    let vault = component_model::Memory::new([("_host", host), ("_port", port), ("_password", "c4nary@/?#")]);
    let sources = Sources::builder().source("vault", vault).source("source", Database::default()).build();
    let mut heard = Heard::new();
    hear!(heard, "password", ByPassword, 1, &sources);
    let errors = ByPassword::fetch_all_components_from(&sources).await.unwrap_err();
    assert_eq!(errors[0].kind(), ErrorKind::Denied, "{errors}");
    for url in [database.wrong_password_url(), database.stranger_url()] {
        let url = url.replace("wrong-password", "c4nary");
        let errors = ByUrl::fetch_all_components_from(&by_url(&url)).await.unwrap_err();
        heard.errors("refused", &errors, errors.len());
    }
    heard.assert_silent();
}
