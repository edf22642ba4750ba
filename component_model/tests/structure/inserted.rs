//! What is inserted into a key stays in its place, in the convention of each source.

use component_model::{
    Answer, Asked, ErrorKind, KeyQuery, Memory, Reply, Request, RequestSpec, Source, SourceError,
    fetchers::{env::Env, file::File},
    plan::path::Convention,
    prelude::*,
};
use tempfile::TempDir;

use super::{lines, memory};

#[derive(Debug, AsyncAssign)]
struct Hosts {
    #[component(fetch_from = "store")]
    host: String,
    #[component(fetch_from = "file", key = "hosts.{host}.port")]
    port: u16,
    #[component(fetch_from = "file", key = "hosts.\"{host}\".port")]
    quoted: u16,
    #[component(fetch_from = "file", key = "a\"{host}\".port", default = 0)]
    not_quoted: u16,
    #[component(nested, prefix = "{host}")]
    nested: Nested,
}

#[derive(Debug, AsyncAssign)]
#[component(fetch_from = "file")]
struct Nested {
    #[component(default = 0)]
    size: u16,
}

const DOCUMENT: &str =
    r#"{ "hosts": { "a": { "port": 1 }, "a.b": { "port": 2 }, "a]": { "port": 3 }, "a[0]": { "port": 4 } } }"#;

/// The components into whose keys the host cannot be inserted.
async fn refused(host: &str) -> Vec<String> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("hosts.json");
    std::fs::write(&path, DOCUMENT).unwrap();
    let store = Memory::new([("host", host)]);
    let sources = Sources::builder().source("store", store).source("file", File::new(path)).build();
    let partial = Hosts::fetch().sources(&sources).partial().await;
    let kinds = partial.errors().iter().map(|error| error.kind());
    assert!(kinds.clone().all(|kind| matches!(kind, ErrorKind::Invalid | ErrorKind::Absent)), "{:?}", partial.errors());
    let failed = partial.errors().iter().filter(|error| error.kind() == ErrorKind::Invalid);
    failed.filter_map(|error| error.field()).map(str::to_owned).collect()
}

#[tokio::test]
async fn a_value_in_the_path_of_a_document_stays_within_its_segment() {
    assert_eq!(refused("a").await, [""; 0]);
    // Within quotes everything but a quote has no meaning.
    for host in ["a.b", "a]", "a[0]"] {
        assert_eq!(refused(host).await, ["port", "not_quoted", "nested.size"], "{host}");
    }
    for host in ["a\"", "\"a", "a\".b.\"c"] {
        assert_eq!(refused(host).await, ["port", "quoted", "not_quoted", "nested.size"], "{host}");
    }
}

/// A source whose keys have a separator of its own.
struct Piped;

impl Source for Piped {
    type Query = KeyQuery;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
        let key = spec.key_as(Convention::separated_by('|'))?;
        Ok(Request::new(KeyQuery::new(key.clone()), key))
    }

    async fn fetch(&self, _: Asked<'_, KeyQuery>) -> Answer {
        Ok(Reply::ABSENT)
    }
}

#[tokio::test]
async fn a_value_in_a_prefix_cannot_have_the_separator_of_an_own_source() {
    #[derive(Debug, AsyncAssign)]
    struct Outer {
        #[component(fetch_from = "store")]
        host: String,
        #[component(nested, prefix = "{host}")]
        nested: Inner,
    }

    #[derive(Debug, AsyncAssign)]
    #[component(fetch_from = "piped")]
    struct Inner {
        #[component(default = 0)]
        size: u16,
    }

    for (host, is_refused) in [("a", false), ("a-b_c", false), ("a|b", true)] {
        let sources = Sources::builder().source("store", Memory::new([("host", host)])).source("piped", Piped).build();
        match Outer::fetch_all_components_from(&sources).await {
            Ok(outer) => assert!(!is_refused && outer.nested.size == 0, "{host}"),
            Err(errors) => {
                assert!(is_refused && errors[0].kind() == ErrorKind::Invalid, "{errors}");
                let expected = "the value of `host` cannot be inserted into `prefix`";
                assert!(errors.len() == 1 && lines(&errors)[0].contains(expected), "{errors}");
            }
        }
    }
}

#[tokio::test]
async fn two_values_that_give_one_variable_are_an_error() {
    #[derive(Debug, AsyncAssign)]
    #[component(fetch_from = "store")]
    struct Regions {
        one: String,
        two: String,
        #[component(nested, prefix = "{one}")]
        first: Region,
        #[component(nested, prefix = "{two}")]
        second: Region,
    }

    #[derive(Debug, AsyncAssign)]
    #[component(fetch_from = "env")]
    struct Region {
        port: u16,
    }

    let variables = Env::of([("EU_WEST_PORT", "80"), ("EU_EAST_PORT", "81")]);
    let fetch = async |one, two| {
        let store = Memory::new([("one", one), ("two", two)]);
        let sources = Sources::builder().source("store", store).source("env", variables.clone()).build();
        Regions::fetch_all_components_from(&sources).await
    };
    let regions = fetch("eu-west", "eu-east").await.unwrap();
    assert_eq!((regions.first.port, regions.second.port), (80, 81));
    let errors = fetch("eu-west", "eu_west").await.unwrap_err();
    let expected = "`EU_WEST_PORT` is the derived key of `Regions.first.port` too";
    assert!(errors.len() == 1 && errors.of("second.port").unwrap().to_string().contains(expected), "{errors}");
}

#[tokio::test]
async fn quotes_protect_a_value_in_any_dotted_key() {
    #[derive(Debug, AsyncAssign)]
    #[component(fetch_from = "store")]
    struct Quoted {
        host: String,
        #[component(key = "\"{host}\".port")]
        port: u16,
    }

    let sources = memory("store", [("host", "a.b"), ("\"a.b\".port", "80")]);
    assert_eq!(Quoted::fetch_all_components_from(&sources).await.unwrap().port, 80);
}
