//! What the report knows: as data that is read back, about the calls, and about places.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use component_model::{
    Answer, Asked, Fetch, KeyQuery, Memory, Outcome, Record, Report, Request, RequestSpec, Source, SourceError, Value,
    Version, prelude::*,
};
use insta::assert_snapshot;

use super::{after, broken, healthy, report_of};

fn read_back(report: &Report) -> Report {
    serde_json::from_str(&serde_json::to_string(report).unwrap()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_report_that_is_read_back_is_equal_and_looks_the_same() {
    for sources in [broken(), healthy()] {
        let report = report_of(&sources).await;
        let back = read_back(&report);
        assert_eq!(back, report);
        assert_eq!((back.to_string(), back.to_svg()), (report.to_string(), report.to_svg()));
        assert_eq!(back.waterfall().to_string(), report.waterfall().to_string());
    }
    assert_ne!(report_of(&broken()).await, report_of(&healthy()).await);
}

#[tokio::test]
async fn a_real_time_is_read_back_without_loss() {
    let report = report_of(&healthy()).await;
    assert_eq!(read_back(&report), report);
}

#[derive(Debug, AsyncAssign)]
struct Shared {
    #[component(fetch_from = "store", key = "region")]
    _region: String,
    #[component(fetch_from = "store", key = "region")]
    _home: String,
    #[component(fetch_from = [overrides(key = "region"), store(key = "region")])]
    _backup: String,
    #[component(fetch_from = "slow", timeout = "20ms", fallback = 1)]
    _limit: u16,
    #[component(fetch_from = ["near", "far"])]
    _workers: u16,
}

fn shared() -> Sources {
    Sources::builder()
        .closure("store", after(30, "eu-west-1"))
        .source("overrides", Memory::default())
        .closure("slow", after(1_000, 8))
        .source("near", Memory::new([("_workers", "8")]))
        .closure("far", after(1_000, 9))
        .build()
}

async fn report_of_shared() -> Report {
    Fetch::<Shared>::new().sources(&shared()).report().await.unwrap().report
}

#[tokio::test(start_paused = true)]
async fn every_call_that_was_sent_is_listed_once() {
    let report = report_of_shared().await;
    let calls = report.calls().iter().map(|call| {
        let locators: Vec<_> = call.locators().collect();
        let (begin, elapsed) = (call.offset(), call.elapsed());
        let (source, components, attempts) = (call.source(), call.components(), call.attempts());
        format!("{source}:{}: {components} waited {elapsed:?} from {begin:?}, attempts: {attempts}", locators.join("+"))
    });
    assert_snapshot!(calls.collect::<Vec<_>>().join("\n"), @"
    store:region: 3 waited 30ms from 0ns, attempts: 1
    slow:_limit: 1 waited 20ms from 0ns, attempts: 1
    ");
    let call_of = |field| report.entry(field).unwrap().call().unwrap();
    let sources = ["_region", "_home", "_backup", "_limit"].map(|field| report.calls()[call_of(field)].source());
    assert_eq!(sources, ["store", "store", "store", "slow"]);
    assert_eq!(report.entry("_workers").unwrap().call(), None, "its source answers without waiting");
    assert_eq!(call_of("_region"), call_of("_home"));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_three_components_share_counts_once_in_the_sum() {
    let report = report_of_shared().await;
    assert_eq!(report.entry("_home").unwrap().elapsed(), Duration::from_millis(30));
    assert_snapshot!(report.waterfall().width(60), @"
    Shared: sum 50 ms, total 30 ms

    _region   ▕████████████████████████████████▏ 30 ms
    _home     ▕████████████████████████████████▏ 30 ms
    _backup   ▕████████████████████████████████▏ 30 ms
    _limit    ▕▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒          ▏ 20 ms  fallback
    _workers  ▕▏                               ▏   0 s
               0             15 ms        30 ms
    ");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_the_deadline_ended_lasted_until_then() {
    let fetch = Fetch::<Shared>::new().sources(&shared()).deadline(Duration::from_millis(10));
    let errors = fetch.report().await.unwrap_err();
    let report = errors.report().unwrap();
    let store = report.calls().iter().find(|call| call.source() == "store").unwrap();
    assert_eq!((store.elapsed(), store.attempts()), (Duration::from_millis(10), 1));
    assert_eq!(report.entry("_limit").unwrap().outcome(), Outcome::Fallback);
    assert_eq!(read_back(report), *report);
}

#[tokio::test]
async fn a_component_whose_source_was_not_asked_has_no_call() {
    #[derive(Debug, AsyncAssign)]
    struct Careless {
        #[component(fetch_from = "settings", fallback = "eighty")]
        _port: std::num::NonZeroU16,
    }
    let sources = Sources::builder().source("settings", Memory::new([("_port", "80")])).build();
    let errors = Careless::fetch_all_components_from(&sources).await.unwrap_err();
    let report = errors.report().unwrap();
    assert_eq!((report.entry("_port").unwrap().call(), report.calls().len()), (None, 0));
}

#[tokio::test(start_paused = true)]
async fn a_report_and_errors_keep_no_source_alive() {
    #[derive(Debug, AsyncAssign)]
    struct Kept {
        #[component(fetch_from = "pool")]
        _region: String,
        #[component(fetch_from = "pool", key = "region")]
        _port: u16,
    }
    let pool = Arc::new("eu-west-1");
    let held = Arc::clone(&pool);
    let answer = move |_| std::future::ready(Ok::<_, std::io::Error>(Some(*held)));
    let sources = Sources::builder().closure("pool", answer).build();
    let errors = Kept::fetch_all_components_from(&sources).await.unwrap_err();
    let report = errors.report().unwrap().clone();
    drop(sources);
    assert_eq!((errors.len(), report.entries().len()), (1, 2));
    assert!(Arc::into_inner(pool).is_some());
}

/// A source whose values have a version and a place; counts how often a place is asked for.
#[derive(Clone, Default)]
struct Placed {
    sensitive: bool,
    places: Arc<AtomicUsize>,
}

impl Source for Placed {
    type Query = KeyQuery;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
        Request::by_key(spec)
    }

    async fn fetch(&self, _: Asked<'_, KeyQuery>) -> Answer {
        let places = Arc::clone(&self.places);
        let place = move |_: &[usize]| {
            places.fetch_add(1, Ordering::SeqCst);
            Some("vault:3".to_owned())
        };
        let record = Record::new(Value::text("8080")).with_version(Version::new("v7")).with_places(place);
        Ok(if self.sensitive { record.sensitive() } else { record }.into())
    }
}

#[derive(Debug, AsyncAssign)]
struct Versions {
    #[component(fetch_from = "source")]
    _open: u16,
    #[component(fetch_from = "source")]
    _secret: SecretString,
}

#[tokio::test]
async fn the_version_of_a_value_is_in_the_report_unless_the_value_is_sensitive() {
    for sensitive in [false, true] {
        let placed = Placed { sensitive, ..Placed::default() };
        let sources = Sources::builder().source("source", placed).build();
        let report = Versions::fetch().sources(&sources).report().await.unwrap().report;
        let version = |field| report.entry(field).unwrap().version();
        let expected = (!sensitive).then_some("v7");
        assert_eq!((version("_open"), version("_secret")), (expected, None));
        assert_eq!(serde_json::to_string(&report).unwrap().contains("v7"), !sensitive);
        assert_eq!(read_back(&report), report);
    }
}

#[tokio::test]
async fn places_are_looked_for_only_where_a_report_is_asked_for() {
    let placed = Placed::default();
    let sources = Sources::builder().source("source", placed.clone()).build();
    Versions::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!(placed.places.load(Ordering::SeqCst), 0);
    let report = Versions::fetch().sources(&sources).report().await.unwrap().report;
    assert!(report.entries().all(|entry| entry.place() == Some("vault:3")), "{report:?}");
    assert_eq!(placed.places.load(Ordering::SeqCst), 2, "once for each value");
}

#[cfg(feature = "file")]
mod places {
    use component_model::fetchers::file::File;

    use super::*;

    #[derive(Debug, AsyncAssign)]
    struct Shop {
        #[component(fetch_from = "file", key = "shop.port")]
        port: u16,
        #[component(fetch_from = "file", key = "shop.hosts")]
        hosts: Vec<String>,
        #[component(fetch_from = "file", key = "shop.region", fallback = "eu")]
        region: String,
        #[component(fetch_from = "file", key = "shop.limits", fallback = "1", fallback_on = ["malformed"])]
        limits: Vec<u8>,
    }

    /// The report of a fetch from a file, without the folder of this run.
    async fn report_of_file(name: &str, text: &str) -> Report {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        let sources = Sources::builder().source("file", File::new(&path)).build();
        let fetched = Fetch::<Shop>::new().sources(&sources).report().await.unwrap();
        assert_eq!((fetched.value.port, fetched.value.hosts.len()), (8080, 2));
        assert_eq!((fetched.value.region.as_str(), &fetched.value.limits[..]), ("eu", &[1][..]));
        let json = serde_json::to_string(&fetched.report).unwrap();
        serde_json::from_str(&json.replace(&format!("{}/", folder.path().display()), "")).unwrap()
    }

    const TOML: &str = "[shop]\nhosts = [\"a\", \"b\"]\nport = 8080\nlimits = [1, \"many\"]\n";
    const YAML: &str = "shop:\n  port: 8080\n  hosts: [a, b]\n  limits: [1, many]\n";

    #[tokio::test]
    async fn a_value_of_a_file_has_its_line_and_column_whether_it_is_good_or_not() {
        let cases = [
            ("shop.toml", TOML, ["shop.toml:3:8", "shop.toml:2:9", "", "shop.toml:4:14"]),
            ("shop.yaml", YAML, ["shop.yaml:2:9", "shop.yaml:3:10", "", "shop.yaml:4:15"]),
        ];
        for (name, text, expected) in cases {
            let report = report_of_file(name, text).await;
            let places = report.entries().map(|entry| entry.place().unwrap_or_default());
            assert_eq!(places.collect::<Vec<_>>(), expected);
        }
    }

    #[tokio::test]
    async fn the_table_shows_the_place_of_a_value_instead_of_its_path() {
        let report = report_of_file("shop.toml", TOML).await;
        let table = report.to_string();
        let columns = |row: &str| row.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
        let rows: Vec<_> = table.lines().skip(4).take(4).map(columns).collect();
        assert_snapshot!(rows.join("\n"), @"
        port file:shop.toml:3:8 fetched
        hosts file:shop.toml:2:9 fetched
        region file:shop.toml#shop.region fallback
        limits file:shop.toml:4:14 fallback
        ");
        assert!(report.to_svg().contains("port: u16 from file:shop.toml:3:8: fetched"));
    }

    #[tokio::test]
    async fn a_report_that_is_asked_for_has_the_places_of_values_that_were_fetched_beside_errors() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.toml");
        std::fs::write(&path, TOML.replace("8080", "\"http\"")).unwrap();
        let sources = Sources::builder().source("file", File::new(&path)).build();
        let errors = Shop::fetch().sources(&sources).report().await.unwrap_err();
        let place = |field| errors.report().unwrap().entry(field).unwrap().place().unwrap().to_owned();
        assert!(place("hosts").ends_with("shop.toml:2:9") && place("port").ends_with("shop.toml:3:8"), "{errors}");
    }
}
