//! The source `file`: documents and plain text, a way into the document, positions in errors.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]
#![cfg(feature = "file")]

use std::path::Path;

use component_model::{ErrorKind, fetchers::file::File, prelude::*};
use serde::Deserialize;

#[derive(Debug, Deserialize, PartialEq)]
struct Limits {
    max: u32,
    burst: Option<u32>,
}

#[derive(Debug, AsyncAssign, PartialEq)]
struct Settings {
    #[component(fetch_from = "file")]
    name: String,
    #[component(fetch_from = "file", key = "server.port")]
    port: u16,
    #[component(fetch_from = "file", key = "server.hosts[1]")]
    second_host: String,
    #[component(fetch_from = "file", key = "\"dotted.key\"")]
    dotted: bool,
    #[component(fetch_from = "file")]
    limits: Limits,
    #[component(fetch_from = "file")]
    missing: Option<String>,
}

const TOML: &str = r#"
name = "shop"
"dotted.key" = true
[server]
port = 8080
hosts = ["a", "b"]
[limits]
max = 10
"#;
const JSON: &str = r#"{
  "name": "shop", "dotted.key": true,
  "server": {"port": 8080, "hosts": ["a", "b"]},
  "limits": {"max": 10}
}"#;
const YAML: &str = "name: shop\ndotted.key: true\nserver:\n  port: 8080\n  hosts: [a, b]\nlimits:\n  max: 10\n";

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> Sources {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        sources(&path)
    }
}

fn sources(path: &Path) -> Sources {
    Sources::builder().source("file", File::new(path)).build()
}

async fn shown(sources: &Sources) -> String {
    Settings::fetch_all_components_from(sources).await.unwrap_err().to_string()
}

#[tokio::test]
async fn toml_json_and_yaml_give_the_same_struct() {
    let folder = Folder::new();
    for (name, text) in [("app.toml", TOML), ("app.json", JSON), ("app.yaml", YAML), ("app.yml", YAML)] {
        let settings = Settings::fetch_all_components_from(&folder.write(name, text)).await.unwrap();
        let expected = Settings {
            name: "shop".into(),
            port: 8080,
            second_host: "b".into(),
            dotted: true,
            limits: Limits { max: 10, burst: None },
            missing: None,
        };
        assert_eq!(settings, expected, "{name}");
    }
}

