//! `deny_unknown`: a key of a document that no field reads is an error.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use component_model::{
    ErrorKind, Event, ExposeSecret, Fetch, Memory, Policies,
    fetchers::{env::Env, file::File},
    plan::{Component, Layer, Plan, Planned, Policy},
    prelude::*,
    test_util::{Script, Scripted},
};

use super::lines;

#[derive(Debug, PartialEq, AsyncAssign)]
#[component(fetch_from = ["env", "file"])]
struct Pool {
    max: u32,
    #[component(default = 1)]
    min: u32,
}

#[derive(Debug, PartialEq, AsyncAssign)]
#[component(prefix = "shop", fetch_from = ["env", "file"], deny_unknown)]
struct Shop {
    port: u16,
    #[component(nested)]
    pool: Pool,
    #[component(default)]
    limits: BTreeMap<String, u32>,
}

const VARIABLES: [(&str, &str); 2] = [("SHOP_PORT", "80"), ("SHOP_POOL_MAX", "8")];

/// A file with this text, and sources that read it and these variables.
fn sources<const N: usize>(
    name: &str,
    text: &str,
    variables: [(&str, &str); N],
) -> (tempfile::TempDir, PathBuf, Sources) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    let sources = Sources::builder().source("env", Env::of(variables)).source("file", File::new(&path)).build();
    (folder, path, sources)
}

const DOCUMENTS: [(&str, &str, [&str; 3]); 3] = [
    (
        "shop.toml",
        "[shop]\nport = 80\nprot = 'hunter2'\nlimits = { a = 1 }\n[shop.pool]\nmax = 8\nmx = 9\n[shop.extra]\na = 1\n[other]\nx = 1\n",
        [
            "`shop.extra` at FILE:8:1",
            "`shop.pool.mx` at FILE:7:6, did you mean `shop.pool.max`?",
            "`shop.prot` at FILE:3:8, did you mean `shop.port`?",
        ],
    ),
    (
        "shop.json",
        "{\"shop\": {\"port\": 80,\n\"prot\": \"hunter2\", \"limits\": {\"a\": 1},\n\"pool\": {\"max\": 8, \"mx\": 9},\n\"extra\": {\"a\": 1}},\n\"other\": {\"x\": 1}}",
        [
            "`shop.prot` at FILE:2:9, did you mean `shop.port`?",
            "`shop.pool.mx` at FILE:3:26, did you mean `shop.pool.max`?",
            "`shop.extra` at FILE:4:10",
        ],
    ),
    (
        "shop.yaml",
        "shop:\n  port: 80\n  prot: hunter2\n  limits: {a: 1}\n  pool:\n    max: 8\n    mx: 9\n  extra:\n    a: 1\nother:\n  x: 1\n",
        [
            "`shop.prot` at FILE:3:9, did you mean `shop.port`?",
            "`shop.pool.mx` at FILE:7:9, did you mean `shop.pool.max`?",
            "`shop.extra` at FILE:9:5",
        ],
    ),
];

#[tokio::test]
async fn all_keys_that_no_field_reads_are_named_with_their_places_and_the_nearest_names() {
    for (name, text, expected) in DOCUMENTS {
        let (_folder, path, without_variables) = sources(name, text, []);
        let (_other_folder, other_path, with_variables) = sources(name, text, VARIABLES);
        // Whether the fields need the file or not.
        for (path, sources) in [(path, without_variables), (other_path, with_variables)] {
            let errors = Shop::fetch_all_components_from(&sources).await.unwrap_err();
            assert_eq!((errors.len(), errors[0].kind()), (1, ErrorKind::Invalid), "{errors}");
            assert_eq!(errors[0].component().as_deref(), Some("Shop"));
            let expected = expected.map(|line| line.replace("FILE", path.to_str().unwrap()));
            let line = &lines(&errors)[0];
            assert!(line.contains(&format!("3 keys are read by no field: {}", expected.join(" "))), "{line}");
            assert!(!format!("{errors} {errors:?}").contains("hunter2"), "{errors}");
        }
    }
}

