//! What an absent value is answered with: what to do at each source, in its own terms.

use component_model::{
    Answer, Asked, ErrorKind, KeyQuery, Memory, Reply, Request, RequestSpec, SecretString, Source, SourceError,
    fetchers::{api::Api, consul::Consul, env::Env, etcd::Etcd, file::File, nats::Nats, redis::Redis, vault::Vault},
    plan::Layer,
    prelude::*,
};

fn hint(errors: &ComponentErrors, field: &str) -> String {
    errors.of(field).and_then(|error| error.hint()).unwrap_or_default().to_owned()
}

#[derive(Debug, AsyncAssign)]
#[component(prefix = "shop")]
#[allow(dead_code)]
struct Layered {
    #[component(fetch_from = ["env", file(path = "/no/such/folder/shop.toml", key = "server.port")])]
    port: u16,
    #[component(fetch_from = "env")]
    host: String,
}

#[tokio::test]
async fn each_source_says_how_its_value_is_set_and_a_misspelt_variable_is_named() {
    let env = Env::of([("SHOP_HSOT", "localhost"), ("SHOP_POOL", "10")]);
    let sources = Sources::builder().source("env", env).source("file", File::from_env()).build();
    let errors = Layered::fetch_all_components_from(&sources).await.unwrap_err();
    assert_eq!(
        hint(&errors, "port"),
        "set the variable `SHOP_PORT`, or write `server.port` into `/no/such/folder/shop.toml`; if it may be missing, add a \
         `default` or make the field an `Option`"
    );
    assert!(
        hint(&errors, "host").starts_with("set the variable `SHOP_HOST` (there is `SHOP_HSOT`); if it"),
        "{errors}"
    );
}

#[derive(Debug, AsyncAssign)]
#[allow(dead_code)]
struct Config {
    #[component(fetch_from = "file", key = "server.prt")]
    near: u16,
    #[component(fetch_from = "file", key = "server.name")]
    far: String,
    #[component(fetch_from = "file", key = "server.nmae", default = "x")]
    covered: String,
}

#[tokio::test]
async fn the_names_beside_a_missing_key_of_a_file_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.toml");
    std::fs::write(&path, "[server]\nport = 80\nhost = \"h\"\n").unwrap();
    let sources = Sources::builder().source("file", File::new(&path)).build();
    let errors = Config::fetch_all_components_from(&sources).await.unwrap_err();
    let shown = path.display();
    // Where the kernel does not say what is in memory, the names are not known.
    let names =
        |names: &str| if cfg!(target_os = "linux") { format!(", which has {names} there") } else { String::new() };
    let expected = format!("write `prt` below `server` into `{shown}`{}; if it may", names("`port`"));
    assert!(hint(&errors, "near").starts_with(&expected), "{errors}");
    assert!(hint(&errors, "far").contains(&names("`host` and `port`")), "{errors}");
    let report = errors.report().unwrap();
    let covered = report.entries().find(|entry| entry.component() == "covered").unwrap();
    assert_eq!(covered.problem().and_then(|problem| problem.hint()), None, "nothing is to be done about it");
}

#[derive(Debug, AsyncAssign)]
#[allow(dead_code)]
struct Page {
    #[component(fetch_from = "api", url = "/gone")]
    limit: u16,
    #[component(fetch_from = "api", url = "/gone", ttl = "1m", default = 7)]
    covered: u16,
}

#[tokio::test]
async fn the_status_of_an_api_that_has_no_value_is_told_also_from_the_cache() {
    let server = testbed::http().await.unwrap();
    let api = Api::builder().base(server.url("")).unwrap().build().unwrap();
    let sources = Sources::builder().source("api", api).build();
    for _ in 0..2 {
        let errors = Page::fetch().sources(&sources).cached().await.unwrap_err();
        let error = errors.of("limit").unwrap();
        assert_eq!(error.kind(), ErrorKind::Absent);
        assert!(error.to_string().contains("absent: the server answered 404 Not Found"), "{error}");
    }
    assert_eq!(server.count("/gone"), 1);
}

fn how_to_set<S: Source>(source: &S, layer: &Layer<'_>) -> String {
    let path = ["shop", "port"];
    let request = source.bind(&RequestSpec::new(layer, &path)).unwrap();
    source.how_to_set(request.query()).unwrap()
}

