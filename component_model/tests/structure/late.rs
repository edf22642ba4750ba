//! Layers that wait for other components: what is wrong with them whatever the values are is found before anything is asked.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use component_model::{
    Answer, Asked, ErrorKind, KeyQuery, Memory, OptionSpec, Request, RequestSpec, Source, SourceError, Value,
    fetchers::{api::Api, database::Database, file::File},
    plan::Planned,
    prelude::*,
};

use super::{lines, memory};

/// Counts how often it binds and is asked, and takes only some keys and modes.
#[derive(Default)]
struct Picky {
    bound: Arc<AtomicUsize>,
    asked: Arc<AtomicUsize>,
}

impl Source for Picky {
    type Query = KeyQuery;

    const OPTIONS: &'static [OptionSpec] =
        &[OptionSpec::KEY, OptionSpec::text("mode").template(), OptionSpec::text("unit")];

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
        self.bound.fetch_add(1, Ordering::Relaxed);
        if spec.option("unit")?.is_some_and(|unit| unit != "ms") {
            return Err(SourceError::new(ErrorKind::Misconfigured, "the unit is `ms`"));
        }
        match spec.option("mode")?.as_deref() {
            None | Some("fast" | "slow") => Request::by_key(spec),
            Some(_) => Err(SourceError::new(ErrorKind::Misconfigured, "the mode is `fast` or `slow`")),
        }
    }

    async fn fetch(&self, asked: Asked<'_, KeyQuery>) -> Answer {
        self.asked.fetch_add(1, Ordering::Relaxed);
        match asked.query().key() {
            "mode" => Ok(Value::text("slow").into()),
            _ => Ok(Value::Signed(1).into()),
        }
    }
}

fn picky() -> (Sources, Arc<AtomicUsize>, Arc<AtomicUsize>) {
    let picky = Picky::default();
    let (bound, asked) = (Arc::clone(&picky.bound), Arc::clone(&picky.asked));
    let sources = Sources::builder()
        .source("picky", picky)
        .source("api", Api::builder().build().unwrap())
        .try_source("database", Database::from_url("postgres://127.0.0.1:1/none"))
        .source("file", File::new("shop.toml"));
    (sources.build(), bound, asked)
}

#[track_caller]
fn assert_refused(plan: &'static component_model::plan::Plan<'static>, expected: &[&str]) {
    let (sources, _, asked) = picky();
    for errors in [sources.check(plan).unwrap_err(), sources.bind(plan).map(|_| ()).unwrap_err()] {
        let lines = lines(&errors);
        assert_eq!(lines.len(), expected.len(), "{errors}");
        assert!(lines.iter().zip(expected).all(|(line, expected)| line.contains(expected)), "{errors}");
    }
    assert_eq!(asked.load(Ordering::Relaxed), 0);
}

#[test]
fn a_layer_that_only_waits_is_bound_before_anything_is_asked() {
    #[derive(AsyncAssign)]
    struct Waiting {
        #[component(fetch_from = "picky")]
        first: u8,
        #[component(fetch_from = "database", query = "SELECT $1", params = [1, 2], depends_on = "first")]
        rows: u8,
        #[component(fetch_from = "api", url = "http://h/", pointer = "port", depends_on = "first")]
        port: u8,
        #[component(nested, prefix = "same")]
        one: Later,
        #[component(nested, prefix = "same")]
        two: Later,
    }

    #[derive(AsyncAssign)]
    struct Later {
        #[component(fetch_from = "picky", key = "other")]
        other: u8,
        #[component(fetch_from = "picky", depends_on = "other")]
        size: u8,
    }

    assert_refused(
        Waiting::PLAN,
        &[
            "Waiting.rows: u8 from database: misconfigured: the query has 1 placeholder",
            "Waiting.port: u8 from api: misconfigured: `port` is not a JSON pointer",
            "Waiting.two.size: u8 from picky: misconfigured: `same.size` is the derived key of `Waiting.one.size` too",
        ],
    );
}

#[tokio::test]
async fn a_layer_that_only_waits_is_bound_once_however_often_it_is_fetched() {
    #[derive(AsyncAssign)]
    #[component(fetch_from = "picky")]
    struct Waiting {
        first: u8,
        #[component(depends_on = "first")]
        second: u8,
    }

    let (sources, bound, asked) = picky();
    for fetches in 1..3 {
        let waiting = Waiting::fetch_all_components_from(&sources).await.unwrap();
        assert_eq!((waiting.first, waiting.second), (1, 1));
        assert_eq!((bound.load(Ordering::Relaxed), asked.load(Ordering::Relaxed)), (2, 2 * fetches));
    }
}

