//! The source `env`: variables and `.env` files, read by the field's type.
#![cfg(feature = "env")]

use std::{collections::HashMap, ffi::OsString, net::IpAddr, os::unix::ffi::OsStringExt, time::Duration};

use component_model::{fetchers::env::Env, prelude::*};
use serde::Deserialize;

fn sources(env: Env) -> Sources {
    Sources::builder().source("env", env).build()
}

#[derive(Debug, Deserialize, PartialEq)]
struct Database {
    host: String,
    port: u16,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Fast,
    Safe { retries: u8 },
}

#[derive(Debug, AsyncAssign)]
#[component(prefix = "app")]
struct Typed {
    #[component(fetch_from = "env")]
    bind_address: IpAddr,
    #[component(fetch_from = "env")]
    pin: String,
    #[component(fetch_from = "env")]
    ratio: f64,
    #[component(fetch_from = "env")]
    verbose: bool,
    #[component(fetch_from = "env")]
    timeout: Duration,
    #[component(fetch_from = "env")]
    ports: Vec<u16>,
    #[component(fetch_from = "env", key = "labels")]
    labels: HashMap<String, String>,
    #[component(fetch_from = "env")]
    database: Database,
    #[component(fetch_from = "env")]
    replica: Database,
    #[component(fetch_from = "env")]
    mode: Mode,
    #[component(fetch_from = "env")]
    other_mode: Mode,
    #[component(fetch_from = "env")]
    missing: Option<u16>,
    #[component(fetch_from = "env")]
    r#type: char,
}