#[tokio::test]
async fn a_value_of_the_wrong_type_is_placed_by_line_and_column() {
    let folder = Folder::new();
    let broken = |text: &str| text.replace("8080", "\"hunter2\"").replace("max: 10", "max: hunter2");
    for (name, text, line) in [("app.toml", TOML, 5), ("app.json", JSON, 3), ("app.yaml", YAML, 4)] {
        let shown = shown(&folder.write(name, broken(text))).await;
        assert!(shown.contains(&format!("{name}:{line}:")), "{shown}");
        assert!(shown.contains("Settings.port: u16"), "{shown}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

#[tokio::test]
async fn a_wrong_value_deep_in_a_struct_is_placed_itself() {
    let folder = Folder::new();
    let shown = shown(&folder.write("app.toml", TOML.replace("max = 10", "max = -1"))).await;
    assert!(shown.contains("app.toml:8:7") && shown.contains("at max"), "{shown}");
}

#[tokio::test]
async fn a_file_that_does_not_parse_is_placed_by_line_and_column() {
    let folder = Folder::new();
    for (name, text) in [
        ("app.toml", "name = \"shop\"\nport = = hunter2\n"),
        ("app.json", "{\"name\": \"shop\",\n \"port\": hunter2}"),
        ("app.yaml", "name: shop\nport: [hunter2\n"),
    ] {
        let shown = shown(&folder.write(name, text)).await;
        assert!(shown.contains(&format!("{name}:2:")) || shown.contains(&format!("{name}:3:")), "{shown}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

#[tokio::test]
async fn the_column_of_a_mistake_counts_characters_from_one_in_every_format() {
    let folder = Folder::new();
    for (name, text, place) in [
        ("wrong.toml", "a = 1\nb = { 'é😀' = \"ü\", c = hunter2 }", "2:23"),
        ("wrong.json", "{\"a\": 1,\n\"é😀\": \"ü\", \"b\": hunter2}", "2:17"),
        ("wrong.yaml", "a: 1\nb: { 'é😀': \"ü\", c: `hunter2 }", "2:20"),
        ("twice.toml", "a = { 'é😀' = 1, 'é😀' = 2 }", "1:17"),
        ("twice.json", "{\"é😀\": 1, \"é😀\": 2}", "1:11"),
        ("twice.yaml", "{'é😀': 1, 'é😀': 2}", "1:11"),
        ("open.toml", "a = 1\nb = [ 'é😀'\n", "2:11"),
        ("open.json", "{\"a\": 1,\n\"b\": [\"é😀\"\n", "2:11"),
    ] {
        let shown = shown(&folder.write(name, text)).await;
        assert!(shown.contains(&format!("{name}:{place}\n")), "{place}: {shown}");
    }
}

#[tokio::test]
async fn a_key_that_stands_twice_is_refused() {
    let folder = Folder::new();
    for (name, text) in [
        ("app.toml", "name = \"a\"\nname = \"b\"\n"),
        ("app.json", "{\"name\": \"a\", \"name\": \"b\"}"),
        ("app.yaml", "name: a\nname: b\n"),
    ] {
        let errors = Settings::fetch_all_components_from(&folder.write(name, text)).await.unwrap_err();
        assert!(errors.of("name").unwrap().is_malformed(), "{errors}");
    }
}

#[tokio::test]
async fn a_typed_string_never_becomes_a_number() {
    let folder = Folder::new();
    let sources = folder.write("app.toml", TOML.replace("8080", "\"8080\""));
    let errors = Settings::fetch_all_components_from(&sources).await.unwrap_err();
    assert!(errors.to_string().contains("expected u16, found a string"), "{errors}");
}

#[derive(Debug, AsyncAssign)]
struct Mounted {
    #[component(fetch_from = "file", key = "", timeout = "1s")]
    password: SecretString,
}

#[tokio::test]
async fn plain_text_is_the_whole_file_without_its_last_newline() {
    use component_model::ExposeSecret;
    let folder = Folder::new();
    for (text, expected) in [("s3cret\n", "s3cret"), ("s3cret\r\n", "s3cret"), ("two\nlines\n\n", "two\nlines\n")] {
        let mounted = Mounted::fetch_all_components_from(&folder.write("password", text)).await.unwrap();
        assert_eq!(mounted.password.expose_secret(), expected);
    }
}

#[tokio::test]
async fn what_is_no_readable_text_file_is_a_clear_error() {
    let folder = Folder::new();
    let missing = sources(&folder.0.path().join("nowhere.toml"));
    let errors = Settings::fetch_all_components_from(&missing).await.unwrap_err();
    assert!(errors[0].is_absent() && errors.to_string().contains("there is no file"), "{errors}");

    let errors = Mounted::fetch_all_components_from(&sources(folder.0.path())).await.unwrap_err();
    assert!(errors.to_string().contains("is not a regular file"), "{errors}");

    let errors = Mounted::fetch_all_components_from(&sources(Path::new("/dev/zero"))).await.unwrap_err();
    assert!(errors.to_string().contains("is not a regular file"), "{errors}");

    let errors = Mounted::fetch_all_components_from(&folder.write("bytes", [b'a', 0xff])).await.unwrap_err();
    assert!(errors[0].is_malformed() && errors.to_string().contains("not UTF-8 from byte 1"), "{errors}");

    let errors =
        Mounted::fetch_all_components_from(&folder.write("large", vec![b'a'; 16 << 20 | 1])).await.unwrap_err();
    assert_eq!(errors[0].kind(), ErrorKind::TooLarge);
}

#[tokio::test]
async fn what_only_another_path_can_heal_is_misconfigured_and_not_transient() {
    let folder = Folder::new();
    let at = |path: &str| folder.0.path().join(path);
    folder.write("text", "x");
    std::os::unix::fs::symlink(at("loop"), at("loop")).unwrap();
    let fifo = std::process::Command::new("mkfifo").arg(at("fifo")).status().unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
    assert!(fifo.success());
    let long = "n".repeat(300);
    for path in ["text/below", "loop", "fifo", "socket", ".", &long, "zero\0byte", "/dev/zero"] {
        let errors = Mounted::fetch_all_components_from(&sources(&at(path))).await.unwrap_err();
        assert_eq!(errors[0].kind(), ErrorKind::Misconfigured, "{path}: {errors}");
        assert!(!errors[0].is_transient(), "{path}: {errors}");
    }
}

#[tokio::test]
async fn a_missing_file_whose_path_starts_with_a_tilde_is_misconfigured_and_not_absent() {
    #[derive(Debug, AsyncAssign)]
    struct AtHome {
        #[component(fetch_from = "file", path = "~/app.toml")]
        port: Option<u16>,
    }
    let errors = AtHome::fetch_all_components_from(&sources(Path::new("unused.toml"))).await.unwrap_err();
    assert_eq!(errors[0].kind(), ErrorKind::Misconfigured, "{errors}");
    assert!(errors.to_string().contains("`~` is not expanded"), "{errors}");
    for path in ["~/.secret", "~"] {
        let errors = Mounted::fetch_all_components_from(&sources(Path::new(path))).await.unwrap_err();
        assert_eq!(errors[0].kind(), ErrorKind::Misconfigured, "{path}: {errors}");
    }
    for path in ["./~/.secret", "~other"] {
        let errors = Mounted::fetch_all_components_from(&sources(Path::new(path))).await.unwrap_err();
        assert!(errors[0].is_absent(), "{path}: {errors}");
    }
}

#[tokio::test]
async fn a_byte_order_mark_is_no_part_of_any_format() {
    use component_model::ExposeSecret;
    let folder = Folder::new();
    for (name, text) in [("app.toml", TOML), ("app.json", JSON), ("app.yaml", YAML)] {
        let sources = folder.write(name, format!("\u{feff}{text}"));
        assert_eq!(Settings::fetch_all_components_from(&sources).await.unwrap().port, 8080, "{name}");
    }
    let mounted =
        Mounted::fetch_all_components_from(&folder.write("password", "\u{feff}s3cret\u{feff}\n")).await.unwrap();
    assert_eq!(mounted.password.expose_secret(), "s3cret\u{feff}", "only the first is a mark");
}

#[derive(Debug, AsyncAssign)]
struct Port {
    #[component(fetch_from = "file", key = "server.port")]
    port: Option<u16>,
}

#[tokio::test]
async fn an_option_does_not_hide_a_path_that_leads_through_a_scalar() {
    let folder = Folder::new();
    for (name, text, place) in [
        ("app.toml", "a = 1\nserver = 1", "app.toml:2:10"),
        ("app.json", "{\"a\": 1,\n\"server\": [1]}", "app.json:2:11"),
        ("app.yaml", "a: 1\nserver: on", "app.yaml:2:9"),
        ("time.toml", "server = 2024-01-01", "time.toml:1:10"),
    ] {
        let errors = Port::fetch_all_components_from(&folder.write(name, text)).await.unwrap_err();
        assert!(errors[0].is_malformed(), "{name}: {errors}");
        assert!(errors.to_string().contains(place), "{place}: {errors}");
    }
    for (name, text) in
        [("a.toml", "[server]"), ("a.json", "{\"server\": null}"), ("a.yaml", "server:\n"), ("b.yaml", "")]
    {
        let port = Port::fetch_all_components_from(&folder.write(name, text)).await.unwrap();
        assert_eq!(port.port, None, "{name}");
    }
}

#[derive(Debug, AsyncAssign)]
struct Number {
    #[component(fetch_from = "file", key = "small")]
    small: u64,
    #[component(fetch_from = "file", key = "list[0]", fallback = 7, fallback_on = ["malformed"])]
    large: u64,
    #[component(fetch_from = "file", key = "list[1]")]
    wide: u128,
}

#[tokio::test]
async fn a_number_that_is_too_large_fails_only_the_component_that_reads_it() {
    let folder = Folder::new();
    let list = "[99999999999999999999999999999999999999999999, 340282366920938463463374607431768211455, 1e999, -1e999]";
    for (name, text) in
        [("app.toml", format!("small = 1\nlist = {list}")), ("app.yaml", format!("small: 1\nlist: {list}"))]
    {
        let number = Number::fetch_all_components_from(&folder.write(name, text)).await.unwrap();
        assert_eq!((number.small, number.large, number.wide), (1, 7, u128::MAX), "{name}");
    }
}

#[tokio::test]
async fn a_key_of_yaml_is_the_text_that_is_written() {
    #[derive(Debug, AsyncAssign)]
    struct Ports {
        #[component(fetch_from = "file", key = "80")]
        http: String,
        #[component(fetch_from = "file", key = "true")]
        yes: String,
    }
    let folder = Folder::new();
    let ports = Ports::fetch_all_components_from(&folder.write("app.yaml", "80: http\ntrue: yes")).await.unwrap();
    assert_eq!((ports.http.as_str(), ports.yes.as_str()), ("http", "yes"));
    let errors =
        Ports::fetch_all_components_from(&folder.write("app.yaml", "80: a\n\"80\": b\ntrue: c")).await.unwrap_err();
    assert!(errors[0].is_malformed() && errors.to_string().contains("app.yaml:2:1"), "{errors}");
}

#[tokio::test]
async fn what_is_nested_too_deeply_is_malformed() {
    let folder = Folder::new();
    let deep = 50_000;
    for (name, text) in [
        ("app.json", "[".repeat(deep)),
        ("app.json", "{\"a\":".repeat(deep)),
        ("app.toml", format!("a = {}", "[".repeat(deep))),
        ("app.toml", format!("a = {}", "{a=".repeat(deep))),
        ("app.toml", format!("{}a = 1", "a.".repeat(deep))),
        ("app.toml", format!("[{}a]", "a.".repeat(deep))),
        ("app.yaml", "[".repeat(deep)),
        ("app.yaml", "{a: ".repeat(deep)),
        ("app.yaml", "- ".repeat(deep)),
        ("app.yaml", "? ".repeat(deep)),
    ] {
        let errors = Port::fetch_all_components_from(&folder.write(name, &text)).await.unwrap_err();
        assert!(errors[0].is_malformed(), "{name} {}: {errors}", &text[..8]);
    }
}

#[tokio::test]
async fn absence_in_the_file_goes_on_to_the_next_layer() {
    #[derive(Debug, AsyncAssign)]
    struct Layered {
        #[component(fetch_from = ["file", "constant"])]
        name: String,
    }
    let folder = Folder::new();
    let path = folder.0.path().join("app.toml");
    let sources = Sources::builder().source("file", File::new(&path)).constant("constant", "built in").build();
    assert_eq!(Layered::fetch_all_components_from(&sources).await.unwrap().name, "built in");
    std::fs::write(&path, "name = \"from file\"").unwrap();
    assert_eq!(Layered::fetch_all_components_from(&sources).await.unwrap().name, "from file");
}

#[tokio::test]
async fn no_file_named_is_said_before_any_input() {
    let errors = Settings::fetch_all_components_from(&Sources::builder().source("file", File::default()).build()).await;
    let shown = errors.unwrap_err().to_string();
    assert!(shown.contains("no file is named") && shown.contains("CONFIG_FILE"), "{shown}");
}

#[tokio::test]
async fn plain_text_has_no_keys_also_if_they_are_derived() {
    #[derive(Debug, AsyncAssign)]
    struct Shop {
        #[component(fetch_from = "file")]
        _host: String,
        #[component(fetch_from = "file")]
        _name: String,
    }
    let folder = Folder::new();
    let errors = Shop::fetch_all_components_from(&folder.write("shop.conf", "host = 'h'\n")).await.unwrap_err();
    assert_eq!((errors.len(), errors[0].kind()), (2, ErrorKind::Misconfigured), "{errors}");
    let text = errors.to_string();
    assert!(text.contains("shop.conf` is read as plain text, which has no keys"), "{text}");
    assert!(text.contains("the extension determines the format: .toml"), "{text}");
}
