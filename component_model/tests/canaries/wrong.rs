//! Values of the wrong type, from every source alike.

use std::{net::IpAddr, time::Duration};

use component_model::{
    Answer, Asked, ErrorKind, KeyQuery, Memory, Request, RequestSpec, Source, SourceError, Value,
    fetchers::{api::Api, database::Database, env::Env, file::File},
    prelude::*,
};
use serde::Deserialize;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use testbed::http::Reply;

use crate::listen::{CANARY, Heard, hear, only};

/// Every way in which a type refuses a value, those of the user's own among them.
#[derive(Debug, AsyncAssign)]
pub(crate) struct Wrong {
    #[component(fetch_from = "source", key = "text")]
    _number: u16,
    #[component(fetch_from = "source", key = "text")]
    _float: f64,
    #[component(fetch_from = "source", key = "text")]
    _switch: bool,
    #[component(fetch_from = "source", key = "text")]
    _letter: char,
    #[component(fetch_from = "source", key = "text")]
    _address: IpAddr,
    #[component(fetch_from = "source", key = "text")]
    _time: std::time::Duration,
    #[component(fetch_from = "source", key = "text")]
    _variant: Mode,
    #[component(fetch_from = "source", key = "text")]
    _own: Own,
    #[component(fetch_from = "source", key = "text")]
    _optional: Option<u16>,
    #[component(fetch_from = "source", key = "list")]
    _list: Vec<u16>,
    #[component(fetch_from = "source", key = "pairs")]
    _record: Record,
    #[component(fetch_from = "source", key = "document")]
    _strict: Record,
    #[component(fetch_from = "source", key = "text", fallback = 1, fallback_on = "any")]
    covered: u16,
    #[component(fetch_from = "source", key = "text")]
    secret: SecretString,
}

/// All but `covered` and `secret`.
const FAILURES: usize = 12;

const TEXT: &str = "c4nary";
const VALUES: &[(&str, &str)] = &[
    ("text", TEXT),
    ("list", "1,c4nary"),
    ("pairs", "host=c4nary,port=c4nary"),
    ("document", r#"{"host": "c4nary", "port": 1, "c4nary": "c4nary"}"#),
];

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Fast,
}

/// A type whose own error repeats the value.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Own;

impl TryFrom<String> for Own {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Err(format!("`{text}` (in capitals {}) is not mine", text.to_lowercase()))
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "never read")]
struct Record {
    host: String,
    port: u16,
}

async fn silent_about_values(what: &str, sources: &Sources) {
    let mut heard = Heard::new();
    hear!(heard, what, Wrong, FAILURES, sources);
    heard.assert_silent();
}

fn json() -> String {
    let members: serde_json::Map<_, _> = VALUES.iter().map(|(key, text)| ((*key).to_owned(), (*text).into())).collect();
    serde_json::Value::from(members).to_string()
}

/// Texts that the type gets otherwise than they came, or of which it quotes a part.
const HIDDEN: &[(&str, &str)] = &[
    ("unescaped", r#"["c4n\u0061ry"]"#),
    ("separated", r"x,c\4na\ry"),
    ("in_part", "c4naryandmore"),
    ("pairs", r"a=c4na\ry"),
    ("capitals", "C4NARY"),
];

/// A type whose own error repeats the beginning of the value.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
struct Start;

impl TryFrom<String> for Start {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let start: String = text.to_lowercase().chars().take(6).collect();
        Err(format!("{start}… is not mine"))
    }
}

impl secrecy::zeroize::Zeroize for Start {
    fn zeroize(&mut self) {}
}

#[derive(Debug, AsyncAssign)]
struct Hidden {
    #[component(fetch_from = "source", key = "unescaped")]
    _unescaped: Vec<Start>,
    #[component(fetch_from = "source", key = "separated")]
    _separated: Vec<Start>,
    #[component(fetch_from = "source", key = "in_part")]
    _in_part: Start,
    #[component(fetch_from = "source", key = "pairs")]
    _pairs: std::collections::HashMap<String, Start>,
    #[component(fetch_from = "source", key = "capitals")]
    _capitals: Start,
    #[component(fetch_from = "source", key = "in_part")]
    _secret: secrecy::SecretBox<Start>,
}

#[tokio::test]
async fn no_text_repeats_what_a_type_quotes_otherwise_than_it_came() {
    let mut heard = Heard::new();
    hear!(heard, "hidden", Hidden, 6, &only("source", Memory::new(HIDDEN.iter().copied())));
    heard.assert_silent();
}

/// A type whose own error is always the same.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
struct Strict;