#[tokio::test]
async fn the_stores_say_it_in_their_own_terms() {
    const KEY: Layer<'_> = Layer::NEW;
    const PREFIX: Layer<'_> = Layer { options: &[("prefix", "app")], ..Layer::NEW };
    const FIELD: Layer<'_> = Layer { options: &[("field", "max")], ..Layer::NEW };
    let consul = Consul::builder().build().unwrap();
    assert_eq!(how_to_set(&consul, &KEY), "put the key `shop/port`");
    assert_eq!(how_to_set(&consul, &PREFIX), "put keys below `app/`");
    let etcd = Etcd::builder().build().unwrap();
    assert_eq!(how_to_set(&etcd, &KEY), "put the key `shop/port`");
    let redis = Redis::builder("redis://localhost").build().unwrap();
    assert_eq!(how_to_set(&redis, &KEY), "set the key `shop:port`");
    assert_eq!(how_to_set(&redis, &FIELD), "set the field `max` of the hash `shop:port`");
    let nats = Nats::builder("nats://localhost").bucket("app").build().unwrap();
    assert_eq!(how_to_set(&nats, &KEY), "put the key `shop.port` into the bucket `app`");
    let vault = Vault::builder().token("t").build().unwrap();
    assert_eq!(how_to_set(&vault, &KEY), "write the secret `secret/shop/port`");
    assert_eq!(how_to_set(&vault, &FIELD), "write the secret `secret/shop/port` with the field `max`");
}

/// Has no value, and says too much about it.
struct Talkative;

impl Source for Talkative {
    type Query = KeyQuery;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
        Request::by_key(spec)
    }

    fn how_to_set(&self, _: &KeyQuery) -> Option<String> {
        Some("write hunter2".to_owned())
    }

    async fn fetch(&self, _: Asked<'_, KeyQuery>) -> Answer {
        Ok(Reply::absent_because("hunter2 has been deleted"))
    }
}

#[derive(Debug, AsyncAssign)]
#[allow(dead_code)]
struct Told {
    #[component(fetch_from = "own")]
    secret: SecretString,
    #[component(fetch_from = "own")]
    plain: String,
}

#[tokio::test]
async fn what_a_source_of_the_users_own_says_about_a_secret_is_not_shown() {
    let sources = Sources::builder().source("own", Talkative).build();
    let errors = Told::fetch_all_components_from(&sources).await.unwrap_err();
    assert!(!format!("{:#}", errors.of("secret").unwrap()).contains("hunter2"), "{errors}");
    let plain = errors.of("plain").unwrap();
    assert!(plain.to_string().contains("absent: hunter2 has been deleted"), "{plain}");
    assert!(plain.hint().is_some_and(|hint| hint.starts_with("write hunter2; ")), "{plain:#}");
}

#[derive(Debug, AsyncAssign)]
#[allow(dead_code)]
struct Mixed {
    #[component(fetch_from = "env")]
    missing: u16,
    #[component(fetch_from = "wherever")]
    unknown: u16,
    #[component(fetch_from = "env")]
    wrong: u16,
    #[component(fetch_from = "env", default = 7)]
    covered: u16,
    #[component(fetch_from = "settings", key = "{unknown}")]
    dependant: u16,
    #[component(nested)]
    inner: Option<Inner>,
}

#[derive(Debug, AsyncAssign)]
#[allow(dead_code)]
struct Inner {
    #[component(fetch_from = "env")]
    one: u16,
}

#[tokio::test]
async fn a_mistake_does_not_hide_what_else_is_wrong_without_io() {
    let sources = Sources::builder()
        .source("env", Env::of([("WRONG", "many")]))
        .source("settings", Memory::new([("x", "1")]))
        .build();
    let errors = Mixed::fetch_all_components_from(&sources).await.unwrap_err();
    let told: Vec<_> = errors.iter().map(|error| (error.field().unwrap(), error.kind())).collect();
    assert_eq!(
        told,
        [("missing", ErrorKind::Absent), ("unknown", ErrorKind::UnknownSource), ("wrong", ErrorKind::Malformed)],
        "in the order of the fields; the rest is fine, or a consequence: {errors}"
    );
    assert!(
        errors.to_string().starts_with("Mixed: 3 of 6 components cannot be fetched; nothing was asked"),
        "{errors}"
    );
}

#[tokio::test]
async fn the_errors_of_several_structs_are_joined() {
    let sources = Sources::builder().source("own", Talkative).source("env", Env::of([("X", "")])).build();
    let of_told = Told::fetch_all_components_from(&sources).await.unwrap_err();
    let of_inner = Inner::fetch_all_components_from(&sources).await.unwrap_err();
    let mut all = of_told.clone();
    all.extend(of_inner.clone());
    assert!(all.to_string().starts_with("the fetch: 3 components failed"), "{all}");
    let joined: ComponentErrors = of_told.clone().into_iter().chain(of_inner).collect();
    assert_eq!(joined.to_string(), all.to_string());
    for component in ["Told.secret", "Told.plain", "Inner.one"] {
        assert!(joined.to_string().contains(component), "{joined}");
    }
    let same: ComponentErrors = of_told.into_iter().collect();
    assert!(same.to_string().starts_with("Told: 2 components failed"), "{same}");
    // An error in an error prints whole.
    let nested = ComponentError::from(joined);
    assert!(nested.to_string().contains("Inner.one"), "{nested}");
}