#[tokio::test]
async fn a_single_key_has_a_place_and_a_hint() {
    let (_folder, path, sources) = sources("shop.toml", "[shop]\nport = 80\nprot = 1\n", VARIABLES);
    let errors = Shop::fetch_all_components_from(&sources).await.unwrap_err();
    let place = format!("{}:3:8", path.display());
    assert_eq!((errors[0].locator(), errors[0].hint()), (Some(&*place), Some("did you mean `shop.port`?")));
    let expected = format!("Shop from file:{place}: invalid: `shop.prot` is read by no field (1 attempt");
    assert!(lines(&errors)[0].starts_with(&expected), "{errors}");
}

#[tokio::test]
async fn the_question_travels_with_the_values_and_is_no_component() {
    let text = "[shop]\nport = 80\nlimits = { a = 1 }\npool = { max = 8 }\n";
    let (_folder, _, sources) = sources("shop.toml", text, []);
    let events = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&events);
    let fetch = Fetch::<Shop>::new().sources(&sources).observe(move |event| {
        if let Event::Started { component, .. } | Event::Finished { component, .. } = event {
            seen.lock().unwrap().push((*component).to_owned());
        }
    });
    let fetched = fetch.report().await.unwrap();
    assert_eq!(fetched.value.limits["a"], 1);
    let components: Vec<_> = fetched.report.entries().map(|entry| entry.component()).collect();
    assert_eq!(components, ["port", "pool.max", "pool.min", "limits"]);
    let [call] = fetched.report.calls() else { panic!("{}", fetched.report) };
    assert_eq!((call.components(), call.locators().len()), (4, 5));
    assert!(events.lock().unwrap().iter().all(|component| !component.is_empty()));

    // Without the struct no default can be evaluated.
    let components: Vec<_> =
        Shop::PLAN.components.iter().map(|component| Component { policy: Policy::NEW, ..*component }).collect();
    let bound = sources.bind(&Plan { components: &components, ..*Shop::PLAN }).unwrap();
    assert_eq!(bound.fetch().await.unwrap().len(), 4);
}

#[tokio::test]
async fn a_file_that_is_missing_has_no_unknown_keys() {
    let sources =
        Sources::builder().source("env", Env::of(VARIABLES)).source("file", File::new("missing.toml")).build();
    assert_eq!(Shop::fetch_all_components_from(&sources).await.unwrap().port, 80);
}

#[tokio::test]
async fn a_document_that_does_not_parse_is_told_once_for_each_component_that_needs_it_or_once() {
    let (_folder, _, without_variables) = sources("shop.toml", "[shop", []);
    let (_other_folder, _, with_variables) = sources("shop.toml", "[shop", VARIABLES);
    for (sources, expected) in [(without_variables, 4), (with_variables, 2)] {
        let errors = Shop::fetch_all_components_from(&sources).await.unwrap_err();
        assert!(errors.len() == expected && errors.iter().all(|error| error.field().is_some()), "{errors}");
    }

    #[derive(Debug, AsyncAssign)]
    #[component(deny_unknown)]
    struct Covered {
        #[component(fetch_from = ["env", "file"])]
        _port: u16,
    }

    let (_folder, _, sources) = sources("shop.toml", "[shop", [("_PORT", "80")]);
    let errors = Covered::fetch_all_components_from(&sources).await.unwrap_err();
    assert_eq!((errors.len(), errors[0].kind(), errors[0].field()), (1, ErrorKind::Malformed, None), "{errors}");
}

#[tokio::test]
async fn each_document_is_checked_and_plain_text_has_no_keys() {
    let sources = Sources::builder().source("file", File::default()).build();
    let folder = tempfile::tempdir().unwrap();
    let (document, text) = (folder.path().join("shop.toml"), folder.path().join("token"));
    std::fs::write(&document, "port = 80\n").unwrap();
    std::fs::write(&text, "secret").unwrap();
    let options = [&document, &text].map(|path| [("path", path.to_str().unwrap())]);
    let layers = options.each_ref().map(|options| [Layer { source: "file", options, ..Layer::NEW }]);
    let component = |name, layers| Component { name, ty: "String", layers, ..Component::NEW };
    let components = [component("port", &layers[0][..]), component("token", &layers[1][..])];
    let plan = Plan { name: "Plan", components: &components, deny_unknown: &["file"], ..Plan::NEW };
    assert_eq!(sources.bind(&plan).unwrap().fetch().await.unwrap().len(), 2);

    std::fs::write(&document, "port = 80\nprot = 80\n").unwrap();
    let errors = sources.bind(&plan).unwrap().fetch().await.unwrap_err();
    assert!(errors[0].to_string().contains("`prot` is read by no field"), "{errors}");
}

