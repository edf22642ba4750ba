//! Documents that do not parse.

use component_model::{
    fetchers::{env::Env, file::File},
    prelude::*,
};

use crate::listen::{Heard, hear, only};

#[derive(Debug, AsyncAssign)]
struct Port {
    #[component(fetch_from = "source", key = "port")]
    _port: u16,
}

#[tokio::test]
async fn no_text_repeats_a_document_that_does_not_parse() {
    let documents = [
        ("toml", "port = c4nary"),
        ("toml", "port = \"c4nary"),
        ("toml", "port = 1\nport = \"c4nary\""),
        ("toml", "c4nary"),
        ("toml", "[c4nary\nport = 1"),
        ("toml", "port = 1\n[port.c4nary]\na = 1"),
        ("toml", "port = 1979-c4nary"),
        ("toml", "\"\\c4nary\" = 1"),
        ("json", "{\"port\": c4nary}"),
        ("json", "{\"port\": \"c4nary"),
        ("json", "{\"port\": 1, \"port\": \"c4nary\"}"),
        ("json", "{\"port\": 1} c4nary"),
        ("json", "{\"port\": 1c4nary}"),
        ("json", "c4nary"),
        ("yaml", "port: [c4nary"),
        ("yaml", "port: *c4nary"),
        ("yaml", "port: 1\nport: c4nary"),
        ("yaml", "port: \"c4nary"),
        ("yaml", "port: !c4nary {a: c4nary"),
        ("yaml", "? [c4nary]\n: c4nary"),
        ("yaml", "%YAML c4nary\n---\nport: 1"),
    ];
    let folder = tempfile::tempdir().unwrap();
    let mut heard = Heard::new();
    for (ending, document) in documents {
        let path = folder.path().join(format!("broken.{ending}"));
        std::fs::write(&path, document).unwrap();
        hear!(heard, document, Port, 1, &only("source", File::new(path)));
    }
    heard.assert_silent();
}

#[tokio::test]
async fn no_text_repeats_a_line_that_is_no_assignment() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("broken.env");
    let mut heard = Heard::new();
    for line in [
        "c4nary",
        "A B=c4nary",
        "A='c4nary",
        "A=\"c4nary",
        "A=c4nary c4nary",
        "=c4nary",
        "A=\"\\c4nary\"",
        "A=${c4nary",
    ] {
        std::fs::write(&path, format!("X=1\n{line}\n")).unwrap();
        let env = Env::of([("Y", "c4nary")]).dotenv(&path);
        heard.debug("env", &env);
        hear!(heard, line, Port, 1, &only("source", env));
    }
    heard.assert_silent();
}