#[tokio::test]
async fn a_variable_is_read_by_the_fields_type() {
    let env = Env::of([
        ("APP_BIND_ADDRESS", "::1"),
        ("APP_PIN", "0042"),
        ("APP_RATIO", " 0.5 "),
        ("APP_VERBOSE", "yes"),
        ("APP_TIMEOUT", "1h30m"),
        ("APP_PORTS", "1, 2,3"),
        ("labels", r"team=core,motto=a\,b\=c"),
        ("APP_DATABASE", "host=db,port=5432"),
        ("APP_REPLICA", r#"{"host": "replica", "port": 5433}"#),
        ("APP_MODE", "fast"),
        ("APP_OTHER_MODE", r#"{"safe": {"retries": 3}}"#),
        ("APP_TYPE", "x"),
    ]);
    let typed = Typed::fetch_all_components_from(&sources(env)).await.unwrap();
    assert_eq!(typed.bind_address, "::1".parse::<IpAddr>().unwrap());
    assert_eq!(typed.pin, "0042", "digits stay text where the field is text");
    assert_eq!(typed.ratio, 0.5);
    assert!(typed.verbose);
    assert_eq!(typed.timeout, Duration::from_secs(5400));
    assert_eq!(typed.ports, [1, 2, 3]);
    assert_eq!(typed.labels["motto"], "a,b=c");
    assert_eq!(typed.database, Database { host: "db".into(), port: 5432 });
    assert_eq!(typed.replica, Database { host: "replica".into(), port: 5433 });
    assert_eq!((typed.mode, typed.other_mode), (Mode::Fast, Mode::Safe { retries: 3 }));
    assert_eq!((typed.missing, typed.r#type), (None, 'x'));
}

#[derive(Debug, AsyncAssign)]
struct Plain {
    #[component(fetch_from = "env")]
    host: String,
    #[component(fetch_from = "env", key = "PORT")]
    port: u16,
}

#[tokio::test]
async fn a_variable_that_is_not_utf8_is_malformed_and_does_not_panic() {
    let env = Env::of([("HOST", OsString::from_vec(vec![0x66, 0xff])), ("PORT", OsString::from("1"))]);
    let errors = Plain::fetch_all_components_from(&sources(env)).await.unwrap_err();
    assert_eq!(errors.len(), 1);
    assert!(errors.of("host").unwrap().is_malformed());
    assert!(errors.to_string().contains("HOST"), "{errors}");
}

#[tokio::test]
async fn a_variable_that_is_set_to_nothing_is_present() {
    let plain = Plain::fetch_all_components_from(&sources(Env::of([("HOST", ""), ("PORT", "1")]))).await.unwrap();
    assert_eq!((plain.host.as_str(), plain.port), ("", 1));
}

#[tokio::test]
async fn a_malformed_value_is_named_and_not_repeated() {
    let env = Env::of([("HOST", "h"), ("PORT", "hunter2")]);
    let error = Plain::fetch_all_components_from(&sources(env)).await.unwrap_err();
    let shown = format!("{error} {error:?} {:#} {:?}", error[0], error[0]);
    assert!(shown.contains("Plain.port: u16") && shown.contains("PORT") && shown.contains("expected u16"), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[tokio::test]
async fn the_variables_of_the_process_are_read() {
    #[derive(AsyncAssign)]
    struct OfProcess {
        #[component(fetch_from = "env", key = "CARGO_PKG_NAME")]
        package: String,
    }
    let of_process = OfProcess::fetch_all_components_from(&Sources::from_env()).await.unwrap();
    assert_eq!(of_process.package, "component_model");
}

#[tokio::test]
async fn a_dotenv_file_stands_below_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("first.env"), folder.path().join("second.env"));
    std::fs::write(&first, "# comment\nexport HOST='from file'\n").unwrap();
    std::fs::write(&second, "HOST=hidden\nPORT=3\n").unwrap();
    let env = |variables: &[(&str, &str)]| Env::of(variables.to_vec()).dotenv(&first).dotenv(&second);
    let plain = Plain::fetch_all_components_from(&sources(env(&[]))).await.unwrap();
    assert_eq!((plain.host.as_str(), plain.port), ("from file", 3));
    let plain = Plain::fetch_all_components_from(&sources(env(&[("HOST", "from variable")]))).await.unwrap();
    assert_eq!(plain.host, "from variable");
}

#[tokio::test]
async fn a_broken_dotenv_line_is_placed_and_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("service.env");
    std::fs::write(&path, "HOST=h\n\n# comment\nhunter2 without an equals sign\n").unwrap();
    let errors = Plain::fetch_all_components_from(&sources(Env::of([("X", "")]).dotenv(&path))).await.unwrap_err();
    let shown = errors.to_string();
    assert!(shown.contains("service.env:4"), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
    std::fs::remove_file(&path).unwrap();
    let errors = Plain::fetch_all_components_from(&sources(Env::of([("X", "")]).dotenv(&path))).await.unwrap_err();
    assert!(errors.to_string().contains("there is no file"), "{errors}");
}

#[tokio::test]
async fn a_dotenv_file_that_is_not_there_is_no_absent_variable() {
    #[derive(Debug, AsyncAssign)]
    struct Optional {
        #[component(fetch_from = "env", key = "HOST")]
        _host: Option<String>,
    }
    let env = Env::of([("X", "")]).dotenv("no/such/service.env");
    let errors = Optional::fetch_all_components_from(&sources(env)).await.unwrap_err();
    assert_eq!(errors[0].kind(), component_model::ErrorKind::Misconfigured);
    assert!(errors[0].hint().is_some_and(|hint| hint.contains("a relative path starts at")), "{errors}");
}

#[tokio::test]
async fn a_dotenv_file_may_be_missing_where_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("local.env");
    let env = || Env::of([("PORT", "1")]).dotenv_if_present(&path);
    let errors = Plain::fetch_all_components_from(&sources(env())).await.unwrap_err();
    assert!(errors.len() == 1 && errors.of("host").unwrap().is_absent(), "{errors}");
    std::fs::write(&path, "HOST=local").unwrap();
    assert_eq!(Plain::fetch_all_components_from(&sources(env())).await.unwrap().host, "local");
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    let errors = Plain::fetch_all_components_from(&sources(env())).await.unwrap_err();
    assert_eq!(errors[0].kind(), component_model::ErrorKind::Misconfigured, "only a missing file may be missing");
    let at_home = Env::of([("PORT", "1")]).dotenv_if_present("~/local.env");
    let errors = Plain::fetch_all_components_from(&sources(at_home)).await.unwrap_err();
    assert!(
        errors.to_string().contains("`~` is not expanded"),
        "one that can never be there is no missing one: {errors}"
    );
}

#[tokio::test]
async fn a_dotenv_file_is_read_as_it_stands_unless_interpolation_is_asked_for() {
    #[derive(Debug, AsyncAssign)]
    struct Values {
        #[component(fetch_from = "env", key = "PASSWORD")]
        password: String,
        #[component(fetch_from = "env", key = "URL")]
        url: String,
        #[component(fetch_from = "env", key = "LABELS")]
        labels: HashMap<String, u8>,
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("service.env");
    std::fs::write(&path, "\u{feff}PASSWORD=pa$$word$HOME\r\nURL=${STAGE}/${PASSWORD}\r\nLABELS={\"a\":1}\r\n")
        .unwrap();
    let env = Env::of([("STAGE", "test")]).dotenv(&path);
    let read = Values::fetch_all_components_from(&sources(env.clone())).await.unwrap();
    assert_eq!((read.password.as_str(), read.url.as_str()), ("pa$$word$HOME", "${STAGE}/${PASSWORD}"));
    assert_eq!(read.labels["a"], 1);
    let read = Values::fetch_all_components_from(&sources(env.interpolate())).await.unwrap();
    assert_eq!((read.password.as_str(), read.url.as_str()), ("pa$$word$HOME", "test/pa$$word$HOME"));
}

#[tokio::test]
async fn interpolation_under_variables_of_a_test_does_not_see_those_of_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("service.env");
    std::fs::write(&path, "PORT=1\nHOST=${CARGO_PKG_NAME}\n").unwrap();
    let plain = Plain::fetch_all_components_from(&sources(Env::new().dotenv(&path).interpolate())).await.unwrap();
    assert_eq!(plain.host, "component_model");
    let env = Env::of([("X", "")]).dotenv(&path).interpolate();
    let errors = Plain::fetch_all_components_from(&sources(env)).await.unwrap_err();
    assert!(errors[0].is_malformed() && errors.to_string().contains("service.env:2"), "{errors}");
}

#[tokio::test]
async fn a_name_that_no_variable_can_have_is_refused_before_any_input() {
    #[derive(Debug, AsyncAssign)]
    struct Impossible {
        #[component(fetch_from = "env", key = "A=B")]
        _value: String,
    }
    let errors = Impossible::fetch_all_components_from(&sources(Env::new())).await.unwrap_err();
    assert!(errors.report().is_none() && errors.to_string().contains("misconfigured"), "{errors}");
}