#[test]
fn what_cannot_be_checked_is_a_mistake_before_any_io() {
    #[derive(Debug, AsyncAssign)]
    #[component(fetch_from = "settings", deny_unknown = ["settings", "setings"])]
    struct Unable {
        _port: u16,
    }

    #[derive(Debug, AsyncAssign)]
    #[component(deny_unknown)]
    struct Template {
        #[component(fetch_from = "settings")]
        _region: String,
        #[component(fetch_from = "file", key = "limits.{_region}")]
        _limit: u32,
    }

    #[derive(Debug, AsyncAssign)]
    #[component(deny_unknown)]
    struct Ordered {
        #[component(fetch_from = "settings")]
        _region: String,
        #[component(fetch_from = "file", depends_on = "_region")]
        _limit: u32,
    }

    let sources = Sources::builder().constant("settings", 80).source("file", File::new("shop.toml")).build();
    let errors = Unable::check(&sources).unwrap_err();
    assert_eq!(errors.len(), 2, "{errors}");
    assert!(errors.iter().all(|error| error.kind() == ErrorKind::Misconfigured), "{errors}");
    assert!(lines(&errors)[0].contains("`deny_unknown`: the source cannot tell which keys are unknown"), "{errors}");
    assert_eq!(errors[1].hint(), Some("did you mean `settings`?"));
    assert_eq!(Unable::describe(&sources).problems().len(), 2);
    assert!(sources.bind(Unable::PLAN).is_err());

    let errors = Template::check(&sources).unwrap_err();
    assert!(
        lines(&errors)[0].contains("the key of `_limit` is not known before the fetch, so it cannot tell which keys")
    );
    assert!(Ordered::check(&sources).is_ok(), "its key is known");
}

#[test]
fn a_struct_that_reads_no_document_is_told_to_read_one() {
    #[derive(Debug, AsyncAssign)]
    #[component(fetch_from = "env", deny_unknown)]
    struct Variables {
        _port: u16,
    }
    let errors = Variables::check(&Sources::builder().source("env", Env::of(VARIABLES)).build()).unwrap_err();
    assert_eq!(errors[0].hint(), Some("remove `deny_unknown`, or fetch a field from `file`"), "{errors}");
}

#[test]
fn a_file_that_is_not_set_up_is_not_checked() {
    let sources = Sources::builder().source("env", Env::of(VARIABLES)).source("file", File::default()).build();
    assert!(Shop::check(&sources).is_ok());
}

#[derive(Debug, AsyncAssign)]
#[component(fetch_from = "file", deny_unknown)]
struct Strict {
    _max: u32,
}

#[derive(Debug, AsyncAssign)]
#[component(prefix = "shop")]
struct Around {
    #[component(fetch_from = "file")]
    _port: u16,
    #[component(nested)]
    _pool: Strict,
}

#[tokio::test]
async fn a_nested_struct_denies_what_is_below_its_own_keys() {
    let text = "[shop]\n_port = 80\nother = 1\n[shop._pool]\n_max = 1\n_min = 1\n";
    let (_folder, _, sources) = sources("shop.toml", text, []);
    let errors = Around::fetch_all_components_from(&sources).await.unwrap_err();
    assert_eq!((errors.len(), errors[0].component().as_deref()), (1, Some("Around._pool")), "{errors}");
    assert!(lines(&errors)[0].contains("`shop._pool._min` is read by no field"), "{errors}");
}

#[tokio::test]
async fn the_root_of_the_registration_precedes_the_prefix() {
    let text = "[teams.shop]\nport = 80\nprot = 1\n[teams.shop.pool]\nmax = 1\n[teams.other]\nx = 1\n";
    let (_folder, path, _) = sources("shop.toml", text, []);
    let sources = Sources::builder()
        .source("env", Env::of([("", ""); 0]))
        .source("file", File::new(path))
        .policies("file", Policies::new().root("teams"))
        .build();
    let errors = Shop::fetch_all_components_from(&sources).await.unwrap_err();
    assert!(lines(&errors)[0].contains("`teams.shop.prot` is read by no field"), "{errors}");
}