#[derive(Debug)]
struct NotStrict;

impl std::fmt::Display for NotStrict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not strict enough")
    }
}

impl TryFrom<String> for Strict {
    type Error = NotStrict;

    fn try_from(_: String) -> Result<Self, NotStrict> {
        Err(NotStrict)
    }
}

impl secrecy::zeroize::Zeroize for Strict {
    fn zeroize(&mut self) {}
}

#[tokio::test]
async fn a_sensitive_component_shows_no_message_of_its_type_however_it_is_named() {
    type Alias = secrecy::SecretBox<Strict>;
    #[derive(Debug, AsyncAssign)]
    struct Sensitive<T: Default> {
        #[component(fetch_from = "source", key = "text")]
        _alias: Alias,
        #[component(fetch_from = "source", key = "text")]
        _parameter: T,
        #[component(fetch_from = "source", key = "text", fallback = "x", fallback_on = "any")]
        _fallback: Option<Alias>,
        #[component(fetch_from = "source", key = "text")]
        _open: Strict,
    }
    let sources = only("source", Memory::new(VALUES.iter().copied()));
    let errors = Sensitive::<Vec<Alias>>::fetch_all_components_from(&sources).await.unwrap_err();
    for error in &errors {
        let text = format!("{error:#} {error:?}");
        assert_eq!(text.contains("not strict enough"), text.contains("_open"), "{text}");
    }
    assert_eq!(errors.len(), 4);
}

/// A user's own source, whose errors repeat the value everywhere.
struct Talkative {
    says: &'static str,
    bind: bool,
    immediate: bool,
    group: bool,
}

impl Talkative {
    const FETCH: Self = Self { says: CANARY, bind: false, immediate: false, group: false };

    fn error(&self) -> SourceError {
        SourceError::new(ErrorKind::Denied, self.says)
            .with_hint(self.says)
            .with_cause(self.says)
            .with_retry_after(Duration::from_secs(7))
            .with_transience(true)
            .at("vault:3")
    }
}

impl Source for Talkative {
    type Query = KeyQuery;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
        let request = Request::by_key(spec)?;
        match self.bind {
            true => Err(self.error()),
            false if self.group => Ok(request.with_group(())),
            false => Ok(request),
        }
    }

    fn fetch_immediate(&self, _: Asked<'_, KeyQuery>) -> Option<Answer> {
        self.immediate.then(|| Err(self.error()))
    }

    async fn fetch(&self, _: Asked<'_, KeyQuery>) -> Answer {
        Err(self.error())
    }
}

/// A user's own fetcher.
struct Talking;

impl ComponentFetcher<String> for Talking {
    type Error = String;

    async fn fetch_component(&self) -> Result<String, String> {
        Err("c4nary".to_owned())
    }
}

impl ComponentFetcher<SecretString> for Talking {
    type Error = String;

    async fn fetch_component(&self) -> Result<SecretString, String> {
        Err("c4nary".to_owned())
    }
}

/// Sensitive by its type and by a type parameter.
#[derive(Debug, AsyncAssign)]
struct Secrets<T: Default> {
    #[component(fetch_from = "source", key = "a")]
    _secret: SecretString,
    #[component(fetch_from = "source", key = "b")]
    _parameter: T,
}

#[tokio::test]
async fn a_sensitive_component_shows_no_error_of_the_users_own_code() {
    let own = |own: Talkative| only("source", own);
    let closure = |_: KeyQuery| async { Err::<Option<String>, _>("c4nary") };
    let ours = |_: KeyQuery| async { Err::<Option<String>, _>(Talkative::FETCH.error()) };
    let sources = [
        ("own source", own(Talkative::FETCH)),
        ("immediate", own(Talkative { immediate: true, ..Talkative::FETCH })),
        ("group", own(Talkative { group: true, ..Talkative::FETCH })),
        ("closure", Sources::builder().closure("source", closure).build()),
        ("closure with an error of this library", Sources::builder().closure("source", ours).build()),
        ("fetcher", Sources::builder().fetcher::<String, _>("source", Talking).build()),
    ];
    let mut heard = Heard::new();
    for (what, sources) in sources {
        hear!(heard, what, Secrets<Vec<SecretString>>, 2, &sources);
    }
    heard.assert_silent();
}