#[test]
fn a_mistake_beside_a_template_is_found_before_anything_is_asked() {
    #[derive(AsyncAssign)]
    struct Regional {
        #[component(fetch_from = "picky")]
        region: String,
        #[component(fetch_from = "api", url = "http://h/{region}", pointer = "port")]
        port: u8,
        #[component(fetch_from = "api", url = "http://h/", pointer = "limits/{region}")]
        limit: u8,
        #[component(fetch_from = "database", query = "SELECT $1", params = ["{region}", 2])]
        rows: u8,
        #[component(fetch_from = "file", key = "a..{region}")]
        key: u8,
        // It looks at no value.
        #[component(fetch_from = picky(key = "{region}", unit = "s"))]
        unit: u8,
    }

    assert_refused(
        Regional::PLAN,
        &[
            "Regional.port: u8 from api: misconfigured: `port` is not a JSON pointer",
            "Regional.limit: u8 from api: misconfigured: `limits/{region}` is not a JSON pointer",
            "Regional.rows: u8 from database: misconfigured: the query has 1 placeholder",
            "Regional.key: u8 from file: misconfigured: `a..{region}` is not a path into a document",
            "Regional.unit: u8 from picky: misconfigured: the unit is `ms`",
        ],
    );
}

#[tokio::test]
async fn what_the_values_decide_is_not_judged_before_they_are_there() {
    #[derive(AsyncAssign)]
    struct Decided {
        #[component(fetch_from = "picky")]
        mode: String,
        #[component(fetch_from = picky(key = "size", mode = "{mode}"))]
        size: u8,
        #[component(fetch_from = "api", url = "{mode}://{mode}:{mode}/", fallback = 1)]
        whole: u8,
        #[component(fetch_from = "api", url = "http://{mode}:{mode}/", fallback = 1)]
        port: u8,
        #[component(fetch_from = "api", url = "{mode}://h/", fallback = 1)]
        scheme: u8,
        #[component(fetch_from = "file", path = "shop.{mode}", key = "a", fallback = 1)]
        format: u8,
        #[component(fetch_from = "database", url = "{mode}", query = "SELECT 1", fallback = 1)]
        database: u8,
    }

    let (sources, _, asked) = picky();
    Decided::check(&sources).unwrap();
    assert!(sources.bind(Decided::PLAN).is_ok());
    assert_eq!(asked.load(Ordering::Relaxed), 0);
    let fetched = Decided::fetch().sources(&sources).partial().await;
    let failed: Vec<_> = fetched.errors().iter().filter_map(|error| error.field()).collect();
    assert_eq!(failed, ["whole", "port", "scheme", "format", "database"]);
}

#[test]
fn a_source_that_is_not_set_up_is_found_before_anything_is_asked() {
    #[derive(AsyncAssign)]
    struct Unset {
        #[component(fetch_from = "store")]
        host: String,
        #[component(fetch_from = "file", key = "limits.{host}")]
        limit: u32,
        #[component(fetch_from = "file", key = "size", depends_on = "host")]
        size: u32,
    }

    let sources = Sources::builder().source("store", Memory::default()).source("file", File::default()).build();
    for errors in [Unset::check(&sources).unwrap_err(), sources.bind(Unset::PLAN).map(|_| ()).unwrap_err()] {
        let expected =
            ["limit", "size"].map(|name| format!("Unset.{name}: u32 from file: not set up: no file is named"));
        assert_eq!(lines(&errors), expected);
    }
}

#[tokio::test]
async fn a_key_that_becomes_one_of_another_component_is_an_error() {
    #[derive(Debug, AsyncAssign)]
    #[component(fetch_from = "store")]
    struct Regions {
        region: String,
        #[component(nested)]
        eu: Limits,
        #[component(nested, prefix = "{region}")]
        own: Limits,
    }

    #[derive(Debug, AsyncAssign)]
    #[component(fetch_from = "store")]
    struct Limits {
        limit: u32,
    }

    let ok = memory("store", [("region", "us"), ("eu.limit", "1"), ("us.limit", "2")]);
    assert_eq!(Regions::fetch_all_components_from(&ok).await.unwrap().own.limit, 2);
    let same = memory("store", [("region", "eu"), ("eu.limit", "1")]);
    let errors = Regions::fetch_all_components_from(&same).await.unwrap_err();
    let expected = "`eu.limit` is the derived key of `Regions.eu.limit` too";
    assert!(errors.len() == 1 && errors.of("own.limit").unwrap().to_string().contains(expected), "{errors}");
}