#[tokio::test]
async fn a_memory_in_place_of_a_file_has_its_unknown_keys_found_too() {
    let memory = |more: &[(&'static str, &'static str)]| {
        let known = [("shop.port", "80"), ("shop.pool.max", "8"), ("other.x", "1")];
        let file = Memory::new(known.iter().chain(more).copied());
        Sources::builder().source("env", Env::of([("A", "1")])).source("file", file).build()
    };
    assert_eq!(Shop::fetch_all_components_from(&memory(&[])).await.unwrap().pool.max, 8);

    let errors = Shop::fetch_all_components_from(&memory(&[("shop.prot", "hunter2")])).await.unwrap_err();
    assert_eq!((errors[0].kind(), errors[0].hint()), (ErrorKind::Invalid, Some("did you mean `shop.port`?")));
    assert!(errors[0].to_string().contains("`shop.prot` is read by no field"), "{errors}");

    let errors =
        Shop::fetch_all_components_from(&memory(&[("shop.prot", "hunter2"), ("shop.colour", "1")])).await.unwrap_err();
    let expected = "2 keys are read by no field: `shop.colour` `shop.prot`, did you mean `shop.port`?";
    assert!(errors[0].to_string().contains(expected), "{errors}");
    assert!(!format!("{errors} {errors:?}").contains("hunter2"), "{errors}");
}

#[test]
fn a_source_that_cannot_tell_says_which_can() {
    let sources = Sources::builder().source("env", Env::of([("A", "1")])).constant("file", 1).build();
    let errors = Shop::check(&sources).unwrap_err();
    let of_check =
        errors.iter().find(|error| error.to_string().contains("cannot tell which keys are unknown")).unwrap();
    assert!(of_check.hint().unwrap().contains("a test registers a `Memory` instead"), "{errors}");
}

#[tokio::test]
async fn what_only_a_fallback_to_reads_is_read() {
    #[derive(Debug, AsyncAssign)]
    #[component(deny_unknown)]
    struct Backed {
        #[component(fetch_from = "file")]
        port: u16,
        #[component(fetch_from = "env", key = "LIMIT", fallback_to = file(key = "limit_backup"))]
        limit: u32,
    }
    let (_folder, _, sources) = sources("shop.toml", "port = 80\nlimit_backup = 3\n", [("LIMIT", "5")]);
    let config = Backed::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!((config.port, config.limit), (80, 5));
}

/// A test has neither the file nor the database: what stands in for them takes their options.
#[tokio::test]
async fn what_stands_in_for_a_source_takes_its_options_and_denies_keys() {
    #[derive(Debug, AsyncAssign)]
    #[component(deny_unknown)]
    struct Shop {
        #[component(fetch_from = "file", path = "shop.toml")]
        port: u16,
        #[component(fetch_from = "env", key = "URL")]
        url: SecretString,
        #[component(fetch_from = "database", url = "{url}", query = "SELECT 1")]
        one: u16,
    }
    let env = || Env::of([("URL", "postgres://app:hunter2@localhost")]);
    let scripted =
        |keys: &[&str]| keys.iter().fold(Scripted::new(), |scripted, key| scripted.answers(*key, [Script::value(80)]));
    for (keys, unknown) in [(&["port"][..], false), (&["port", "prot"], true)] {
        let memory = Memory::new(keys.iter().map(|key| (*key, "80")));
        let all = [
            Sources::builder().source("file", memory).source("database", Memory::new([("one", "1")])),
            Sources::builder().source("file", scripted(keys)).source("database", scripted(&["one"])),
            Sources::builder().source("file", scripted(keys)).constant("database", 1),
        ];
        for sources in all {
            let fetched = Shop::fetch_all_components_from(&sources.source("env", env()).build()).await;
            match fetched {
                Ok(Shop { port, url, .. }) => assert!(!unknown && port == 80 && !url.expose_secret().is_empty()),
                Err(errors) => {
                    assert!(unknown && errors[0].hint() == Some("did you mean `port`?"), "{errors}");
                    assert!(!format!("{errors:#?}").contains("hunter2"));
                }
            }
        }
    }
}