#[tokio::test]
async fn a_sensitive_component_shows_no_error_of_the_users_own_code_before_any_fetch() {
    #[derive(Debug, AsyncAssign)]
    struct Secret {
        #[component(fetch_from = "source")]
        secret: SecretString,
    }
    let refused = Sources::builder().try_source("source", Err::<Talkative, _>(Talkative::FETCH.error())).build();
    let unbound = only("source", Talkative { bind: true, ..Talkative::FETCH });
    let mut heard = Heard::new();
    for (what, sources) in [("registration", refused), ("bind", unbound)] {
        let errors = Secret::fetch_all_components_from(&sources).await.unwrap_err();
        heard.errors(what, &errors, 1);
    }
    let mut config = Secret { secret: SecretString::default() };
    heard.error("fetcher", &config.async_assign(Talking).await.unwrap_err());
    let future = async { Err::<SecretString, _>("c4nary") };
    heard.error("future", &config.async_assign(future).await.unwrap_err());
    heard.assert_silent();
}

#[tokio::test]
async fn what_is_withheld_leaves_the_kind_the_place_and_when_to_try_again() {
    let sources = only("source", Talkative::FETCH);
    let errors = Secrets::<Vec<SecretString>>::fetch_all_components_from(&sources).await.unwrap_err();
    for error in &errors {
        assert_eq!((error.kind(), error.locator()), (ErrorKind::Denied, Some("vault:3")));
        assert_eq!((error.retry_after(), error.is_transient()), (Some(Duration::from_secs(7)), true));
        let text = error.to_string();
        assert!(text.contains("denied: the text of the error is withheld, since the component is sensitive"), "{text}");
    }
}

/// What is not sensitive shows what its source says, and so does a built-in source.
#[tokio::test]
async fn only_foreign_errors_of_sensitive_components_are_withheld() {
    #[derive(Debug, AsyncAssign)]
    struct Open {
        #[component(fetch_from = "source", key = "a")]
        _open: String,
    }
    // Other tests look for the canary in the log.
    let talkative = Talkative { says: "robin", ..Talkative::FETCH };
    let errors = Open::fetch_all_components_from(&only("source", talkative)).await.unwrap_err();
    assert!(format!("{errors:#}").contains("robin") && errors[0].hint() == Some("robin"), "{errors:#}");

    let folder = tempfile::tempdir().unwrap();
    let sources = only("source", File::new(folder.path().join("missing.toml")));
    let errors = Secrets::<Vec<SecretString>>::fetch_all_components_from(&sources).await.unwrap_err();
    assert!(errors.iter().all(|error| error.to_string().contains("missing.toml")), "{errors:#}");
    assert!(!format!("{errors:#}").contains("withheld"), "{errors:#}");
}

#[tokio::test]
async fn no_text_repeats_a_wrong_value_of_the_environment() {
    let env = Env::of(VALUES.iter().copied());
    silent_about_values("env", &only("source", env.clone())).await;
    Heard::new().debug("env", &env).assert_silent();
}

#[tokio::test]
async fn no_text_repeats_a_wrong_value_of_memory() {
    let memory = Memory::new(VALUES.iter().copied()).with("nested", Value::String(TEXT.to_owned()));
    silent_about_values("memory", &only("source", memory.clone())).await;
    Heard::new().debug("memory", &memory).debug("value", &Value::text(TEXT)).assert_silent();
}

#[tokio::test]
async fn no_text_repeats_a_wrong_value_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let quoted = |separator: &str| -> String {
        VALUES.iter().map(|(key, text)| format!("{key}{separator}{}\n", serde_json::to_string(text).unwrap())).collect()
    };
    let documents = [("a.json", json()), ("a.toml", quoted(" = ")), ("a.yaml", quoted(": "))];
    for (name, document) in documents {
        let path = folder.path().join(name);
        std::fs::write(&path, document).unwrap();
        silent_about_values(name, &only("source", File::new(path))).await;
    }
    let path = folder.path().join("a.env");
    let lines: String = VALUES.iter().map(|(key, text)| format!("{key}='{text}'\n")).collect();
    std::fs::write(&path, lines).unwrap();
    let none: [(&str, &str); 0] = [];
    silent_about_values("dotenv", &only("source", Env::of(none).dotenv(path))).await;
}

#[tokio::test]
async fn no_text_repeats_a_wrong_value_of_an_api() {
    let server = testbed::http().await.unwrap();
    for (key, text) in VALUES {
        server.on(&format!("/{key}"), Reply::text(*text));
    }
    let api = || Api::builder().base(server.url("")).unwrap().build().unwrap();
    silent_about_values("text", &only("source", api())).await;
    for (key, text) in VALUES {
        server.on(&format!("/{key}"), Reply::json(&(*text).into()));
    }
    silent_about_values("json", &only("source", api())).await;
}

/// The statements that fill the default table.
pub(crate) fn statements(key: &str) -> String {
    let insert =
        |(name, text): &(&str, &str)| format!("INSERT INTO config ({key}, value) VALUES ('{name}', '{text}');");
    format!("CREATE TABLE config ({key} text, value text);{}", VALUES.iter().map(insert).collect::<String>())
}

#[tokio::test]
async fn no_text_repeats_a_wrong_value_of_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}?mode=rwc", folder.path().join("a.db").display());
    // The canaries are planted in silence: what is said of that would be heard by tests that run at the same time.
    let planting = url.parse::<SqliteConnectOptions>().unwrap().disable_statement_logging();
    let mut planter = SqliteConnection::connect_with(&planting).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(statements("key"))).execute(&mut planter).await.unwrap();
    planter.close().await.unwrap();
    let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
    silent_about_values("sqlite", &only("source", Database::new(pool))).await;
}

#[tokio::test]
async fn no_text_repeats_a_wrong_value_of_postgresql() {
    let database = testbed::require!(testbed::postgres_database().await);
    database.execute(&statements("key")).await.unwrap();
    silent_about_values("postgres", &only("source", Database::from_url(&database.url()).unwrap())).await;
}

#[tokio::test]
async fn no_text_repeats_a_wrong_value_of_mariadb() {
    let database = testbed::require!(testbed::mariadb_database().await);
    database.execute(&statements("`key`")).await.unwrap();
    silent_about_values("mariadb", &only("source", Database::from_url(&database.url()).unwrap())).await;
}

/// What a fetch gives is the user's own; what stands around it is not.
#[tokio::test]
async fn a_secret_that_arrives_is_in_no_text_and_a_fallback_neither() {
    #[derive(Debug, AsyncAssign)]
    struct Arrives {
        #[component(fetch_from = "source", key = "text")]
        secret: SecretString,
        #[component(fetch_from = "source", key = "missing", fallback = "c4nary")]
        fallback: SecretString,
        #[component(fetch_from = "source", key = "text")]
        several: Vec<SecretString>,
    }
    let sources = only("source", Memory::new(VALUES.iter().copied()));
    let mut heard = Heard::new();
    let fetched = Arrives::fetch().sources(&sources).report().await.unwrap();
    heard.debug("fetched", &fetched).report("report", &fetched.report);
    heard.debug("partial", &Arrives::fetch().sources(&sources).partial().await);
    heard.assert_silent();
    use component_model::ExposeSecret;
    let Arrives { secret, fallback, several } = &fetched.value;
    for secret in [secret, fallback, &several[0]] {
        assert_eq!(secret.expose_secret(), CANARY);
    }
}

#[tokio::test]
async fn a_fallback_that_does_not_parse_is_not_repeated() {
    #[derive(Debug, AsyncAssign)]
    struct Fallbacks {
        #[component(fetch_from = "source", fallback = "c4nary")]
        _number: std::num::NonZeroU16,
        #[component(fetch_from = "source", fallback = "1,c4nary")]
        _list: Vec<u16>,
        #[component(fetch_from = "source", fallback = "c4nary")]
        _own: Own,
    }
    let mut heard = Heard::new();
    hear!(heard, "fallback", Fallbacks, 3, &only("source", Memory::default()));
    heard.assert_silent();
}

/// The message of a type's own error is shown if it is too small to have the value in it, but not for a secret.
#[tokio::test]
async fn a_fallback_of_a_sensitive_component_withholds_what_its_type_says() {
    #[derive(Debug, AsyncAssign)]
    struct Open {
        #[component(fetch_from = "source", fallback = "x")]
        _key: Key,
    }
    #[derive(Debug, AsyncAssign)]
    struct Secret {
        #[component(fetch_from = "source", fallback = "x", sensitive)]
        _key: Key,
    }
    let sources = only("source", Memory::default());
    let errors = Open::fetch_all_components_from(&sources).await.unwrap_err();
    assert!(format!("{errors:#}").contains("a key begins with robin"), "{errors:#}");
    let errors = Secret::fetch_all_components_from(&sources).await.unwrap_err();
    let text = format!("{errors:#}");
    assert!(text.contains("its message is withheld") && !text.contains("robin"), "{text}");
}

/// A type whose own error is a constant.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Key;

#[derive(Debug)]
struct NoKey;

impl std::fmt::Display for NoKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a key begins with robin")
    }
}

impl TryFrom<String> for Key {
    type Error = NoKey;

    fn try_from(_: String) -> Result<Self, NoKey> {
        Err(NoKey)
    }
}
